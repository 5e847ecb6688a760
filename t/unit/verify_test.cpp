#include "jose/verify.hpp"

#include "signer.hpp"

#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <cstring>

#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;
using namespace std::string_literals;

namespace {

const std::string claims = R"({"sub":"alice"})";

Result<Jwt> verified(const std::string& compact, const KeySet& keys)
{
    const Result<UnverifiedJwt> token = UnverifiedJwt::parse(compact);
    if (!token) {
        return token.error();
    }
    Result<Jwt> jwt = verify(*token, keys);
    assertCase(ERR_peek_error() == 0, "left in OpenSSL's error queue by " + compact);
    return jwt;
}

KeySet setOf(const std::string& json)
{
    return assertValue(KeySet::parse(json));
}

const Algorithm& named(std::string_view name)
{
    const Algorithm* algorithm = findAlgorithm(name);
    assertCase(algorithm != nullptr, name);
    return *algorithm;
}

std::string hmac(const char* digest, std::string_view key, std::string_view message)
{
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    must(HMAC(EVP_get_digestbyname(digest), key.data(), static_cast<int>(key.size()),
              octets(message), message.size(), out, &size) != nullptr,
         "HMAC");
    return {reinterpret_cast<const char*>(out), size};
}

std::string publicPem(const std::string& name)
{
    const OpensslHandle<BIO, BIO_free_all> memory(BIO_new(BIO_s_mem()));
    must(memory && PEM_write_bio_PUBKEY(memory.get(), keyPair(name)) == 1, "PEM");
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

/** True when the bytes, put behind the signing input, verify as a signature of the algorithm by
 * this key. */
bool accepts(const Algorithm& algorithm, const std::string& keyName, std::string_view message,
             std::string_view signature)
{
    const KeySet keys = setOf(jwkSet(publicJwk(keyName)));
    const bool valid = verifySignature(algorithm, keys.keys()[0], message, signature);
    assertCase(ERR_peek_error() == 0,
               "left in OpenSSL's error queue by " + std::string(algorithm.name));
    return valid;
}

const char* const message = "eyJhbGciOiJ4In0.e30";

/** The least number whose cube is not below a number of so many bytes. */
std::string cubeRoot(std::string_view bytes)
{
    const OpensslHandle<BN_CTX, BN_CTX_free> context(BN_CTX_new());
    const Bignum cube(BN_bin2bn(octets(bytes), static_cast<int>(bytes.size()), nullptr));
    const Bignum root(BN_new());
    const Bignum three(BN_new());
    const Bignum power(BN_new());
    must(BN_set_word(three.get(), 3) == 1, "BN_set_word");
    for (int bit = BN_num_bits(cube.get()) / 3; bit >= 0; bit--) {
        must(BN_set_bit(root.get(), bit) == 1 &&
                 BN_exp(power.get(), root.get(), three.get(), context.get()) == 1,
             "BN_exp");
        if (BN_cmp(power.get(), cube.get()) >= 0) {
            must(BN_clear_bit(root.get(), bit) == 1, "BN_clear_bit");
        }
    }
    must(BN_add_word(root.get(), 1) == 1 &&
             BN_exp(power.get(), root.get(), three.get(), context.get()) == 1,
         "BN_exp");
    std::string made(bytes.size(), '\0');
    std::string cubed(bytes.size(), '\0');
    BN_bn2binpad(root.get(), octets(made.data()), static_cast<int>(made.size()));
    BN_bn2binpad(power.get(), octets(cubed.data()), static_cast<int>(cubed.size()));
    must(cubed.starts_with(bytes.substr(0, bytes.find_last_not_of('\0') + 1)), "a cube");
    return made;
}

}  // namespace

TEST("a token signed with any algorithm of the table gives its claims")
{
    for (const Algorithm& algorithm : algorithms()) {
        const std::string key = keyNameFor(algorithm);
        const std::string header = joseHeader(algorithm, R"(,"kid":"one","typ":"JWT")");
        const Jwt jwt = assertValue(
            verified(compactJws(algorithm, key, header, R"({"sub":"alice","n":[1,{"x":null}]})"),
                     setOf(jwkSet(publicJwk(key, R"(,"kid":"one")")))));
        assertView(algorithm.name, jwt.algorithm->name);
        assertView("JWT", jwt.type);
        assertView("alice", stringMember(jwt.claims.root(), "sub").value_or(""));
    }
}

TEST("RSA keys of other sizes verify too")
{
    for (const char* key : {"RSA-2048#2", "RSA-3072", "RSA-2056"}) {
        for (const char* name : {"RS256", "PS512"}) {
            const Algorithm& algorithm = named(name);
            assertValue(verified(compactJws(algorithm, key, joseHeader(algorithm), claims),
                                 setOf(jwkSet(publicJwk(key)))));
        }
    }
}

TEST("one key verifies again and again, also behind refusals")
{
    for (const Algorithm& algorithm : algorithms()) {
        const std::string key = keyNameFor(algorithm);
        const KeySet keys = setOf(jwkSet(publicJwk(key)));
        const std::string good = compactJws(algorithm, key, joseHeader(algorithm), claims);
        const std::string bad = good.substr(0, good.rfind('.') + 1) +
                                base64urlEncode(joseSignature(algorithm, key, "another message"));
        for (int i = 0; i < 3; i++) {
            assertReason(Reason::none, verified(good, keys).error());
            assertRefused(Reason::signature_invalid, verified(bad, keys));
        }
    }
}

TEST("every bit of every signature counts")
{
    for (const Algorithm& algorithm : algorithms()) {
        const std::string key = keyNameFor(algorithm);
        const std::string header = joseHeader(algorithm);
        const std::string input = signingInput(header, claims);
        const KeySet keys = setOf(jwkSet(publicJwk(key)));
        forEachBitFlip(joseSignature(algorithm, key, input), [&](const std::string& flipped) {
            assertRefused(Reason::signature_invalid,
                          verified(input + "." + base64urlEncode(flipped), keys));
        });
    }
}

TEST("every bit of the text of a token counts")
{
    for (const char* name : {"RS256", "ES256", "EdDSA"}) {
        const Algorithm& algorithm = named(name);
        const std::string key = keyNameFor(algorithm);
        const KeySet keys = setOf(jwkSet(publicJwk(key)));
        const std::string token = compactJws(algorithm, key, joseHeader(algorithm), claims);
        assertReason(Reason::none, verified(token, keys).error());
        forEachBitFlip(token, [&](const std::string& flipped) {
            assertCase(!verified(flipped, keys), flipped);
        });
    }
}

TEST("no truncation of a token verifies, and nothing that is longer")
{
    for (const Algorithm& algorithm : algorithms()) {
        const std::string key = keyNameFor(algorithm);
        const KeySet keys = setOf(jwkSet(publicJwk(key)));
        const std::string token = compactJws(algorithm, key, joseHeader(algorithm), claims);
        forEachTruncation(
            token, [&](const std::string& part) { assertCase(!verified(part, keys), part); });
        for (const char* more : {"A", "AA", "AAA", "AAAA", "=", " ", ".", ".AAAA"}) {
            assertCase(!verified(token + more, keys), token + more);
        }
    }
}

TEST("no algorithm verifies with a key of another kind")
{
    for (const Algorithm& algorithm : algorithms()) {
        const std::string fitting = keyNameFor(algorithm);
        const std::string token =
            compactJws(algorithm, fitting, joseHeader(algorithm, R"(,"kid":"one")"), claims);
        for (const char* other : {"RSA", "P-256", "P-384", "P-521", "Ed25519"}) {
            const std::string key = publicJwk(other, R"(,"kid":"one")");
            if (fitting != other) {
                assertRefused(Reason::algorithm_not_allowed, verified(token, setOf(jwkSet(key))));
            } else {
                assertReason(Reason::none, verified(token, setOf(jwkSet(key))).error());
            }
        }
    }
}

TEST("no algorithm verifies in another one's name")
{
    for (const Algorithm& algorithm : algorithms()) {
        const std::string fitting = keyNameFor(algorithm);
        const KeySet keys = setOf(jwkSet(publicJwk(fitting)));
        for (const Algorithm& claimed : algorithms()) {
            const bool same =
                claimed.digest == nullptr ? algorithm.digest == nullptr : &claimed == &algorithm;
            const std::string token = compactJws(algorithm, fitting, joseHeader(claimed), claims);
            assertCase(static_cast<bool>(verified(token, keys)) == same,
                       std::string(algorithm.name) + " as " + std::string(claimed.name));
        }
    }
}

TEST("a key with an alg verifies only tokens of that algorithm")
{
    for (const Algorithm& algorithm : algorithms()) {
        const std::string fitting = keyNameFor(algorithm);
        const std::string token =
            compactJws(algorithm, fitting, joseHeader(algorithm, R"(,"kid":"one")"), claims);
        for (const Algorithm& bound : algorithms()) {
            if (keyNameFor(bound) != fitting) {
                continue;
            }
            const std::string key =
                publicJwk(fitting, R"(,"kid":"one","alg":")" + std::string(bound.name) + "\"");
            const Reason expected =
                &bound == &algorithm ? Reason::none : Reason::algorithm_not_allowed;
            assertReason(expected, verified(token, setOf(jwkSet(key))).error());
        }
    }
}

