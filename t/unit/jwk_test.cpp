#include "jose/jwk.hpp"

#include "signer.hpp"

#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;
using namespace std::string_literals;

namespace {

Result<Jwk> parsed(const std::string& text)
{
    const auto json = JsonDocument::parse("{\"key\":" + text + "}", Reason::internal);
    assertCase(bool(json), "the test's own JSON: " + text);
    Result<Jwk> key = parseJwk(json->root().member("key"));
    assertCase(ERR_peek_error() == 0, "left in OpenSSL's error queue by " + text);
    return key;
}

void assertUsable(const std::string& text)
{
    const Reason reason = parsed(text).error();
    assertCase(reason == Reason::none, text);
}

void assertUnusable(const std::string& text)
{
    const Reason reason = parsed(text).error();
    assertCase(reason == Reason::key_unusable, text);
}

std::string rsaJwk(std::string_view modulus, std::string_view exponent)
{
    return R"({"kty":"RSA","n":")" + base64urlEncode(modulus) + R"(","e":")" +
           base64urlEncode(exponent) + "\"}";
}

std::string modulus()
{
    return numberOf(keyPair("RSA"), OSSL_PKEY_PARAM_RSA_N);
}

/** An odd number of so many bits that is no modulus, for refusals that come before that matters. */
std::string oddNumber(std::size_t bits)
{
    std::string bytes((bits + 7) / 8, '\x5b');
    bytes[0] = static_cast<char>(1 << ((bits - 1) % 8));
    return bytes;
}

std::string ecJwk(const std::string& curve, std::string_view x, std::string_view y)
{
    return R"({"kty":"EC","crv":")" + curve + R"(","x":")" + base64urlEncode(x) + R"(","y":")" +
           base64urlEncode(y) + "\"}";
}

struct Point {
    std::string x;
    std::string y;
};

Point pointOf(const std::string& curve)
{
    const int size = (EVP_PKEY_get_bits(keyPair(curve)) + 7) / 8;
    return {numberOf(keyPair(curve), OSSL_PKEY_PARAM_EC_PUB_X, size),
            numberOf(keyPair(curve), OSSL_PKEY_PARAM_EC_PUB_Y, size)};
}

const char* const usableKinds[] = {"RSA", "P-256", "P-384", "P-521", "Ed25519"};

}  // namespace

TEST("a key of every supported kind is read and allows the algorithms of its kind only")
{
    struct Row {
        const char* kind;
        KeyType type;
        const char* curve;
        std::size_t modulusSize;
        std::string allowed;
    };
    const Row rows[] = {
        {"RSA", KeyType::rsa, "", 256, " RS256 RS384 RS512 PS256 PS384 PS512"},
        {"RSA-3072", KeyType::rsa, "", 384, " RS256 RS384 RS512 PS256 PS384 PS512"},
        {"P-256", KeyType::ec, "P-256", 0, " ES256"},
        {"P-384", KeyType::ec, "P-384", 0, " ES384"},
        {"P-521", KeyType::ec, "P-521", 0, " ES512"},
        {"Ed25519", KeyType::okp, "Ed25519", 0, " EdDSA Ed25519"},
    };

    for (const Row& row : rows) {
        const Jwk key = assertValue(parsed(publicJwk(row.kind, R"(,"kid":"one","use":"sig")")));
        assertView("one", key.id);
        assertCase(key.type == row.type, row.kind);
        assertView(row.curve, key.curve);
        assert_int_equal(row.modulusSize, key.modulusSize);
        assert_null(key.algorithm);

        for (const Algorithm& algorithm : algorithms()) {
            const bool expected =
                (row.allowed + " ").find(" " + std::string(algorithm.name) + " ") !=
                std::string::npos;
            assertCase(key.allows(algorithm) == expected,
                       std::string(row.kind) + " " + std::string(algorithm.name));
            assertCase((key.verifier(algorithm) != nullptr) ==
                           (expected && row.type != KeyType::okp),
                       std::string(row.kind) + " prepared for " + std::string(algorithm.name));
        }
    }
}

TEST("a key with an alg allows that algorithm alone, and one that does not fit makes it unusable")
{
    for (const char* kind : usableKinds) {
        for (const Algorithm& named : algorithms()) {
            const std::string text =
                publicJwk(kind, R"(,"alg":")" + std::string(named.name) + "\"");
            if (keyNameFor(named) != kind) {
                assertUnusable(text);
                continue;
            }
            const Jwk key = assertValue(parsed(text));
            for (const Algorithm& algorithm : algorithms()) {
                assertCase(key.allows(algorithm) == (&algorithm == &named), text);
                const bool digested = key.type != KeyType::okp;
                assertCase((key.verifier(algorithm) != nullptr) ==
                               (digested && &algorithm == &named),
                           text);
            }
        }
    }
}

