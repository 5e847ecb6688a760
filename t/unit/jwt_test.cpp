#include "base/base64url.hpp"
#include "jose/jwt.hpp"

#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

const std::string claims = R"({"sub":"alice"})";

/** A token whose signature is nonsense: parse() does not look at it. */
std::string tokenWith(std::string_view header, std::string_view payload = claims)
{
    return base64urlEncode(header) + "." + base64urlEncode(payload) + "." +
           base64urlEncode("signature");
}

Reason refusal(std::string_view compact)
{
    return UnverifiedJwt::parse(compact).error();
}

struct HeaderCase {
    std::string header;
    Reason reason;
};

void check(const std::vector<HeaderCase>& cases)
{
    for (const HeaderCase& row : cases) {
        const Reason reason = refusal(tokenWith(row.header));
        assertCase(reason == row.reason, row.header + " gives " + std::string(word(reason)));
    }
}

std::string withMember(const std::string& member)
{
    return R"({"alg":"RS256",)" + member + "}";
}

}  // namespace

TEST("a token of every algorithm in the table is read")
{
    for (const Algorithm& algorithm : algorithms()) {
        const std::string name(algorithm.name);
        const std::string text =
            tokenWith(R"({"typ":"at+jwt","kid":"one","alg":")" + name + R"("})");
        const UnverifiedJwt token = assertValue(UnverifiedJwt::parse(text));
        assertView(name, token.algorithm().name);
        assertView("one", token.kid());
        assertView("at+jwt", token.type());
        assertView(text.substr(0, text.rfind('.')), token.signingInput());
        assertView("signature", token.signature());
    }
}

TEST("the table holds eleven names, each with the hash that OIDC takes from it")
{
    const std::pair<const char*, Hash> rows[] = {
        {"RS256", Hash::sha256}, {"RS384", Hash::sha384},   {"RS512", Hash::sha512},
        {"PS256", Hash::sha256}, {"PS384", Hash::sha384},   {"PS512", Hash::sha512},
        {"ES256", Hash::sha256}, {"ES384", Hash::sha384},   {"ES512", Hash::sha512},
        {"EdDSA", Hash::sha512}, {"Ed25519", Hash::sha512},
    };
    assert_int_equal(std::size(rows), algorithms().size());
    for (const auto& [name, hash] : rows) {
        const Algorithm* algorithm = findAlgorithm(name);
        assertCase(algorithm != nullptr && algorithm->name == name && algorithm->hash == hash,
                   name);
    }
}

TEST("kid and typ are empty when they are absent")
{
    const std::string text = tokenWith(R"({"alg":"ES256"})");
    const UnverifiedJwt token = assertValue(UnverifiedJwt::parse(text));
    assertView("", token.kid());
    assertView("", token.type());
}

TEST("an algorithm that is not exactly one of the table's names is not allowed")
{
    for (const char* name :
         {"none",     "None",     "NONE",    "nOnE",     "",       "n",      "no",
          "HS256",    "HS384",    "HS512",   "rs256",    "Rs256",  "RS256 ", " RS256",
          "RS256\\n", "RS",       "RS2560",  "RS1",      "ES256K", "ES521",  "EdDSA ",
          "eddsa",    "Ed448",    "ed25519", "RSA-OAEP", "dir",    "A128KW", "PBES2-HS256+A128KW",
          "ECDH-ES",  "RS\\u00e9"}) {
        const std::string header = R"({"alg":")" + std::string(name) + R"("})";
        assertCase(refusal(tokenWith(header)) == Reason::algorithm_not_allowed, header);
    }
}

TEST("an algorithm that is absent or no string is an invalid header")
{
    for (const char* header :
         {"{}", R"({"alg":null})", R"({"alg":256})", R"({"alg":true})", R"({"alg":["RS256"]})",
          R"({"alg":{"RS256":1}})", R"({"ALG":"RS256"})", R"({"alg":"RS256\u0000"})"}) {
        assertCase(refusal(tokenWith(header)) == Reason::header_invalid, header);
    }
}

