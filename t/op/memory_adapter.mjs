// Where oidc-provider keeps codes, grants and sessions. Its built-in store holds 1,000 entries,
// fewer than a test with parallel logins makes. One store per provider, shared by its instances
// before and after a key rotation.

export function memoryAdapter() {
    const entries = new Map();
    const now = () => Date.now() / 1000;

    return class MemoryAdapter {
        constructor(model) {
            this.key = (id) => `${model}:${id}`;
        }

        async upsert(id, payload, expiresIn) {
            entries.set(this.key(id), {
                payload,
                expires: expiresIn ? now() + expiresIn : Infinity,
            });
        }

        async find(id) {
            const entry = entries.get(this.key(id));
            return entry && entry.expires > now() ? entry.payload : undefined;
        }

        async findByUid(uid) {
            return this.search('uid', uid);
        }

        async findByUserCode(userCode) {
            return this.search('userCode', userCode);
        }

        async consume(id) {
            entries.get(this.key(id)).payload.consumed = now();
        }

        async destroy(id) {
            entries.delete(this.key(id));
        }

        async revokeByGrantId(grantId) {
            for (const [key, { payload }] of entries) {
                if (payload.grantId === grantId) {
                    entries.delete(key);
                }
            }
        }

        search(member, value) {
            for (const [key, { payload }] of entries) {
                if (key.startsWith(this.key('')) && payload[member] === value) {
                    return payload;
                }
            }
            return undefined;
        }
    };
}