TEST("an HMAC keyed with a public key is refused, with and without alg on the key")
{
    struct Row {
        const char* key;
        const char* algorithm;
    };
    for (const Row& row : {Row{"RSA", "RS256"}, Row{"P-256", "ES256"}, Row{"Ed25519", "EdDSA"}}) {
        const std::string kid = R"(,"kid":"one")";
        const std::string alg = R"(,"alg":")" + std::string(row.algorithm) + "\"";
        const KeySet open = setOf(jwkSet(publicJwk(row.key, kid)));
        const KeySet bound = setOf(jwkSet(publicJwk(row.key, kid + alg)));

        for (const std::string& secret : {publicPem(row.key), publicJwk(row.key, kid), ""s}) {
            for (const std::string size : {"256", "384", "512"}) {
                const std::string input =
                    signingInput(R"({"alg":"HS)" + size + R"(","kid":"one"})", claims);
                const std::string token =
                    input + "." + base64urlEncode(hmac(("SHA" + size).c_str(), secret, input));
                assertRefused(Reason::algorithm_not_allowed, verified(token, open));
                assertRefused(Reason::algorithm_not_allowed, verified(token, bound));
            }
        }
    }
}

TEST("an HMAC in the name of an allowed algorithm is refused")
{
    const std::string input = signingInput(R"({"alg":"RS256"})", claims);
    const std::string token =
        input + "." + base64urlEncode(hmac("SHA256", publicPem("RSA"), input));
    assertRefused(Reason::signature_invalid, verified(token, setOf(jwkSet(publicJwk("RSA")))));
}