TEST("every critical extension is refused, whatever it names")
{
    for (const char* member :
         {R"("crit":["exp"],"exp":1)", R"("crit":["b64"],"b64":false)", R"("crit":["alg"])",
          R"("crit":[])", R"("crit":null)", R"("crit":"exp")", R"("crit":["absent"])",
          R"("b64":false)", R"("b64":true)"}) {
        assertCase(refusal(tokenWith(withMember(member))) == Reason::critical_header, member);
    }
}

TEST("an encryption header makes a token no JWS")
{
    assertReason(Reason::header_invalid, refusal(tokenWith(withMember(R"("enc":"A256GCM")"))));
    assertReason(Reason::header_invalid, refusal(tokenWith(withMember(R"("enc":null)"))));
}

TEST("headers that carry or point to keys, and unknown ones, are ignored")
{
    for (const char* member :
         {R"("jwk":{"kty":"oct","k":"AAAA"})", R"("jku":"https://evil.example/keys")",
          R"("x5u":"https://evil.example/cert")", R"("x5c":["MIIB"])", R"("x5t":"AAAA")",
          R"("x5t#S256":"AAAA")", R"("cty":"JWT")", R"("zip":"DEF")", R"("later":{"deep":[1]})"}) {
        assertCase(refusal(tokenWith(withMember(member))) == Reason::none, member);
    }
}

TEST("a kid is a string of 1 to 256 bytes")
{
    const std::string longest(maxKidSize, 'k');
    check({
        {withMember(R"("kid":"k")"), Reason::none},
        {withMember(R"("kid":")" + longest + "\""), Reason::none},
        {withMember(R"("kid":")" + longest + "k\""), Reason::header_invalid},
        {withMember(R"("kid":"")"), Reason::header_invalid},
        {withMember(R"("kid":1)"), Reason::header_invalid},
        {withMember(R"("kid":null)"), Reason::header_invalid},
        {withMember(R"("kid":["k"])"), Reason::header_invalid},
        {withMember(R"("kid":{"k":1})"), Reason::header_invalid},
        {withMember(R"("kid":"a\u0000b")"), Reason::header_invalid},
    });
}

TEST("a kid that looks like a path, a query or a format is bytes")
{
    for (const char* kid : {"../../dev/null", "x' UNION SELECT 1--", "%s%n%x", "$(id)",
                            "\xc3\xa9\xe2\x82\xac", "a b", "\x7f"}) {
        const std::string text = tokenWith(withMember(R"("kid":")" + std::string(kid) + "\""));
        assertView(kid, assertValue(UnverifiedJwt::parse(text)).kid());
    }
    const std::string escaped = tokenWith(withMember(R"("kid":"a\r\nb\"")"));
    assertView("a\r\nb\"", assertValue(UnverifiedJwt::parse(escaped)).kid());
}

TEST("a typ that is no string is an invalid header")
{
    for (const char* member :
         {R"("typ":1)", R"("typ":null)", R"("typ":["JWT"])", R"("typ":{})", R"("typ":"J\u0000")"}) {
        assertCase(refusal(tokenWith(withMember(member))) == Reason::header_invalid, member);
    }
}

