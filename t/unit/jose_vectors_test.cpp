#include "base/base64url.hpp"
#include "jose/verify.hpp"

#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

struct Vector {
    const char* source;
    const char* algorithm;
    std::string key;
    std::string token;
    std::string payload;
};

const std::string rfc7515Payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGF"
                                   "tcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const std::string rfc7515Claims =
    "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";

const std::string rfc7520Payload = "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHl"
                                   "vdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwg"
                                   "YW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGt"
                                   "ub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9m"
                                   "ZiB0by4";
const std::string rfc7520Text =
    "It\xe2\x80\x99s a dangerous business, Frodo, going out your door. You step onto the road, and "
    "if you don't keep your "
    "feet, there\xe2\x80\x99s no knowing where you might be swept off to.";
const std::string rfc7520RsaKey =
    R"({"kty":"RSA","kid":"bilbo.baggins@hobbiton.example","use":"sig","n":")"
    "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_"
    "AJmSCpMaJMRBSFKrKb2wqVwG"
    "U_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-"
    "OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3u"
    "hGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__"
    "kRhuaxwUkRz5iaiQkqgc5gHd"
    R"(rNP5zw","e":"AQAB"})";

const Vector vectors[] = {
    {"RFC 7515 A.2", "RS256",
     R"({"kty":"RSA","n":")"
     "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-"
     "4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pC"
     "gNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-"
     "UTo7WTBEMa2R2CapHg6"
     "65xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_"
     "h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRW"
     R"(yuXpoQ","e":"AQAB"})",
     "eyJhbGciOiJSUzI1NiJ9." + rfc7515Payload +
         ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
         "O8W2Fp5jujGbds9uJdbF9CU"
         "Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
         "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--"
         "xi12jzDwusC-"
         "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB"
         "p0igcN_Ioy"
         "pGlUPQGe77Rw",
     rfc7515Claims},

    {"RFC 7515 A.3", "ES256",
     R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
     R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})",
     "eyJhbGciOiJFUzI1NiJ9." + rfc7515Payload +
         ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
     rfc7515Claims},

    {"RFC 7515 A.4", "ES512",
     R"({"kty":"EC","crv":"P-521",)"
     R"("x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",)"
     R"("y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"})",
     "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA."
     "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_"
     "7XdtAG8GaSwFKdCAPZgoXD2YBJZC"
     "PEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
     "Payload"},

    {"RFC 7520 4.1", "RS256", rfc7520RsaKey,
     "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9." + rfc7520Payload +
         ".MRjdkly7_-"
         "oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi"
         "84wnB-BDk"
         "oBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_"
         "qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV"
         "0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-"
         "ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vj"
         "bU5y18kDquDg",
     rfc7520Text},

    {"RFC 7520 4.2", "PS384", rfc7520RsaKey,
     "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9." + rfc7520Payload +
         ".cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-"
         "tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OL"
         "PpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJRmBqrYRXe8P_"
         "ijQ7p8Vdz0TTrxUeT3lm8d9shnr2l"
         "fJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0n6uiP1aCN_2_"
         "jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifK"
         "o8DYM-X72Eaw",
     rfc7520Text},

    {"RFC 7520 4.3", "ES512",
     R"({"kty":"EC","kid":"bilbo.baggins@hobbiton.example","use":"sig","crv":"P-521",)"
     R"("x":"AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt",)"
     R"("y":"AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1"})",
     "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9." + rfc7520Payload +
         ".AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-"
         "JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnA"
         "MDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2",
     rfc7520Text},

    {"RFC 7520 4.8, the first signature", "RS256", rfc7520RsaKey,
     "eyJhbGciOiJSUzI1NiJ9." + rfc7520Payload +
         "."
         "MIsjqtVlOpa71KE-Mss8_Nq2YH4FGhiocsqrgi5NvyG53uoimic1tcMdSg-qptrzZc7CG6Svw2Y13TDIqHzTU"
         "rL_lR2ZFcryNFiHkSw129EghGpwkpxaTn_THJTCglNbADko1MZBCdwzJxwqZc-1RlpO2HibUYyXSwO97BSe0_"
         "evZKdjvvKSgsIqjytKSeAMbhMBdMma622_BG5t4sdbuCHtFjp9iJmkio47AIwqkZV1aIZsv33uPUqBBCXbYoQ"
         "Jwt7mxPftHmNlGoOSMxR_3thmXTCm4US-xiNOyhbm8afKK64jU6_TPtQHiJeQJxz9G3Tx-083B745_AfYOnlC"
         "9w",
     rfc7520Text},

    {"RFC 7520 6", "PS256",
     R"({"kty":"RSA","kid":"hobbiton.example","use":"sig","e":"AQAB","n":")"
     "kNrPIBDXMU6fcyv5i-QHQAQ-K8gsC3HJb7FYhYaw8hXbNJa-t8q0lDKwLZgQXYV-ffWxXJv5GGrlZE4GU52lfMEeg"
     "TDzYTrRQ3tepgKFjMGg6Iy6fkl1ZNsx2gEonsnlShfzA9GJwRTmtKPbk1s-hwx1IU5AT-AIelNqBgcF2vE5W25_SG"
     "GBoaROVdUYxqETDggM1z5cKV4ZjDZ8-lh4oVB07bkac6LQdHpJUUySH_Er20DXx30Kyi97PciXKTS-QKXnmm8ivyR"
     "Cmux22ZoPUind2BKC5OiG4MwALhaL2Z2k8CsRdfy-7dg7z41Rp6D0ZeEvtaUp4bX4aKraL4rTfw"
     R"("})",
     "eyJhbGciOiJQUzI1NiIsInR5cCI6IkpXVCJ9."
     "eyJpc3MiOiJob2JiaXRvbi5leGFtcGxlIiwiZXhwIjoxMzAwODE5MzgwLCJodHRwOi8vZXhhbXBsZS5jb20vaXNfc"
     "m9vdCI6dHJ1ZX0."
     "dPpMqwRZxFYi1UfcDAaf8M99o7kwUWtiXZ-ByvVuJih4MhJ_aZqciprz0OWaIAkIvn1qskChirjKvY9ESZNUCP4Jj"
     "vfyPS-nqjJxYoA5ztWOyFk2cZNIPXjcJXSQwXPO9tEe-v4VSqgD0aKHqPxYog4N6Cz1lKph1U1sYDSI67_bLL7elg"
     "_vkjfMp5_W5l5LuUYGMeh6hxQIaIUXf9EwV2JmvTMuZ-vBOWy0Sniy1EFo72CRTvmtrIf5AROo5MNliY3KtUxeP-S"
     "OmD-LEYwW9SlkohYzMVAZDDOrVbv7KVRHpeYNaK75KEQqdCEEkS_rskZS-Qtt_nlegTWh1mEYaA",
     R"({"iss":"hobbiton.example","exp":1300819380,"http://example.com/is_root":true})"},

    {"RFC 8037 A.4 and A.5", "EdDSA",
     R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
     "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
     "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
     "Example of Ed25519 signing"},
};