TEST("an unsecured token is refused before any key is looked for")
{
    const KeySet keys = setOf(jwkSet(publicJwk("RSA")));
    for (const char* header :
         {R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":"nOnE"})", R"({"alg":""})",
          R"({"alg":["none"]})", R"({"alg":0})", R"({"alg":null})", "{}"}) {
        const std::string input = signingInput(header, claims);
        assertCase(!verified(input + ".", keys), header);
        assertCase(!verified(input + ".AAAA", keys), header);
        assertCase(!verified(input, keys), header);
    }
}

TEST("a signed token without its signature is refused")
{
    for (const Algorithm& algorithm : algorithms()) {
        const KeySet keys = setOf(jwkSet(publicJwk(keyNameFor(algorithm))));
        assertRefused(Reason::signature_invalid,
                      verified(signingInput(joseHeader(algorithm), claims) + ".", keys));
    }
}

TEST("keys that a token brings along or points to are never used")
{
    const Algorithm& algorithm = named("RS256");
    const KeySet keys = setOf(jwkSet(publicJwk("RSA", R"(,"kid":"one")")));
    const std::string attacker = publicJwk("RSA#2", R"(,"kid":"one")");

    for (const std::string& member :
         {R"(,"jwk":)" + attacker, R"(,"jku":"https://evil.example/keys")"s,
          R"(,"x5u":"https://evil.example/c")"s, R"(,"x5c":["MIIB"])"s}) {
        const std::string header = joseHeader(algorithm, R"(,"kid":"one")" + member);
        assertRefused(Reason::signature_invalid,
                      verified(compactJws(algorithm, "RSA#2", header, claims), keys));
        assertReason(Reason::none,
                     verified(compactJws(algorithm, "RSA", header, claims), keys).error());
        const std::string elsewhere = joseHeader(algorithm, R"(,"kid":"two")" + member);
        assertRefused(Reason::key_unknown,
                      verified(compactJws(algorithm, "RSA#2", elsewhere, claims), keys));
    }
}

TEST("a key that the set does not have is unknown, and other keys are not tried for it")
{
    const Algorithm& algorithm = named("ES256");
    const KeySet keys = setOf(jwkSet(publicJwk("P-256", R"(,"kid":"one")"), publicJwk("P-256#2")));
    for (const char* kid : {"two", "One", "one ", " one", "on", "onee", "one\\n", "*", "o.e"}) {
        const std::string header = joseHeader(algorithm, R"(,"kid":")" + std::string(kid) + "\"");
        assertRefused(Reason::key_unknown,
                      verified(compactJws(algorithm, "P-256", header, claims), keys));
        assertRefused(Reason::key_unknown,
                      verified(compactJws(algorithm, "P-256#2", header, claims), keys));
    }
}