TEST("an alg that is unknown, symmetric, for encryption or no string makes a key unusable")
{
    for (const char* alg :
         {R"("none")", R"("HS256")", R"("rs256")", R"("RS1")", R"("RSA-OAEP")", R"("RSA-OAEP-256")",
          R"("ES521")", R"("ES256K")", R"("")", "null", "256", R"(["RS256"])"}) {
        assertUnusable(publicJwk("RSA", R"(,"alg":)" + std::string(alg)));
    }
}

TEST("a key is for signatures: use is sig and key_ops has verify, where they are given")
{
    struct Row {
        const char* members;
        bool usable;
    };
    const Row rows[] = {
        {R"(,"use":"sig")", true},
        {R"(,"key_ops":["verify"])", true},
        {R"(,"key_ops":["sign","verify"])", true},
        {R"(,"use":"sig","key_ops":["verify"])", true},
        {R"(,"use":"enc")", false},
        {R"(,"use":"Sig")", false},
        {R"(,"use":"")", false},
        {R"(,"use":null)", false},
        {R"(,"use":["sig"])", false},
        {R"(,"key_ops":[])", false},
        {R"(,"key_ops":["sign"])", false},
        {R"(,"key_ops":["encrypt","wrapKey"])", false},
        {R"(,"key_ops":["Verify"])", false},
        {R"(,"key_ops":"verify")", false},
        {R"(,"key_ops":{"verify":1})", false},
        {R"(,"key_ops":[["verify"]])", false},
        {R"(,"key_ops":["verify",1])", false},
        {R"(,"key_ops":["verify","sign","verify"])", false},
        {R"(,"key_ops":null)", false},
        {R"(,"use":"enc","key_ops":["verify"])", false},
        {R"(,"use":"sig","key_ops":["sign"])", false},
    };

    for (const char* kind : usableKinds) {
        for (const Row& row : rows) {
            const std::string text = publicJwk(kind, row.members);
            row.usable ? assertUsable(text) : assertUnusable(text);
        }
    }
}

TEST("a published key with any private or symmetric member is unusable")
{
    for (const char* kind : usableKinds) {
        for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
            assertUnusable(publicJwk(kind, ",\"" + std::string(member) + "\":\"AQAB\""));
            assertUnusable(publicJwk(kind, ",\"" + std::string(member) + "\":null"));
        }
    }
}

TEST("certificates and unknown members in a key are ignored")
{
    for (const char* kind : usableKinds) {
        assertUsable(publicJwk(
            kind,
            R"(,"x5c":["MIIB"],"x5u":"https://evil.example/","x5t":"AA","ext":true,"iat":1)"));
    }
}

TEST("a kid is a string")
{
    assertUsable(publicJwk("P-256", R"(,"kid":"")"));
    for (const char* kid : {"1", "null", R"(["a"])", "{}"}) {
        assertUnusable(publicJwk("P-256", R"(,"kid":)" + std::string(kid)));
    }
}

TEST("an RSA modulus has 2048 to 8192 bits and is odd")
{
    const std::string e = "\x01\x00\x01"s;
    assertUsable(rsaJwk(modulus(), e));
    assertUsable(rsaJwk(oddNumber(2048), e));
    assertUsable(rsaJwk(oddNumber(8192), e));
    assertUnusable(rsaJwk(oddNumber(2047), e));
    assertUnusable(rsaJwk(oddNumber(8193), e));
    assertUnusable(rsaJwk(oddNumber(16384), e));
    assertUnusable(rsaJwk(oddNumber(1 << 20), e));
    assertUnusable(publicJwk("RSA-1024"));
    assertUnusable(rsaJwk(std::string(256, '\0'), e));
    assertUnusable(rsaJwk("", e));

    std::string even = modulus();
    even.back() = static_cast<char>(even.back() & ~1);
    assertUnusable(rsaJwk(even, e));
}

TEST("zero bytes in front do not lengthen an RSA modulus")
{
    const std::string e = "\x01\x00\x01"s;
    const Jwk key = assertValue(parsed(rsaJwk('\0' + modulus(), e)));
    assert_int_equal(256, key.modulusSize);
    assertUnusable(
        rsaJwk(std::string(128, '\0') + numberOf(keyPair("RSA-1024"), OSSL_PKEY_PARAM_RSA_N), e));
}

TEST("an RSA exponent is odd, at least 3 and at most 64 bits long")
{
    struct Row {
        std::string exponent;
        bool usable;
    };
    const Row rows[] = {
        {"\x03"s, true},
        {"\x11"s, true},
        {"\x01\x00\x01"s, true},
        {"\x00\x01\x00\x01"s, true},
        {std::string(8, '\xff'), true},
        {""s, false},
        {"\x00"s, false},
        {"\x01"s, false},
        {"\x00\x01"s, false},
        {"\x02"s, false},
        {"\x01\x00\x00"s, false},
        {"\x01\x00\x00\x00\x00\x00\x00\x00\x01"s, false},
        {std::string(256, '\x7f'), false},
    };
    for (const Row& row : rows) {
        const std::string text = rsaJwk(modulus(), row.exponent);
        row.usable ? assertUsable(text) : assertUnusable(text);
    }
}

TEST("an RSA modulus with the ROCA fingerprint is unusable")
{
    // 65537 modulo every prime up to 167
    const Bignum number(BN_new());
    assert_int_equal(1, BN_one(number.get()));
    for (unsigned long candidate = 3; candidate <= 167; candidate += 2) {
        bool prime = true;
        for (unsigned long divisor = 3; divisor * divisor <= candidate; divisor += 2) {
            prime = prime && candidate % divisor != 0;
        }
        if (prime) {
            assert_int_equal(1, BN_mul_word(number.get(), candidate));
        }
    }
    assert_int_equal(1, BN_lshift(number.get(), number.get(), 2100 - BN_num_bits(number.get())));
    assert_int_equal(1, BN_add_word(number.get(), 65537));
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(number.get())), '\0');
    BN_bn2bin(number.get(), octets(bytes.data()));

    assertUnusable(rsaJwk(bytes, "\x01\x00\x01"s));
    bytes.back() = static_cast<char>(bytes.back() +
                                     2);  // 65539 is no power of 65537 modulo some of the primes
    assertUsable(rsaJwk(bytes, "\x01\x00\x01"s));
}