TEST("a header that is not one strict JSON object is invalid")
{
    const std::string deep =
        R"({"alg":"RS256","x":)" + std::string(5000, '[') + std::string(5000, ']') + "}";
    check({
        {"", Reason::header_invalid},
        {" ", Reason::header_invalid},
        {"null", Reason::header_invalid},
        {"\"RS256\"", Reason::header_invalid},
        {"17", Reason::header_invalid},
        {R"([{"alg":"RS256"}])", Reason::header_invalid},
        {R"({"alg":"RS256")", Reason::header_invalid},
        {R"({"alg":"RS256",})", Reason::header_invalid},
        {R"({"alg":"RS256"}})", Reason::header_invalid},
        {R"({"alg":"RS256"} {})", Reason::header_invalid},
        {R"({"alg":"RS256"} x)", Reason::header_invalid},
        {R"({'alg':'RS256'})", Reason::header_invalid},
        {R"({alg:"RS256"})", Reason::header_invalid},
        {R"(/**/{"alg":"RS256"})", Reason::header_invalid},
        {"\xef\xbb\xbf{\"alg\":\"RS256\"}", Reason::header_invalid},
        {std::string("{\"alg\":\"RS256\"}\0", 16), Reason::header_invalid},
        {R"({"alg":"none","alg":"RS256"})", Reason::header_invalid},
        {R"({"alg":"RS256","kid":"a","kid":"b"})", Reason::header_invalid},
        {R"({"alg":"RS256","\u0061lg":"none"})", Reason::header_invalid},
        {R"({"alg":"RS256","x":{"y":1,"y":2}})", Reason::header_invalid},
        {R"({"alg":"RS256","x":1e999})", Reason::header_invalid},
        {R"({"alg":"RS256","x":NaN})", Reason::header_invalid},
        {R"({"alg":"RS256","x":"\ud800"})", Reason::header_invalid},
        {"{\"alg\":\"RS256\",\"x\":\"\xc0\xaf\"}", Reason::header_invalid},
        {"{\"alg\":\"RS256\",\"x\":\"\xff\"}", Reason::header_invalid},
        {"{\"alg\":\"RS256\",\"x\":\"\xed\xa0\x80\"}", Reason::header_invalid},
        {"{\"alg\":\"RS256\",\"x\":\"\n\"}", Reason::header_invalid},
        {deep, Reason::header_invalid},
        {" {\r\n\t\"alg\" : \"RS256\" } ", Reason::none},
    });
}

TEST("anything but three segments is malformed")
{
    const std::string one = base64urlEncode(R"({"alg":"RS256"})");
    for (const std::string& text :
         {std::string(), std::string("."), one, one + ".", one + "." + one,
          one + "." + one + "." + one + ".", one + "." + one + "." + one + "." + one,
          "." + one + "." + one + "." + one, one + "." + one + "." + one + "." + one + "." + one,
          std::string("....")}) {
        assertCase(refusal(text) == Reason::token_malformed, text);
    }
}

TEST("an encrypted token of five segments is malformed")
{
    const std::string header = base64urlEncode(R"({"alg":"dir","enc":"A256GCM"})");
    assertReason(Reason::token_malformed,
                 refusal(header + "..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA"));
}

TEST("empty segments are refused or left to the check of the signature")
{
    const std::string one = base64urlEncode(R"({"alg":"RS256"})");
    assertReason(Reason::header_invalid, refusal(".."));
    assertReason(Reason::header_invalid, refusal("." + one + "." + one));
    assertReason(Reason::none, refusal(one + "." + one + "."));
    assertReason(Reason::algorithm_not_allowed,
                 refusal(base64urlEncode(R"({"alg":"none"})") + "." + one + "."));
}

TEST("a million dots and a megabyte are refused by their size alone")
{
    assertReason(Reason::token_too_large, refusal(std::string(1000000, '.')));
    assertReason(Reason::token_too_large,
                 refusal(tokenWith(R"({"alg":"RS256"})", std::string(1 << 20, ' '))));
    assertReason(Reason::token_malformed, refusal(std::string(maxTokenSize, '.')));
}

TEST("a token of exactly the largest size is read, one byte more is not")
{
    const std::string start =
        base64urlEncode(R"({"alg":"RS256"})") + "." + base64urlEncode(claims) + ".";
    const std::string text = start + std::string(maxTokenSize - start.size(), 'A');
    assert_int_not_equal(1, (text.size() - start.size()) % 4);
    assertReason(Reason::none, refusal(text));
    assertReason(Reason::token_too_large, refusal(text + "A"));
}

TEST("the JSON serializations are malformed")
{
    const std::string header = base64urlEncode(R"({"alg":"RS256"})");
    const std::string payload = base64urlEncode(claims);
    assertReason(Reason::token_malformed,
                 refusal(R"({"payload":")" + payload + R"(","protected":")" + header +
                         R"(","signature":"AAAA"})"));
    assertReason(Reason::token_malformed,
                 refusal(R"({"payload":")" + payload + R"(","signatures":[{"protected":")" +
                         header + R"(","signature":"AAAA"}]})"));
    assertReason(Reason::token_malformed, refusal(R"({"a.b.c":1})"));
}