TEST("a token without a kid verifies with the only fitting key, and of several with none")
{
    const Algorithm& algorithm = named("ES256");
    const std::string token = compactJws(algorithm, "P-256", joseHeader(algorithm), claims);
    const std::string rsa = publicJwk("RSA", R"(,"kid":"r")");
    const std::string first = publicJwk("P-256", R"(,"kid":"a")");
    const std::string second = publicJwk("P-256#2", R"(,"kid":"b")");

    assertReason(Reason::none, verified(token, setOf(jwkSet(first))).error());
    assertReason(Reason::none, verified(token, setOf(jwkSet(rsa, first))).error());
    assertRefused(Reason::key_unknown, verified(token, setOf(jwkSet(first, second))));
    assertRefused(Reason::key_unknown, verified(token, setOf(jwkSet(rsa))));
    assertRefused(Reason::signature_invalid, verified(token, setOf(jwkSet(second))));
}

TEST("keys that share a kid are all tried, up to the limit")
{
    const Algorithm& algorithm = named("ES256");
    const std::string kid = R"(,"kid":"same")";
    const std::string token = compactJws(algorithm, "P-256", joseHeader(algorithm, kid), claims);
    const std::string right = publicJwk("P-256", kid);
    const std::string wrong = publicJwk("P-256#2", kid);

    assertReason(Reason::none, verified(token, setOf(jwkSet(wrong, right))).error());
    assertReason(
        Reason::none,
        verified(token, setOf(jwkSet(publicJwk("RSA", kid), wrong, wrong, wrong, right))).error());
    assertRefused(Reason::signature_invalid,
                  verified(token, setOf(jwkSet(wrong, wrong, wrong, wrong, right))));
    assertRefused(Reason::signature_invalid, verified(token, setOf(jwkSet(wrong, wrong))));
}

TEST("a kid of any UTF-8 names its key")
{
    const Algorithm& algorithm = named("EdDSA");
    for (const char* kid : {"../keys?x=1#y", "\xe2\x82\xac", "a\\\"b", "%00", "\\u001f"}) {
        const std::string member = R"(,"kid":")" + std::string(kid) + "\"";
        assertValue(
            verified(compactJws(algorithm, "Ed25519", joseHeader(algorithm, member), claims),
                     setOf(jwkSet(publicJwk("Ed25519", member),
                                  publicJwk("Ed25519#2", R"(,"kid":"other")")))));
    }
}

