// Signatures of ID tokens: every algorithm that is supported, and every way in which one bit or
// byte can be wrong.

import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';

import { startHostile } from '../op/hostile.mjs';
import { compact, signatureBits, withFlippedBit } from '../op/jwt.mjs';
import { signingKey } from '../op/signing_keys.mjs';
import { atEnd } from './cleanup.mjs';
import { assertNoSession, hostileLogin, startSite } from './site.mjs';

const hostile = await startHostile();
atEnd(() => hostile.close());
const site = await startSite({ provider: hostile, settings: { timeout: '5s' } });

const withoutHashes = ({ at_hash: _, c_hash: __, ...claims }) => claims;

for (const alg of ['PS256', 'ES256', 'ES384', 'EdDSA']) {
    test(`a login signed by ${alg} works`, async () => {
        const key = signingKey(alg);
        hostile.publish(hostile.key.publicJwk, key.publicJwk, { kty: 'unknown', kid: 'other' });
        const other = await startSite({ provider: hostile });
        const response = await hostileLogin(other, other.browser(), {
            header: () => ({ alg, kid: key.kid }),
            claims: withoutHashes,
            by: { alg, key: key.privateKey },
        });
        hostile.honest();
        assert.equal(response.status, 302, response.text.slice(0, 400));
    });
}

// Many logins of one browser at once: each mutation is one callback that has to be refused with
// `reason`.
async function refuseAll(target, mutations, reason) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
    const browser = target.browser({ agent });
    const start = await browser.navigate(target.url('/'));
    assert.equal(start.status, 302);
    const count = target.nginx.refusals().length;
    let next = 0;
    const worker = async () => {
        while (next < mutations.length) {
            const mutate = mutations[next];
            next += 1;
            const location = (await browser.navigate(target.url('/'))).location;
            const response = await browser.navigate(
                target.provider.authorize(location, { token: mutate }),
            );
            assert.ok(
                (response.status >= 400 && response.status < 500) || response.status === 502,
                `status ${response.status}`,
            );
            assertNoSession(target, response);
        }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    agent.destroy();
    const reasons = target.nginx
        .refusals()
        .slice(count)
        .map((refusal) => refusal.reason);
    assert.equal(reasons.length, mutations.length);
    assert.deepEqual(
        [...new Set(reasons)].filter((word) => !reason.test(word)),
        [],
    );
}

async function sampleToken(target) {
    let sample;
    await hostileLogin(target, target.browser(), {
        token: (text) => {
            sample = text;
            return text;
        },
    });
    return sample;
}

for (const alg of ['RS256', 'ES256', 'EdDSA']) {
    test(`every bit of an ${alg} signature, turned over, makes no session`, async () => {
        const provider = alg === 'RS256' ? hostile : await startHostile({ alg });
        const target = alg === 'RS256' ? site : await startSite({ provider });
        const bits = signatureBits(await sampleToken(target));
        await refuseAll(
            target,
            Array.from({ length: bits }, (_, bit) => (text) => withFlippedBit(text, bit)),
            /^signature_invalid$/,
        );
        if (provider !== hostile) {
            await provider.close();
        }
    });
}

test('every truncation of an ID token makes no session', async () => {
    const { length } = await sampleToken(site);
    await refuseAll(
        site,
        Array.from(
            { length },
            (_, size) => (text) => text.slice(0, Math.min(size, text.length - 1)),
        ),
        /^(signature_invalid|token_malformed|header_invalid|token_response_invalid|claims_malformed)$/,
    );
});

test('a signature made for one algorithm is nothing under another key of the same kid', async () => {
    const twin = signingKey('ES256', hostile.key.kid);
    const response = await hostileLogin(site, site.browser(), {
        token: () =>
            compact(
                { alg: 'ES256', kid: twin.kid },
                { iss: hostile.issuer },
                { alg: 'ES256', key: twin.privateKey },
            ),
    });
    assertNoSession(site, response);
    assert.ok(response.status >= 400);
});