TEST("no segment may hold a byte outside the base64url alphabet")
{
    const std::string alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    const std::string whole = tokenWith(R"({"alg":"RS256"})");

    for (int byte = 0; byte < 256; byte++) {
        if (alphabet.find(static_cast<char>(byte)) != std::string::npos) {
            continue;
        }
        for (std::size_t i = 0; i < whole.size(); i++) {
            std::string text = whole;
            if (text[i] != '.') {
                text[i] = static_cast<char>(byte);
                assertCase(refusal(text) == Reason::token_malformed, text);
            }
        }
    }
}

TEST("padding and white space are refused before, between and behind the segments")
{
    const std::string parts[] = {base64urlEncode(R"({"alg":"RS256"} )"),
                                 base64urlEncode(claims + " "), "QQ"};
    assertReason(Reason::none, refusal(parts[0] + "." + parts[1] + "." + parts[2]));

    for (const char* foreign : {"=", "==", "\n", "\r\n", " ", "\t", "%3D%3D"}) {
        for (const std::string& text : {foreign + parts[0] + "." + parts[1] + "." + parts[2],
                                        parts[0] + foreign + "." + parts[1] + "." + parts[2],
                                        parts[0] + "." + foreign + parts[1] + "." + parts[2],
                                        parts[0] + "." + parts[1] + foreign + "." + parts[2],
                                        parts[0] + "." + parts[1] + "." + foreign + parts[2],
                                        parts[0] + "." + parts[1] + "." + parts[2] + foreign}) {
            assertCase(refusal(text) == Reason::token_malformed, text);
        }
    }
}

TEST("bits behind the last byte must be zero and no segment may have a length of 1 modulo 4")
{
    const std::string header = base64urlEncode(R"({"alg":"RS256"})");  // 15 bytes: 20 characters
    for (const std::string& payload :
         {std::string("AB"), std::string("AAB"), std::string("A"), std::string("AAAAA")}) {
        assertCase(refusal(header + "." + payload + ".AAAA") == Reason::token_malformed, payload);
        assertCase(refusal(header + ".AAAA." + payload) == Reason::token_malformed, payload);
        assertCase(refusal(payload + ".AAAA.AAAA") == Reason::token_malformed, payload);
    }
}

TEST("a header of the same text as the last good one is read no more, every other one is")
{
    LastHeader last;
    const auto parse = [&last](const char* header) {
        return UnverifiedJwt::parse(tokenWith(header), &last);
    };
    for (const char* refused : {R"({"alg":"none"})", R"({"alg":"RS256","crit":[]})", "{}"}) {
        assert_true(!parse(refused));
        assert_null(last.header.get());
    }

    const char* const first = R"({"alg":"RS256","kid":"one","typ":"JWT"})";
    const auto token = assertValue(parse(first));
    const JoseHeader* const kept = last.header.get();
    assertView("one", assertValue(parse(first)).kid());
    assert_ptr_equal(kept, last.header.get());

    const auto other = assertValue(parse(R"({"alg":"ES256","kid":"two"})"));
    assertView("two", other.kid());
    assertView("", other.type());
    assertView("ES256", other.algorithm().name);
    assert_true(!parse(R"({"alg":"none"})"));
    assertView("two", assertValue(parse(R"({"alg":"ES256","kid":"two"})")).kid());

    // a token keeps its own
    assertView("one", token.kid());
    assertView("JWT", token.type());
    assertView("RS256", token.algorithm().name);
}

TEST("every truncation of a token is read without harm and never as the whole")
{
    const std::string whole = tokenWith(R"({"alg":"RS256","kid":"k"})");
    forEachTruncation(whole, [&](const std::string& part) {
        const auto token = UnverifiedJwt::parse(part);
        assertCase(!token || token->signature() != "signature", part);
    });
}

TEST_MAIN()