TEST("an ECDSA signature is R and S in full length, not DER and not a byte more or less")
{
    for (const char* name : {"ES256", "ES384", "ES512"}) {
        const Algorithm& algorithm = named(name);
        const std::string key = keyNameFor(algorithm);
        const std::string good = joseSignature(algorithm, key, message);
        const std::size_t half = good.size() / 2;
        const std::string r = good.substr(0, half), s = good.substr(half);

        assertCase(accepts(algorithm, key, message, good), name);
        for (const std::string& bad :
             {opensslSignature(algorithm, key, message), good + '\0', '\0' + good, good.substr(1),
              good.substr(0, good.size() - 1), '\0' + r + '\0' + s, s + r, r, ""s, good + good,
              std::string(16384, '\x01')}) {
            assertCase(!accepts(algorithm, key, message, bad),
                       std::string(name) + " of " + std::to_string(bad.size()) + " bytes");
        }
    }
}

TEST("an ECDSA signature with a zero, or with a half that is not below the order, is refused")
{
    for (const char* name : {"ES256", "ES384", "ES512"}) {
        const Algorithm& algorithm = named(name);
        const std::string key = keyNameFor(algorithm);
        const std::string good = joseSignature(algorithm, key, message);
        const std::size_t half = good.size() / 2;
        const std::string r = good.substr(0, half), s = good.substr(half);
        const std::string zero(half, '\0'), ones(half, '\xff');
        const std::string order =
            numberOf(keyPair(key), OSSL_PKEY_PARAM_EC_ORDER, static_cast<int>(half));
        const std::string one = std::string(half - 1, '\0') + '\x01';

        for (const std::string& bad :
             {zero + zero, r + zero, zero + s, order + order, r + order, order + s, ones + ones,
              zero + one, one + zero, one + one, one + order}) {
            assertCase(!accepts(algorithm, key, message, bad), std::string(name) + " " + hex(bad));
        }
    }
}

TEST("an ECDSA signature over another digest is refused")
{
    assertCase(!accepts(named("ES256"), "P-256", message,
                        joseSignature(named("ES256"), "P-256", message, {.digest = "SHA512"})),
               "P-256");
    assertCase(!accepts(named("ES384"), "P-384", message,
                        joseSignature(named("ES384"), "P-384", message, {.digest = "SHA256"})),
               "P-384");
    assertCase(!accepts(named("ES512"), "P-521", message,
                        joseSignature(named("ES512"), "P-521", message, {.digest = "SHA256"})),
               "P-521");
}

TEST("an RSA signature has exactly the length of the modulus")
{
    for (const char* name : {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}) {
        const Algorithm& algorithm = named(name);
        const std::string good = joseSignature(algorithm, "RSA", message);
        assertCase(accepts(algorithm, "RSA", message, good), name);
        for (const std::string& bad :
             {'\0' + good, good + '\0', good.substr(1), good.substr(0, 255), ""s, good + good,
              std::string(256, '\0'), std::string(255, '\0') + '\x01', std::string(256, '\xff'),
              std::string(16384, '\x01')}) {
            assertCase(!accepts(algorithm, "RSA", message, bad),
                       std::string(name) + " of " + std::to_string(bad.size()) + " bytes");
        }
    }
}

TEST("an RSA signature that is the modulus itself or the signature plus the modulus is refused")
{
    const Algorithm& algorithm = named("RS256");
    const std::string n = numberOf(keyPair("RSA"), OSSL_PKEY_PARAM_RSA_N);
    assertCase(!accepts(algorithm, "RSA", message, n), "modulus");

    // s + n may fit into the bytes of n only when both are small: try until it does
    const Bignum modulus(BN_bin2bn(octets(n), static_cast<int>(n.size()), nullptr));
    bool tried = false;
    for (int i = 0; i < 1000 && !tried; i++) {
        const std::string text = std::to_string(i);
        const std::string good = joseSignature(algorithm, "RSA", text);
        const Bignum sum(BN_bin2bn(octets(good), static_cast<int>(good.size()), nullptr));
        must(BN_add(sum.get(), sum.get(), modulus.get()) == 1, "BN_add");
        std::string bytes(n.size(), '\0');
        if (BN_bn2binpad(sum.get(), octets(bytes.data()), static_cast<int>(bytes.size())) > 0) {
            assertCase(!accepts(algorithm, "RSA", text, bytes), "signature plus modulus");
            tried = true;
        }
    }
    ERR_clear_error();
    assertCase(tried, "no sum fitted");
}