// The second signature of RFC 7520 4.8: its header is not protected.
const std::string es512OfSeveral =
    "ARcVLnaJJaUWG8fG-8t5BREVAuTY8n8YHjwDO1muhcdCoFZFFjfISu0Cdkn9Ybdlmi54ho0x924DUz8sK7ZXkhc7AF"
    "M8ObLfTvNCrqcI3Jkl2U5IX3utNhODH6v7xgy1Qahsn0fyb4zSAkje8bAWz4vIfj5pCMYxxm4fgV3q7ZYhm5eD";

KeySet keySetOf(const std::string& key)
{
    return assertValue(KeySet::parse("{\"keys\":[" + key + "]}"));
}

const Vector& vectorOf(std::string_view source)
{
    for (const Vector& vector : vectors) {
        if (vector.source == source) {
            return vector;
        }
    }
    fail_msg("no vector %s", std::string(source).c_str());
    __builtin_unreachable();
}

std::string_view payloadOf(std::string_view token)
{
    const std::size_t first = token.find('.');
    return token.substr(first + 1, token.rfind('.') - first - 1);
}

}  // namespace

TEST("the examples of RFC 7515, RFC 7520 and RFC 8037 verify")
{
    for (const Vector& vector : vectors) {
        const UnverifiedJwt token = assertValue(UnverifiedJwt::parse(vector.token));
        assertView(vector.algorithm, token.algorithm().name);
        assertView(vector.payload,
                   base64urlDecode(payloadOf(vector.token)).value_or("no base64url"));

        const KeySet keys = keySetOf(vector.key);
        assert_int_equal(1, keys.keys().size());
        assertCase(verifySignature(token.algorithm(), keys.keys()[0], token.signingInput(),
                                   token.signature()),
                   vector.source);
    }
}