TEST("the coordinates of a point have exactly the length of the curve's field")
{
    for (const char* curve : {"P-256", "P-384", "P-521"}) {
        const Point point = pointOf(curve);
        assertUsable(ecJwk(curve, point.x, point.y));
        assertUnusable(ecJwk(curve, '\0' + point.x, point.y));
        assertUnusable(ecJwk(curve, point.x, '\0' + point.y));
        assertUnusable(ecJwk(curve, point.x.substr(1), point.y));
        assertUnusable(ecJwk(curve, point.x, point.y.substr(0, point.y.size() - 1)));
        assertUnusable(ecJwk(curve, point.x + point.y.substr(0, 1), point.y.substr(1)));
        assertUnusable(ecJwk(curve, "", point.y));
        assertUnusable(ecJwk(curve, point.x, ""));
    }
}

TEST("a point that is not on the curve of its key is unusable")
{
    for (const char* curve : {"P-256", "P-384", "P-521"}) {
        const Point point = pointOf(curve);
        std::string moved = point.y;
        moved.back() = static_cast<char>(moved.back() ^ 1);
        assertUnusable(ecJwk(curve, point.x, moved));
        assertUnusable(ecJwk(curve, point.y, point.x));
        assertUnusable(
            ecJwk(curve, std::string(point.x.size(), '\0'), std::string(point.x.size(), '\0')));
        assertUnusable(ecJwk(curve, std::string(point.x.size(), '\xff'), point.y));
    }

    const Point other = pointOf("secp256k1");
    assertUnusable(ecJwk("P-256", other.x, other.y));
}

TEST("curves outside the table are unusable")
{
    const Point point = pointOf("P-256");
    for (const char* curve : {"secp256k1", "P-224", "P-192", "p-256", "prime256v1", "secp256r1",
                              "P-256 ", "", "Ed25519", "brainpoolP256r1"}) {
        assertUnusable(ecJwk(curve, point.x, point.y));
    }
    assertUnusable(publicJwk("secp256k1"));
    assertUnusable(publicJwk("Ed448"));
    assertUnusable(R"({"kty":"OKP","crv":"X25519","x":")" +
                   base64urlEncode(std::string(32, '\x09')) + "\"}");
    assertUnusable(R"({"kty":"OKP","crv":"P-256","x":")" +
                   base64urlEncode(std::string(32, '\x09')) + "\"}");
    assertUnusable(R"({"kty":"EC","crv":["P-256"]})");
}

TEST("an Ed25519 key has exactly 32 bytes")
{
    for (const std::size_t size : {0u, 1u, 31u, 33u, 57u, 64u}) {
        assertUnusable(R"({"kty":"OKP","crv":"Ed25519","x":")" +
                       base64urlEncode(std::string(size, '\x09')) + "\"}");
    }
}