TEST("a signature whose digest has garbage behind it is refused, also by a key of exponent 3")
{
    // The cube root of such a block needs no private key (Bleichenbacher 2006, CVE-2006-4339). What
    // stands before the digest names the digest: RFC 8017 section 9.2, note 1.
    const struct {
        const char* name;
        const char* digestInfo;
        const char* digest;
    } rows[] = {
        {"RS256", "3031300d060960864801650304020105000420", "SHA256"},
        {"RS384", "3041300d060960864801650304020205000430", "SHA384"},
        {"RS512", "3051300d060960864801650304020305000440", "SHA512"},
    };
    for (const auto& row : rows) {
        const Algorithm& algorithm = named(row.name);
        assertCase(
            accepts(algorithm, "RSA-e3", message, joseSignature(algorithm, "RSA-e3", message)),
            row.name);

        unsigned char digest[EVP_MAX_MD_SIZE];
        std::size_t size = 0;
        must(EVP_Q_digest(nullptr, row.digest, nullptr, message, std::strlen(message), digest,
                          &size) == 1,
             "EVP_Q_digest");
        std::string block = "\0\1"s + std::string(8, '\xff') + '\0' + unhex(row.digestInfo) +
                            std::string(reinterpret_cast<const char*>(digest), size);
        block.resize(3072 / 8);
        assertCase(!accepts(algorithm, "RSA-e3", message, cubeRoot(block)), row.name);
    }
}

TEST("the salt of PSS is as long as the digest")
{
    for (const char* name : {"PS256", "PS384", "PS512"}) {
        const Algorithm& algorithm = named(name);
        const int right = name == "PS256"s ? 32 : name == "PS384"s ? 48 : 64;
        for (const int length :
             {0, 1, 20, 32, 48, 64, right - 1, right + 1, static_cast<int>(RSA_PSS_SALTLEN_MAX)}) {
            const std::string signature =
                joseSignature(algorithm, "RSA", message, {.saltLength = length});
            assertCase(accepts(algorithm, "RSA", message, signature) == (length == right),
                       std::string(name) + " with salt " + std::to_string(length));
        }
    }
}

TEST("the mask of PSS is made with the digest of the algorithm")
{
    assertCase(!accepts(named("PS256"), "RSA", message,
                        joseSignature(named("PS256"), "RSA", message, {.mgf1Digest = "SHA1"})),
               "SHA-1");
    assertCase(!accepts(named("PS512"), "RSA", message,
                        joseSignature(named("PS512"), "RSA", message, {.mgf1Digest = "SHA256"})),
               "SHA-256");
    assertCase(accepts(named("PS512"), "RSA", message,
                       joseSignature(named("PS512"), "RSA", message, {.mgf1Digest = "SHA512"})),
               "SHA-512");
}

TEST("an Ed25519 signature has 64 bytes and its S is below the order")
{
    const Algorithm& algorithm = named("EdDSA");
    const std::string good = joseSignature(algorithm, "Ed25519", message);
    assertCase(accepts(algorithm, "Ed25519", message, good), "good");

    // RFC 8032 section 5.1.7: S + L would verify where S is not checked
    std::string malleable = good;
    const std::string order =
        unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    unsigned carry = 0;
    for (std::size_t i = 0; i < 32; i++) {
        carry += static_cast<unsigned char>(good[32 + i]) + static_cast<unsigned char>(order[i]);
        malleable[32 + i] = static_cast<char>(carry & 0xff);
        carry >>= 8;
    }
    for (const std::string& bad :
         {malleable, good + '\0', good.substr(0, 63), good.substr(1), ""s, std::string(64, '\0'),
          std::string(64, '\xff'), good.substr(32) + good.substr(0, 32),
          std::string(114, '\x01')}) {
        assertCase(!accepts(algorithm, "Ed25519", message, bad), hex(bad));
    }
}

TEST("an empty and a large message are verified like any other")
{
    for (const Algorithm& algorithm : algorithms()) {
        const std::string key = keyNameFor(algorithm);
        for (const std::string& text : {""s, "\0"s, std::string(1 << 16, 'x')}) {
            const std::string signature = joseSignature(algorithm, key, text);
            assertCase(accepts(algorithm, key, text, signature), algorithm.name);
            assertCase(!accepts(algorithm, key, text + "x", signature), algorithm.name);
        }
    }
}