TEST("an example whose payload is JSON gives claims, one whose payload is text gives none")
{
    for (const Vector& vector : vectors) {
        const UnverifiedJwt token = assertValue(UnverifiedJwt::parse(vector.token));
        const Result<Jwt> jwt = verify(token, keySetOf(vector.key));
        if (vector.payload.starts_with('{')) {
            assertCase(static_cast<bool>(jwt), vector.source);
            const bool nested = vector.payload != rfc7515Claims;
            assertView(nested ? "hobbiton.example" : "joe",
                       stringMember(jwt->claims.root(), "iss").value_or(""));
            assert_int_equal(1300819380, dateMember(jwt->claims.root(), "exp").value_or(0));
        } else {
            assertRefused(Reason::claims_malformed, jwt);
        }
    }
}

TEST("no example verifies with a bit of its signature flipped")
{
    for (const Vector& vector : vectors) {
        const UnverifiedJwt token = assertValue(UnverifiedJwt::parse(vector.token));
        const KeySet keys = keySetOf(vector.key);
        forEachBitFlip(std::string(token.signature()), [&](const std::string& flipped) {
            assertCase(
                !verifySignature(token.algorithm(), keys.keys()[0], token.signingInput(), flipped),
                vector.source);
        });
    }
}

TEST("the unsecured example of RFC 7515 A.5 is refused")
{
    assertRefused(Reason::algorithm_not_allowed,
                  UnverifiedJwt::parse("eyJhbGciOiJub25lIn0." + rfc7515Payload + "."));
}

TEST("the HMAC examples of RFC 7515 A.1 and RFC 7520 4.4 and 4.5 are refused")
{
    const std::string rfc7520Header =
        "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9";
    const std::string rfc7520Mac = "s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0";
    for (const std::string& token : {
             "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + rfc7515Payload +
                 ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
             rfc7520Header + "." + rfc7520Payload + "." + rfc7520Mac,
             rfc7520Header + ".." + rfc7520Mac,  // the content is sent by other means
         }) {
        assertRefused(Reason::algorithm_not_allowed, UnverifiedJwt::parse(token));
    }
}

TEST("the keys of the HMAC examples are unusable")
{
    for (
        const char* key : {
            R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75)"
            R"(aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})",
            R"({"kty":"oct","kid":"018c0ae5-4d9b-471b-bfd6-eef314bc7037","use":"sig","alg":"HS256",)"
            R"("k":"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg"})",
        }) {
        assertRefused(Reason::key_set_invalid,
                      KeySet::parse("{\"keys\":[" + std::string(key) + "]}"));
    }
}