TEST("an unknown, symmetric or missing kty is unusable, whatever else is there")
{
    const std::string members = publicMembers("RSA");
    const std::string rest = members.substr(members.find(','));
    for (const char* type : {R"("oct")", R"("rsa")", R"("RSA ")", R"("AKP")", R"("")", "null", "1",
                             R"(["RSA"])", R"("OKP")", R"("EC")"}) {
        assertUnusable(R"({"kty":)" + std::string(type) + rest + "}");
    }
    assertUnusable("{" + rest.substr(1) + "}");
    assertUnusable(R"({"kty":"oct","alg":"HS256","k":"AAAA"})");
}

TEST("what is no object is no key")
{
    for (const char* text : {"null", "[]", "1", "\"RSA\"", "{}", "[{\"kty\":\"RSA\"}]"}) {
        assertUnusable(text);
    }
    assertRefused(Reason::key_unusable, parseJwk({}));
}

TEST("the numbers of a key are strict base64url strings and must be there")
{
    const std::string n = base64urlEncode(modulus());
    for (const std::string& bad : {R"(")" + n + R"(=")", R"(" )" + n + "\"", R"(")" + n + R"(\n")",
                                   R"("+)" + n.substr(1) + "\"", R"("/)" + n.substr(1) + "\"",
                                   std::string("null"), std::string("65537"), "[\"" + n + "\"]"}) {
        assertUnusable(R"({"kty":"RSA","e":"AQAB","n":)" + bad + "}");
    }
    assertUnusable(R"({"kty":"RSA","e":"AQAB"})");
    assertUnusable(R"({"kty":"RSA","n":")" + n + "\"}");
    for (const char* bad :
         {R"("AQAB=")", R"("AQA B")", R"("AR")", R"("A")", "65537", "null", R"("")"}) {
        assertUnusable(R"({"kty":"RSA","n":")" + n + R"(","e":)" + bad + "}");
    }

    const Point point = pointOf("P-256");
    const std::string x = base64urlEncode(point.x);
    assertUnusable(R"({"kty":"EC","crv":"P-256","x":")" + x + "\"}");
    assertUnusable(R"({"kty":"EC","crv":"P-256","x":")" + x + R"(=","y":")" +
                   base64urlEncode(point.y) + "\"}");
    assertUnusable(R"({"kty":"EC","crv":"P-256","x":1,"y":")" + base64urlEncode(point.y) + "\"}");
    assertUnusable(R"({"kty":"EC","x":")" + x + R"(","y":")" + base64urlEncode(point.y) + "\"}");
    assertUnusable(R"({"kty":"OKP","crv":"Ed25519"})");
}

TEST("keys that cannot be used are left out of a set")
{
    const KeySet keys = assertValue(KeySet::parse(jwkSet(
        R"({"kty":"AKP","alg":"ML-DSA-44","pub":"AA","kid":"future"})",
        R"({"kty":"oct","k":"AAAA","kid":"secret"})", publicJwk("RSA-1024", R"(,"kid":"short")"),
        publicJwk("RSA", R"(,"kid":"enc","use":"enc")"), "null", "7", "[]",
        publicJwk("P-256", R"(,"kid":"good")"))));
    assert_int_equal(1, keys.keys().size());
    assertView("good", keys.keys()[0].id);
    for (const char* kid : {"future", "secret", "short", "enc"}) {
        assertCase(!keys.hasKid(kid), kid);
    }
}

TEST("keys that are left out are named, with the reason")
{
    const std::vector<std::string> lines = keysLeftOut(jwkSet(
        R"({"kty":"AKP","alg":"ML-DSA-44","pub":"AA","kid":"new\nline"})",
        R"({"kty":"oct","k":"AAAA","kid":"secret"})", publicJwk("RSA-1024", R"(,"kid":"short")"),
        publicJwk("RSA", R"(,"kid":"enc","use":"enc")"), "null",
        publicJwk("P-256", R"(,"kid":"good")")));
    assert_int_equal(5, lines.size());
    assertView(R"(kid "new\x0Aline": kty "AKP" is not known)", lines[0]);
    assertView(R"(kid "secret": it is private or symmetric)", lines[1]);
    assertView(R"(kid "short": its members are malformed, too weak, or do not fit each other)",
               lines[2]);
    assertView(R"(kid "enc": its use or key_ops is not for verifying signatures)", lines[3]);
    assertView(R"(kid "": kty "" is not known)", lines[4]);
    assert_true(keysLeftOut("no key set").empty());
}