TEST("a signed payload that is not one strict JSON object gives no claims")
{
    const Algorithm& algorithm = named("EdDSA");
    const KeySet keys = setOf(jwkSet(publicJwk("Ed25519")));
    const std::string payloads[] = {
        "",
        " ",
        "null",
        "true",
        "1",
        "\"alice\"",
        "[]",
        R"([{"sub":"alice"}])",
        "alice",
        R"({"sub":"alice")",
        R"({"sub":"alice"}{})",
        R"({"sub":"alice"},)",
        R"({"sub":"alice",})",
        R"({"sub":'alice'})",
        "{\"sub\":\"alice\"}\0"s,
        "\xef\xbb\xbf{\"sub\":\"alice\"}",
        R"({"sub":"alice","sub":"bob"})",
        R"({"sub":"alice","s\u0075b":"bob"})",
        R"({"a":{"b":1,"b":2}})",
        R"({"sub":"al\u0000ice"})",
        R"({"s\u0000ub":"alice"})",
        R"({"aud":["a\u0000b"]})",
        "{\"sub\":\"al\0ice\"}"s,
        "{\"sub\":\"\xff\"}",
        "{\"sub\":\"\xc0\x80\"}",
        "{\"sub\":\"\xf5\x80\x80\x80\"}",
        R"({"sub":"\udc00"})",
        R"({"exp":1e999})",
        R"({"exp":-1e999})",
        R"({"exp":99999999999999999999})",
        R"({"exp":0x10})",
        R"({"exp":01})",
        R"({"exp":+1})",
        R"({"exp":.5})",
        R"({"exp":NaN})",
        R"({"exp":Infinity})",
        "{\"sub\":\"a\nb\"}",
        "{\"x\":" + std::string(32, '[') + std::string(32, ']') + "}",
        "{\"x\":" + std::string(6000, '[') + "}",
        // a token as the payload of another
        compactJws(algorithm, "Ed25519", joseHeader(algorithm), claims),
    };

    for (const std::string& payload : payloads) {
        const Result<Jwt> jwt =
            verified(compactJws(algorithm, "Ed25519", joseHeader(algorithm), payload), keys);
        assertCase(jwt.error() == Reason::claims_malformed, payload);
    }
    for (const std::string& payload :
         {"{}"s, " {\t\"sub\" :\r\n\"alice\"} "s,
          "{\"x\":" + std::string(31, '[') + std::string(31, ']') + "}"}) {
        assertReason(
            Reason::none,
            verified(compactJws(algorithm, "Ed25519", joseHeader(algorithm), payload), keys)
                .error());
    }
}

TEST("the signature is checked before the payload is looked at")
{
    const Algorithm& algorithm = named("EdDSA");
    const KeySet keys = setOf(jwkSet(publicJwk("Ed25519")));
    const std::string token =
        compactJws(algorithm, "Ed25519#2", joseHeader(algorithm), "no claims");
    assertRefused(Reason::signature_invalid, verified(token, keys));
}

TEST("the type of a token is handed on as it is written")
{
    const Algorithm& algorithm = named("EdDSA");
    const KeySet keys = setOf(jwkSet(publicJwk("Ed25519")));
    for (const char* type : {"JWT", "at+jwt", "application/AT+JWT", "logout+jwt", ""}) {
        const std::string header = joseHeader(algorithm, R"(,"typ":")" + std::string(type) + "\"");
        const Jwt jwt =
            assertValue(verified(compactJws(algorithm, "Ed25519", header, claims), keys));
        assertView(type, jwt.type);
    }
}

TEST("a refusal in the error queue of someone else does not decide a verification")
{
    for (const Algorithm& algorithm : algorithms()) {
        const std::string key = keyNameFor(algorithm);
        const std::string good = joseSignature(algorithm, key, message);
        ERR_raise(ERR_LIB_USER, 1);
        assertCase(accepts(algorithm, key, message, good), algorithm.name);
    }
}

TEST_MAIN()
