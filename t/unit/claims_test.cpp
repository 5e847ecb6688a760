#include "oidc/claims.hpp"

#include "base/base64url.hpp"
#include "crypto/digest.hpp"

#include <string>
#include <vector>

#include "json_text.hpp"
#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

const std::vector<std::string> issuers = {"https://acme.scalekit.com", "https://auth.acme.example"};

// OIDC Core appendix A.3 and A.4
constexpr const char* accessToken = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
constexpr const char* code = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk";

IdTokenRules rules()
{
    IdTokenRules rules;
    rules.issuers = &issuers;
    rules.clientId = "skc_123";
    rules.nonce = "n-0S6_WzA2Mj";
    rules.code = code;
    rules.accessToken = accessToken;
    rules.now = std::chrono::sys_seconds(std::chrono::seconds(1'800'000'000));
    rules.skew = std::chrono::seconds(30);
    return rules;
}

Jwt goodToken()
{
    return {findAlgorithm("RS256"), "JWT", documentOf(R"({
        "iss": "https://acme.scalekit.com", "aud": ["skc_123"], "azp": "skc_123", "client_id": "skc_123",
        "sub": "conn_1;jane", "oid": "org_1", "amr": ["conn_1"], "sid": "ses_1", "exp": 1800000300, "iat": 1800000000,
        "nonce": "n-0S6_WzA2Mj", "at_hash": "77QmUPtjPfzWtF2AnpK9RQ", "c_hash": "LDktKdoQak3Pk0cnXxCltA"})")};
}

/** The good token with a claim set to other JSON, or without it (nullptr). */
Jwt tokenWith(const char* claim, const char* value)
{
    Jwt token = goodToken();
    token.claims = changed(token.claims.root(), claim, value);
    return token;
}

struct Row {
    const char* claim;
    const char* value;  // nullptr: left out
    Reason reason;
};

void check(const Row& row)
{
    const Jwt token = tokenWith(row.claim, row.value);
    const Reason reason = checkIdToken(token, rules());
    assertCase(reason == row.reason, std::string(row.claim) + " = " +
                                         (row.value != nullptr ? row.value : "(none)") + " gives " +
                                         std::string(word(reason)));
}

const Claim* find(const Identity& identity, std::string_view name)
{
    for (const Claim& claim : identity.claims) {
        if (claim.name == name) {
            return &claim;
        }
    }
    return nullptr;
}

std::string joined(const Identity& identity, std::string_view name)
{
    const Claim* claim = find(identity, name);
    std::string text = claim == nullptr ? "(none)" : claim->list ? "list" : "scalar";
    for (std::size_t i = 0; claim != nullptr && i < claim->values.size(); i++) {
        text += '|' + claim->values[i];
    }
    return text;
}

}  // namespace

TEST("an ID token that says all it must is accepted, with the hashes of OpenID Connect's own "
     "example")
{
    assertReason(Reason::none, checkIdToken(goodToken(), rules()));
}

TEST("what an ID token may say or leave out is accepted")
{
    for (const Row& row : {
             Row{"iss", R"("https://auth.acme.example")", Reason::none},
             Row{"aud", R"("skc_123")", Reason::none},
             Row{"aud", R"(["skc_123","skc_123"])", Reason::none},
             Row{"azp", nullptr, Reason::none},
             Row{"client_id", nullptr, Reason::none},
             Row{"at_hash", nullptr, Reason::none},
             Row{"c_hash", nullptr, Reason::none},
             Row{"exp", "1800000300.75", Reason::none},
             Row{"exp", "253402300799", Reason::none},
             Row{"iat", "1799999999.5", Reason::none},
             Row{"iat", "1700000000", Reason::none},
             Row{"nbf", "1800000000", Reason::none},
             Row{"sub", R"("usr_1")", Reason::none},
             Row{"sub", R"("J\u00fcrgen")", Reason::none},
         }) {
        check(row);
    }
}

TEST("an issuer that is not one of ours is refused")
{
    for (const char* value :
         {(const char*)nullptr, R"("https://acme.scalekit.com/")", R"("https://ACME.scalekit.com")",
          R"("https://evil.example")", R"("")", "null", "1", R"(["https://acme.scalekit.com"])",
          R"("https://acme.scalekit.com\u0001")"}) {
        check({"iss", value, Reason::issuer_mismatch});
    }
}

TEST("a token for somebody else, or for somebody else as well, is refused")
{
    for (const char* value :
         {(const char*)nullptr, R"("skc_12")", R"("skc_1234")", R"(["skc_999"])", "[]", "{}", "1",
          "[123]", R"([["skc_123"]])", R"("skc_123\u0001")"}) {
        check({"aud", value, Reason::audience_mismatch});
    }
    for (const char* value :
         {R"(["skc_123","skc_999"])", R"(["skc_999","skc_123"])", R"(["skc_123",1])"}) {
        check({"aud", value, Reason::audience_untrusted});
    }
}

TEST("a token that was issued to another party is refused")
{
    for (const char* claim : {"azp", "client_id"}) {
        for (const char* value : {R"("skc_999")", R"("")", "null", R"(["skc_123"])"}) {
            check({claim, value, Reason::authorized_party_mismatch});
        }
    }
}

TEST("times are required, are numbers, and hold within the skew")
{
    for (const Row& row : {
             Row{"exp", nullptr, Reason::claims_malformed},
             Row{"exp", "null", Reason::claims_malformed},
             Row{"exp", R"("1800000300")", Reason::claims_malformed},
             Row{"exp", "-1", Reason::claims_malformed},
             Row{"exp", "1e300", Reason::claims_malformed},
             Row{"exp", "1799999970", Reason::token_expired},
             Row{"exp", "1799999971", Reason::none},
             Row{"exp", "0", Reason::token_expired},
             Row{"nbf", R"("now")", Reason::claims_malformed},
             Row{"nbf", "1800000031", Reason::token_not_yet_valid},
             Row{"nbf", "1800000030", Reason::none},
             Row{"iat", nullptr, Reason::issued_at_invalid},
             Row{"iat", R"("1800000000")", Reason::issued_at_invalid},
             Row{"iat", "1800000031", Reason::issued_at_invalid},
             Row{"iat", "1800000030", Reason::none},
         }) {
        check(row);
    }
}

TEST("a nonce is required and compared whole")
{
    for (const char* value : {(const char*)nullptr, R"("n-0S6_WzA2M")", R"("n-0S6_WzA2Mjj")",
                              R"("N-0S6_WzA2Mj")", R"("")", "null", R"(["n-0S6_WzA2Mj"])",
                              R"(" n-0S6_WzA2Mj")", R"("n-0S6_WzA2Mj\u0001")"}) {
        check({"nonce", value, Reason::nonce_mismatch});
    }
}

TEST("no token passes when there is no nonce to compare with")
{
    IdTokenRules none = rules();
    none.nonce = "";
    assertReason(Reason::nonce_mismatch, checkIdToken(tokenWith("nonce", R"("")"), none));
}

TEST("a subject is required, of at most 255 bytes and without control characters")
{
    for (const char* value : {(const char*)nullptr, R"("")", "null", "1", R"(["jane"])",
                              R"("ja\u0001ne")", R"("jane\r\nX: y")", R"("jane\u007f")"}) {
        check({"sub", value, Reason::subject_missing});
    }
    check({"sub", ('"' + std::string(255, 's') + '"').c_str(), Reason::none});
    check({"sub", ('"' + std::string(256, 's') + '"').c_str(), Reason::subject_missing});
}

TEST("hashes of access token and code are true where they are present")
{
    const Row rows[] = {{"at_hash", nullptr, Reason::at_hash_mismatch},
                        {"c_hash", nullptr, Reason::c_hash_mismatch}};
    for (const Row& row : rows) {
        for (const char* value : {R"("")", "null", "1", R"("77QmUPtjPfzWtF2AnpK9RR")",
                                  R"("77QmUPtjPfzWtF2AnpK9RQ==")", R"("77QmUPtjPfzWtF2AnpK9R")"}) {
            check({row.claim, value, row.reason});
        }
    }

    IdTokenRules nothing = rules();
    nothing.accessToken = "";
    assertReason(Reason::at_hash_mismatch, checkIdToken(goodToken(), nothing));
    const std::string ofNothing =
        '"' + base64urlEncode(digest(Hash::sha256, "").substr(0, 16)) + '"';
    assertReason(Reason::at_hash_mismatch,
                 checkIdToken(tokenWith("at_hash", ofNothing.c_str()), nothing));
    nothing = rules();
    nothing.code = "another";
    assertReason(Reason::c_hash_mismatch, checkIdToken(goodToken(), nothing));
}

TEST("the hash of an ID token's hashes is that of its algorithm")
{
    Jwt token = tokenWith("c_hash", nullptr);
    token.algorithm = findAlgorithm("RS512");
    assertReason(Reason::at_hash_mismatch, checkIdToken(token, rules()));

    const std::string half =
        '"' + base64urlEncode(digest(Hash::sha512, accessToken).substr(0, 32)) + '"';
    token.claims = changed(token.claims.root(), "at_hash", half.c_str());
    assertReason(Reason::none, checkIdToken(token, rules()));
}

TEST("tokens of other profiles are no ID tokens")
{
    for (const char* type : {"", "JWT", "jwt", "application/jwt", "Application/JWT"}) {
        Jwt token = goodToken();
        token.type = type;
        assertCase(checkIdToken(token, rules()) == Reason::none, type);
    }
    for (const char* type : {"at+jwt", "AT+JWT", "application/at+jwt", "logout+jwt", "Logout+Jwt",
                             "application/logout+jwt", "secevent+jwt", "dpop+jwt", "JWT ",
                             "application/", "JOSE+JSON"}) {
        Jwt token = goodToken();
        token.type = type;
        assertCase(checkIdToken(token, rules()) == Reason::token_type_mismatch, type);
    }
    check({"events", R"({"http://schemas.openid.net/event/backchannel-logout":{}})",
           Reason::token_type_mismatch});
}

TEST("an identity of modular SSO knows organization, connection and provider session")
{
    const Identity identity = identityFrom(goodToken().claims.root());
    assertView("conn_1;jane", identity.subject);
    assertView("org_1", identity.organization);
    assertView("conn_1", identity.connection);
    assertView("ses_1", identity.providerSession);
    assertView("list|conn_1", joined(identity, "amr"));
}

TEST("the connection is the first authentication method, where that names one")
{
    assertView("conn_2", identityFrom(documentOf(R"({"amr":"conn_2"})").root()).connection);
    for (const char* text :
         {"{}", R"({"amr":[]})", R"({"amr":["pwd","conn_1"]})", R"({"amr":"pwd"})",
          R"({"amr":[["conn_1"]]})", R"({"amr":{"0":"conn_1"}})"}) {
        assertCase(identityFrom(documentOf(text).root()).connection.empty(), text);
    }
}

TEST("the profile is Scalekit's: a name, or given and family name")
{
    assertView(
        "Jane Doe",
        identityFrom(documentOf(R"({"name":"Jane Doe","given_name":"J","family_name":"D"})").root())
            .name);
    assertView(
        "J D",
        identityFrom(documentOf(R"({"name":"","given_name":"J","family_name":"D"})").root()).name);
    assertView("J", identityFrom(documentOf(R"({"given_name":"J"})").root()).name);
    assertView("D", identityFrom(documentOf(R"({"family_name":"D"})").root()).name);
    assertView("", identityFrom(documentOf("{}").root()).name);

    const Identity identity =
        identityFrom(documentOf(R"({"email":"j@acme.com","picture":"https://x/y.png"})").root());
    assertView("j@acme.com", identity.email);
    assertView("https://x/y.png", identity.picture);
    assertView("", identityFrom(documentOf(R"({"email":["j@acme.com"],"oid":7})").root()).email);
}

TEST("other claims become scalars and lists, objects dotted paths")
{
    const Identity identity = identityFrom(
        documentOf(R"({"roles":["admin","a,b"],"one":["x"],"department":"R&D","level":7,"score":1.5,
        "email_verified":true,"off":false,"nothing":null,"none":[],"mixed":["a",{"b":1},["c"],2,null],
        "custom_claims":{"team":"blue","deep":{"x":["y"]}}})")
            .root());

    assertView("list|admin|a,b", joined(identity, "roles"));
    assertView("list|x", joined(identity, "one"));
    assertView("scalar|R&D", joined(identity, "department"));
    assertView("scalar|7", joined(identity, "level"));
    assertView("scalar|1.5", joined(identity, "score"));
    assertView("scalar|true", joined(identity, "email_verified"));
    assertView("scalar|false", joined(identity, "off"));
    assertView("(none)", joined(identity, "nothing"));
    assertView("(none)", joined(identity, "none"));
    assertView("list|a|2", joined(identity, "mixed"));
    assertView("scalar|blue", joined(identity, "custom_claims.team"));
    assertView("list|y", joined(identity, "custom_claims.deep.x"));
}

TEST("protocol claims and the profile are not repeated among the other claims")
{
    for (const char* name : {"iss", "aud", "azp", "client_id", "exp", "iat", "nonce", "at_hash",
                             "c_hash", "sub", "oid", "sid"}) {
        assertCase(find(identityFrom(goodToken().claims.root()), name) == nullptr, name);
    }
    assertView("scalar|kept",
               joined(identityFrom(documentOf(R"({"org":{"sub":"kept"}})").root()), "org.sub"));
}

TEST("a name with a dot in it comes before a path that reads the same")
{
    assertView(
        "scalar|name",
        joined(identityFrom(documentOf(R"({"a":{"b":"path"},"a.b":"name"})").root()), "a.b"));
}

TEST("claims that nest deeper than five levels are left out")
{
    const Identity identity =
        identityFrom(documentOf(R"({"a":{"b":{"c":{"d":{"e":{"f":"deep"},"g":"kept"}}}}})").root());
    assertView("scalar|kept", joined(identity, "a.b.c.d.g"));
    assert_int_equal(identity.claims.size(), 1);
}

TEST_MAIN()