TEST("text that is no key set, and a set without a usable key, are refused")
{
    const std::string key = publicJwk("P-256");
    for (const std::string& text : {std::string(),
                                    std::string("<html>"),
                                    std::string("null"),
                                    std::string("[]"),
                                    std::string("{}"),
                                    key,
                                    "[" + key + "]",
                                    R"({"keys":)" + key + "}",
                                    R"({"keys":null})"s,
                                    R"({"keys":[]})"s,
                                    R"({"keys":[{}]})"s,
                                    R"({"Keys":[)" + key + "]}",
                                    R"({"keys":[)" + key + R"(],"keys":[]})",
                                    jwkSet(key) + "x",
                                    jwkSet(key).substr(0, 40),
                                    R"({"keys":{"0":)" + key + "}}",
                                    jwkSet(R"({"kty":"oct","k":"AAAA"})"),
                                    jwkSet(publicJwk("RSA-1024")),
                                    jwkSet(publicJwk("P-256", R"(,"kid":"a","kid":"b")")),
                                    jwkSet(publicJwk("P-256", R"(,"kid":"a\u0000")")),
                                    jwkSet(publicJwk("P-256", ",\"kid\":\"\xff\""))}) {
        assertCase(KeySet::parse(text).error() == Reason::key_set_invalid, text);
    }
}

TEST("a set has at most 100 entries, the unusable ones counted")
{
    const std::string key = publicJwk("Ed25519");
    const auto filled = [&](std::size_t others) {
        std::string text = "{\"keys\":[" + key;
        for (std::size_t i = 0; i < others; i++) {
            text += R"(,{"kty":"AKP"})";
        }
        return text + "]}";
    };
    assertReason(Reason::none, KeySet::parse(filled(maxKeys - 1)).error());
    assertReason(Reason::key_set_invalid, KeySet::parse(filled(maxKeys)).error());
}

TEST("candidates are the keys of the same kid that allow the algorithm")
{
    const KeySet keys = assertValue(KeySet::parse(
        jwkSet(publicJwk("RSA", R"(,"kid":"a","alg":"RS256")"), publicJwk("RSA#2", R"(,"kid":"a")"),
               publicJwk("P-256", R"(,"kid":"a")"), publicJwk("RSA#3", R"(,"kid":"b")"),
               publicJwk("RSA#4"))));
    const auto found = [&](std::string_view kid, std::string_view name) {
        std::string ids;
        for (const Jwk* key : keys.candidates(kid, *findAlgorithm(name))) {
            ids += std::to_string(key - keys.keys().data());
        }
        return ids;
    };

    assertView("01", found("a", "RS256"));
    assertView("1", found("a", "PS256"));
    assertView("2", found("a", "ES256"));
    assertView("", found("a", "ES384"));
    assertView("3", found("b", "RS256"));
    assertView("", found("c", "RS256"));
    assertView("", found("A", "RS256"));
    assertView("", found("a ", "RS256"));
}

TEST("without a kid the only key that allows the algorithm is the candidate, and of several none")
{
    const KeySet keys = assertValue(KeySet::parse(
        jwkSet(publicJwk("RSA", R"(,"kid":"a")"), publicJwk("RSA#2", R"(,"kid":"b","alg":"RS512")"),
               publicJwk("P-256", R"(,"kid":"c")"))));
    assert_int_equal(1, keys.candidates("", *findAlgorithm("RS256")).size());
    assert_int_equal(0, keys.candidates("", *findAlgorithm("RS512")).size());
    assert_int_equal(1, keys.candidates("", *findAlgorithm("ES256")).size());
    assert_int_equal(0, keys.candidates("", *findAlgorithm("EdDSA")).size());
}

TEST("a key without a kid is no candidate for a token with one")
{
    const KeySet keys = assertValue(KeySet::parse(jwkSet(publicJwk("P-256"))));
    assert_int_equal(0, keys.candidates("a", *findAlgorithm("ES256")).size());
    assert_int_equal(1, keys.candidates("", *findAlgorithm("ES256")).size());
    assertCase(!keys.hasKid(""), "the empty kid is nobody's");
}

TEST("of many keys with the same kid only the first few are candidates")
{
    const std::string key = publicJwk("P-256", R"(,"kid":"same")");
    const KeySet keys = assertValue(KeySet::parse(jwkSet(key, key, key, key, key, key)));
    assert_int_equal(6, keys.keys().size());
    assert_int_equal(maxCandidates, keys.candidates("same", *findAlgorithm("ES256")).size());
    assertCase(keys.hasKid("same"), "same");
    assertCase(!keys.hasKid("sam"), "sam");
    assertCase(!keys.hasKid("same "), "same ");
}

TEST_MAIN()