TEST("the JSON serializations of RFC 7515 A.6 and A.7 and of RFC 7520 4.6 to 4.8 are refused")
{
    const auto part = [](const Vector& vector, char name) {
        const std::string& token = vector.token;
        const std::size_t first = token.find('.'), last = token.rfind('.');
        return name == 'h' ? token.substr(0, first) : token.substr(last + 1);
    };
    const Vector& rs256 = vectorOf("RFC 7515 A.2");
    const Vector& es256 = vectorOf("RFC 7515 A.3");
    const std::string rfc7515 = "{\"payload\":\"" + rfc7515Payload + "\",";
    const std::string rfc7520 = "{\"payload\":\"" + rfc7520Payload + "\",";

    const std::string texts[] = {
        // RFC 7515 A.6.4, A.7
        rfc7515 + R"("signatures":[{"protected":")" + part(rs256, 'h') +
            R"(","header":{"kid":"2010-12-29"},"signature":")" + part(rs256, 's') +
            R"("},{"protected":")" + part(es256, 'h') +
            R"(","header":{"kid":"e9bc097a-ce51-4036-9562-d2ade882db0d"},"signature":")" +
            part(es256, 's') + R"("}]})",
        rfc7515 + R"("protected":")" + part(es256, 'h') +
            R"(","header":{"kid":"e9bc097a-ce51-4036-9562-d2ade882db0d"},"signature":")" +
            part(es256, 's') + R"("})",
        // RFC 7520 4.6.3, 4.7.3
        rfc7520 + R"("protected":"eyJhbGciOiJIUzI1NiJ9",)"
                  R"("header":{"kid":"018c0ae5-4d9b-471b-bfd6-eef314bc7037"},)"
                  R"("signature":"bWUSVaxorn7bEF1djytBd0kHv70Ly5pvbomzMWSOr20"})",
        rfc7520 + R"("header":{"alg":"HS256","kid":"018c0ae5-4d9b-471b-bfd6-eef314bc7037"},)"
                  R"("signature":"xuLifqLGiblpv9zBpuZczWhNj1gARaLV3UxvxhJxZuk"})",
        // RFC 7520 4.8.5, its first two signatures
        rfc7520 +
            R"("signatures":[{"protected":"eyJhbGciOiJSUzI1NiJ9",)"
            R"("header":{"kid":"bilbo.baggins@hobbiton.example"},"signature":")" +
            part(vectorOf("RFC 7520 4.8, the first signature"), 's') +
            R"("},{"header":{"alg":"ES512","kid":"bilbo.baggins@hobbiton.example"},"signature":")" +
            es512OfSeveral + R"("}]})",
    };
    for (const std::string& text : texts) {
        assertRefused(Reason::token_malformed, UnverifiedJwt::parse(text));
    }

    // the flattened and the general form of every example that is a compact token
    for (const Vector& vector : vectors) {
        const std::string payload(payloadOf(vector.token));
        const std::string members = R"("protected":")" + part(vector, 'h') + R"(","signature":")" +
                                    part(vector, 's') + "\"";
        for (const std::string& text :
             {"{" + members + R"(,"payload":")" + payload + "\"}",
              R"({"signatures":[{)" + members + R"(}],"payload":")" + payload + "\"}"}) {
            assertRefused(Reason::token_malformed, UnverifiedJwt::parse(text));
        }
    }
}

TEST("the signature of RFC 7520 4.8.3, whose header is not signed, verifies as bytes alone")
{
    const Vector& es512 = vectorOf("RFC 7520 4.3");
    const KeySet keys = keySetOf(es512.key);
    assertCase(verifySignature(*findAlgorithm("ES512"), keys.keys()[0], "." + rfc7520Payload,
                               base64urlDecode(es512OfSeveral).value_or("")),
               "RFC 7520 4.8.3");
    // without its alg there is no compact token of it
    assertRefused(Reason::header_invalid,
                  UnverifiedJwt::parse("." + rfc7520Payload + "." + es512OfSeveral));
}

TEST("the critical header example of RFC 7515 appendix E is refused")
{
    assertRefused(Reason::critical_header,
                  UnverifiedJwt::parse("eyJhbGciOiJub25lIiwNCiAiY3JpdCI6WyJodHRwOi8vZXhhbXBsZS5jb20"
                                       "vVU5ERUZJTkVEIl0sDQogImh0dHA6"
                                       "Ly9leGFtcGxlLmNvbS9VTkRFRklORUQiOnRydWUNCn0.RkFJTA."));
}

TEST_MAIN()
