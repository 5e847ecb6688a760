#include "oidc/access_token.hpp"

#include <string>
#include <vector>

#include "json_text.hpp"
#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

const std::vector<std::string> issuers = {"https://acme.scalekit.com",
                                          "https://acme.scalekit.com/resources/res_1"};
const std::vector<std::string> audiences = {"skc_123", "https://api.example/mcp", "res_1"};

/** What RFC 9068 asks for, and nothing else. */
constexpr const char* profiled = R"({
    "iss": "https://acme.scalekit.com", "aud": ["skc_123"], "sub": "usr_1", "client_id": "skc_123",
    "jti": "tkn_1", "exp": 1800000300, "iat": 1800000000})";

// As Scalekit's documentation shows them, of type JWT.

constexpr const char* modular = R"({
    "iss": "https://acme.scalekit.com", "aud": ["skc_123"], "sub": "conn_1;jane", "exp": 1800000900,
    "iat": 1800000000, "nbf": 1800000000, "jti": "tkn_1", "client_id": "skc_123"})";

constexpr const char* fullStack = R"({
    "iss": "https://acme.scalekit.com", "aud": ["skc_123"], "sub": "usr_1", "oid": "org_1", "sid": "ses_1",
    "client_id": "skc_123", "exp": 1800000300, "iat": 1800000000, "nbf": 1800000000, "jti": "tkn_1",
    "roles": ["admin"], "permissions": ["workspace_data:write", "workspace_data:read"],
    "scope": "openid profile email", "xoid": "ext-org-1", "xuid": "ext-user-1"})";

constexpr const char* organizationClient = R"({
    "iss": "https://acme.scalekit.com", "sub": "m2morg_1", "client_id": "m2morg_1", "oid": "org_1",
    "scopes": ["deploy:write", "deploy:read"], "jti": "tkn_1", "exp": 1800086400, "iat": 1800000000,
    "nbf": 1800000000, "team": "build"})";

constexpr const char* mcp = R"({
    "iss": "https://acme.scalekit.com/resources/res_1", "aud": ["https://api.example/mcp", "res_1"],
    "client_id": "https://client.example/metadata.json", "sub": "usr_1", "oid": "org_1", "resid": "res_1",
    "roles": ["member"], "scope": "task:read task:write", "scopes": ["task:read", "task:write"], "sid": "ses_1",
    "exp": 1800003600, "iat": 1800000000, "nbf": 1800000000, "jti": "tkn_1"})";

constexpr const char* modularIdToken = R"({
    "iss": "https://acme.scalekit.com", "aud": ["skc_123"], "azp": "skc_123", "sub": "conn_1;jane", "oid": "org_1",
    "exp": 1800259200, "iat": 1800000000, "at_hash": "77QmUPtjPfzWtF2AnpK9RQ", "c_hash": "LDktKdoQak3Pk0cnXxCltA",
    "amr": ["conn_1"], "email": "jane@acme.com", "preferred_username": "jane", "family_name": "Doe",
    "given_name": "Jane", "sid": "ses_1", "client_id": "skc_123"})";

constexpr const char* logoutToken = R"({
    "iss": "https://acme.scalekit.com", "aud": ["skc_123"], "sub": "usr_1", "sid": "ses_1", "iat": 1800000000,
    "exp": 1800000300, "jti": "tkn_1", "client_id": "skc_123", "scope": "openid",
    "events": {"http://schemas.openid.net/event/backchannel-logout": {}}})";

constexpr const char* idpInitiated = R"({
    "iss": "https://acme.scalekit.com", "organization_id": "org_1", "connection_id": "conn_1",
    "login_hint": "jane@acme.com", "exp": 1800000300, "nbf": 1800000000, "iat": 1800000000})";

AccessTokenRules rules()
{
    return {&issuers, &audiences, std::chrono::sys_seconds(std::chrono::seconds(1'800'000'000)),
            std::chrono::seconds(30)};
}

AccessTokenRules anyAudience()
{
    AccessTokenRules any = rules();
    any.audiences = nullptr;
    return any;
}

Jwt tokenOf(std::string type, const char* claims)
{
    return {findAlgorithm("RS256"), std::move(type), documentOf(claims)};
}

struct Row {
    const char* claim;
    const char* value;  // nullptr: left out
    Reason reason;
};

Jwt changed(Jwt token, const Row& row)
{
    token.claims = test::changed(token.claims.root(), row.claim, row.value);
    return token;
}

void check(Jwt token, const Row& row, const AccessTokenRules& rules)
{
    const Reason reason = checkAccessToken(changed(std::move(token), row), rules);
    assertCase(reason == row.reason, std::string(row.claim) + " = " +
                                         (row.value != nullptr ? row.value : "(none)") + " gives " +
                                         std::string(word(reason)));
}

/** The row holds for a token of RFC 9068 and for one of Scalekit. */
void checkBoth(const Row& row)
{
    check(tokenOf("at+jwt", profiled), row, rules());
    check(tokenOf("JWT", fullStack), row, rules());
}

void checkProfiled(const Row& row)
{
    check(tokenOf("at+jwt", profiled), row, rules());
}

void checkPlain(const Row& row)
{
    check(tokenOf("JWT", modular), row, rules());
}

std::string joined(const Identity& identity, std::string_view name)
{
    std::string text;
    for (const Claim& claim : identity.claims) {
        if (claim.name == name) {
            text += claim.list ? "list" : "scalar";
            for (const std::string& value : claim.values) {
                text += '|' + value;
            }
        }
    }
    return text.empty() ? "(none)" : text;
}

Identity jane()
{
    Identity identity;
    identity.subject = "usr_1";
    identity.organization = "org_1";
    identity.email = "jane@acme.com";
    return identity;
}

/** Jane with these claims, after the access token added its own. */
Identity janeWith(std::vector<Claim> claims, const Jwt& token)
{
    Identity identity = jane();
    identity.claims = std::move(claims);
    assertReason(Reason::none, addAccessTokenClaims(identity, token, anyAudience(), "skc_123"));
    return identity;
}

}  // namespace

TEST("the access tokens of Scalekit are accepted")
{
    for (const char* type : {"JWT", "", "jwt", "Jwt", "application/jwt", "APPLICATION/JWT"}) {
        for (const char* claims : {modular, fullStack, mcp}) {
            assertReason(Reason::none, checkAccessToken(tokenOf(type, claims), rules()));
        }
        for (const char* claims : {modular, fullStack, mcp, organizationClient}) {
            assertReason(Reason::none, checkAccessToken(tokenOf(type, claims), anyAudience()));
        }
    }
}

TEST("an access token of RFC 9068 is accepted by the name of its type")
{
    for (const char* type :
         {"at+jwt", "AT+JWT", "At+Jwt", "application/at+jwt", "Application/AT+jwt"}) {
        assertReason(Reason::none, checkAccessToken(tokenOf(type, profiled), rules()));
        assertReason(Reason::none, checkAccessToken(tokenOf(type, fullStack), rules()));
        assertReason(Reason::none, checkAccessToken(tokenOf(type, mcp), rules()));
    }
}

TEST("a token of any other type is of another profile")
{
    for (const char* type :
         {"logout+jwt", "secevent+jwt", "dpop+jwt", "id_token+jwt", "at+JWT2", "at", "at+jwt ",
          " JWT", "JWE", "JOSE", "application/", "application/application/at+jwt", "text/at+jwt",
          "application/at", "oauth-authz-req+jwt"}) {
        for (const char* claims : {profiled, fullStack, modular}) {
            assertCase(checkAccessToken(tokenOf(type, claims), rules()) ==
                           Reason::token_type_mismatch,
                       type);
        }
    }
}

TEST("an ID token is no access token")
{
    for (const AccessTokenRules& rules : {rules(), anyAudience()}) {
        for (const char* type : {"JWT", ""}) {
            assertReason(Reason::token_type_mismatch,
                         checkAccessToken(tokenOf(type, modularIdToken), rules));
            check(tokenOf(type, modularIdToken), {"nonce", R"("n-1")", Reason::token_type_mismatch},
                  rules);
        }
    }

    // Not by a claim that a customer's identity provider adds to it, either.
    for (const Row& row : {Row{"scope", R"("admin")", Reason::token_type_mismatch},
                           Row{"scopes", R"(["admin"])", Reason::token_type_mismatch},
                           Row{"jti", R"("tkn_1")", Reason::token_type_mismatch}}) {
        check(tokenOf("JWT", modularIdToken), row, rules());
    }

    // Nor does one without hashes show that it is one.
    Jwt bare = changed(tokenOf("JWT", modularIdToken), {"at_hash", nullptr, Reason::none});
    check(std::move(bare), {"c_hash", nullptr, Reason::token_type_mismatch}, rules());
}

TEST("what only ID tokens and logout tokens carry refuses a token of type JWT")
{
    for (const char* claims : {modular, fullStack, mcp}) {
        for (const char* name : {"nonce", "at_hash", "c_hash", "s_hash", "events"}) {
            for (const char* value : {R"("x")", "null", "{}"}) {
                check(tokenOf("JWT", claims), {name, value, Reason::token_type_mismatch}, rules());
            }
        }
    }
}

TEST("a logout token is no access token, whatever it is called")
{
    for (const char* type : {"JWT", "", "at+jwt", "application/at+jwt", "logout+jwt"}) {
        assertReason(Reason::token_type_mismatch,
                     checkAccessToken(tokenOf(type, logoutToken), rules()));
        assertReason(Reason::token_type_mismatch,
                     checkAccessToken(tokenOf(type, logoutToken), anyAudience()));
    }
}

TEST("a token that asks for a login is no access token")
{
    assertReason(Reason::token_type_mismatch,
                 checkAccessToken(tokenOf("JWT", idpInitiated), anyAudience()));
    check(tokenOf("JWT", idpInitiated), {"scope", R"("openid")", Reason::token_type_mismatch},
          anyAudience());
    for (const char* name : {"organization_id", "connection_id", "login_hint"}) {
        Jwt token = changed(tokenOf("JWT", modular), {"sub", nullptr, Reason::none});
        check(std::move(token), {name, R"("x")", Reason::token_type_mismatch}, rules());
        checkPlain({name, R"("x")", Reason::none});  // an own claim in a token about somebody
    }
    check(tokenOf("at+jwt", idpInitiated), {"aud", R"("skc_123")", Reason::subject_missing},
          rules());
}

TEST("a token of type JWT shows that it is an access token")
{
    for (const Row& row : {Row{"jti", nullptr, Reason::token_type_mismatch},
                           Row{"jti", R"("")", Reason::token_type_mismatch},
                           Row{"jti", "1", Reason::token_type_mismatch},
                           Row{"client_id", nullptr, Reason::token_type_mismatch},
                           Row{"client_id", R"("")", Reason::token_type_mismatch},
                           Row{"client_id", R"(["skc_123"])", Reason::token_type_mismatch}}) {
        checkPlain(row);
        check(tokenOf("JWT", fullStack), {row.claim, row.value, Reason::none},
              rules());  // has scope
    }

    Jwt onlyScopes = changed(tokenOf("JWT", organizationClient), {"jti", nullptr, Reason::none});
    assertReason(Reason::none, checkAccessToken(onlyScopes, anyAudience()));
}

TEST("the issuer is one of those that are accepted, byte for byte")
{
    for (const char* value :
         {(const char*)nullptr, R"("https://acme.scalekit.com/")", R"("https://ACME.scalekit.com")",
          R"("https://acme.scalekit.com/resources/res_2")", R"("https://evil.example")", R"("")",
          "null", "1", R"(["https://acme.scalekit.com"])",
          R"("https://acme.scalekit.com\u0001")"}) {
        checkBoth({"iss", value, Reason::issuer_mismatch});
    }
    checkBoth({"iss", R"("https://acme.scalekit.com/resources/res_1")", Reason::none});
}

TEST("one of the audiences is accepted, be it alone or among others")
{
    for (const char* value : {R"("skc_123")", R"("res_1")", R"(["other","res_1"])",
                              R"(["https://api.example/mcp","https://other.example"])"}) {
        checkBoth({"aud", value, Reason::none});
    }
    for (const char* value :
         {(const char*)nullptr, R"("skc_12")", R"("skc_1234")", R"("SKC_123")", R"("")", "[]",
          R"([""])", R"(["other"])", R"("https://api.example/mcp/")", R"("skc_123 res_1")",
          R"("skc_123\u0001")"}) {
        checkBoth({"aud", value, Reason::audience_mismatch});
    }
    for (const char* value : {"null", "1", "true", "{}", R"({"skc_123":1})", R"(["skc_123",1])",
                              R"([["skc_123"]])", R"(["skc_123",null])"}) {
        checkBoth({"aud", value, Reason::claims_malformed});
    }
}

TEST("without audiences to accept, RFC 9068 still asks for one and Scalekit's tokens need none")
{
    const AccessTokenRules any = anyAudience();
    check(tokenOf("at+jwt", profiled), {"aud", R"("other")", Reason::none}, any);
    check(tokenOf("at+jwt", profiled), {"aud", R"(["other"])", Reason::none}, any);
    check(tokenOf("at+jwt", profiled), {"aud", nullptr, Reason::audience_mismatch}, any);
    check(tokenOf("at+jwt", profiled), {"aud", "[]", Reason::audience_mismatch}, any);
    check(tokenOf("at+jwt", profiled), {"aud", "1", Reason::claims_malformed}, any);
    check(tokenOf("at+jwt", profiled), {"aud", R"(["skc_123",1])", Reason::claims_malformed}, any);

    check(tokenOf("JWT", modular), {"aud", R"("other")", Reason::none}, any);
    check(tokenOf("JWT", modular), {"aud", nullptr, Reason::none}, any);

    assertReason(Reason::audience_mismatch,
                 checkAccessToken(tokenOf("JWT", organizationClient), rules()));

    const std::vector<std::string> nobody;
    AccessTokenRules none = rules();
    none.audiences = &nobody;
    assertReason(Reason::audience_mismatch, checkAccessToken(tokenOf("JWT", modular), none));
}

TEST("times are numbers, and hold within the skew")
{
    for (const char* value : {(const char*)nullptr, "1e300", "-1", "-1e300", R"("1800000300")",
                              "null", "true", "[]", "253402300800", "-0.5"}) {
        checkBoth({"exp", value, Reason::claims_malformed});
    }
    for (const Row& row : {
             Row{"exp", "1799999971", Reason::none},
             Row{"exp", "1799999970", Reason::token_expired},
             Row{"exp", "1799999970.9", Reason::token_expired},
             Row{"exp", "0", Reason::token_expired},
             Row{"exp", "1800000300.75", Reason::none},
             Row{"exp", "2147483648", Reason::none},
             Row{"exp", "4102444800", Reason::none},
             Row{"exp", "253402300799", Reason::none},
             Row{"nbf", nullptr, Reason::none},
             Row{"nbf", "1800000030", Reason::none},
             Row{"nbf", "1800000031", Reason::token_not_yet_valid},
             Row{"nbf", "4102444800", Reason::token_not_yet_valid},
             Row{"nbf", "1e300", Reason::claims_malformed},
             Row{"nbf", "-1", Reason::claims_malformed},
             Row{"nbf", "null", Reason::claims_malformed},
             Row{"nbf", R"("1800000000")", Reason::claims_malformed},
             Row{"iat", "1800000030", Reason::none},
             Row{"iat", "1800000000.5", Reason::none},
             Row{"iat", "1500000000", Reason::none},
             Row{"iat", "1800000031", Reason::issued_at_invalid},
             Row{"iat", "1e300", Reason::issued_at_invalid},
             Row{"iat", "-1", Reason::issued_at_invalid},
             Row{"iat", "null", Reason::issued_at_invalid},
             Row{"iat", R"("1800000000")", Reason::issued_at_invalid},
         }) {
        checkBoth(row);
    }

    checkProfiled({"iat", nullptr, Reason::issued_at_invalid});
    checkPlain({"iat", nullptr, Reason::none});
}

TEST("a token is about somebody")
{
    for (const char* value : {(const char*)nullptr, R"("")", "null", "1", R"(["usr_1"])",
                              R"("usr\u0001_1")", R"("usr\n_1")", R"("usr\u007f")"}) {
        checkBoth({"sub", value, Reason::subject_missing});
    }
    const std::string longest = '"' + std::string(255, 's') + '"';
    const std::string tooLong = '"' + std::string(256, 's') + '"';
    checkBoth({"sub", longest.c_str(), Reason::none});
    checkBoth({"sub", tooLong.c_str(), Reason::subject_missing});
}

TEST("RFC 9068 asks for a client and an id of the token")
{
    for (const char* name : {"client_id", "jti"}) {
        for (const char* value : {(const char*)nullptr, R"("")", "null", "1", "{}", R"(["x"])"}) {
            checkProfiled({name, value, Reason::claims_malformed});
        }
    }
}

TEST("scope is a text and scopes are a list of texts; null is none")
{
    for (const char* value : {R"("")", R"("a")", R"("a b")", "null"}) {
        checkBoth({"scope", value, Reason::none});
        checkPlain({"scope", value, Reason::none});
    }
    for (const char* value : {"1", "true", "{}", R"(["a","b"])"}) {
        checkBoth({"scope", value, Reason::claims_malformed});
        checkPlain({"scope", value, Reason::claims_malformed});
    }
    for (const char* value : {"[]", R"(["a"])", R"(["a","b"])", "null"}) {
        checkBoth({"scopes", value, Reason::none});
        checkPlain({"scopes", value, Reason::none});
    }
    for (const char* value : {"1", R"("a b")", "{}", R"(["a",1])", R"(["a",null])", R"([["a"]])"}) {
        checkBoth({"scopes", value, Reason::claims_malformed});
        checkPlain({"scopes", value, Reason::claims_malformed});
    }
}

TEST("rules are judged in one order: type, issuer, audience, times, subject, the rest")
{
    Jwt token = tokenOf("secevent+jwt", profiled);
    const Row breaks[] = {{"jti", nullptr, Reason::claims_malformed},
                          {"sub", R"("")", Reason::subject_missing},
                          {"iat", "1900000000", Reason::issued_at_invalid},
                          {"nbf", "1900000000", Reason::token_not_yet_valid},
                          {"exp", "1", Reason::token_expired},
                          {"aud", R"("other")", Reason::audience_mismatch},
                          {"iss", R"("other")", Reason::issuer_mismatch}};
    for (const Row& row : breaks) {
        token.type = "at+jwt";
        token = changed(std::move(token), row);
        assertReason(row.reason, checkAccessToken(token, rules()));
        token.type = "secevent+jwt";
        assertReason(Reason::token_type_mismatch, checkAccessToken(token, rules()));
    }
}

TEST("a token ends when it says")
{
    const auto seconds = [](const char* claims) {
        return expiryOf(documentOf(claims).root()).time_since_epoch().count();
    };
    assert_int_equal(1800000300, seconds(fullStack));
    assert_int_equal(1800000300, seconds(R"({"exp":1800000300.9})"));
    assert_int_equal(253402300799, seconds(R"({"exp":253402300799})"));
    assert_int_equal(0, seconds("{}"));
    assert_int_equal(0, seconds(R"({"exp":1e300})"));
}

TEST("the holder of a token is told as the holder of a session is, and the client as a claim")
{
    const Identity person = identityFromAccessToken(documentOf(fullStack).root());
    assertView("usr_1", person.subject);
    assertView("org_1", person.organization);
    assertView("", person.connection);
    assertView("ses_1", person.providerSession);
    assertView("list|admin", joined(person, "roles"));
    assertView("list|workspace_data:write|workspace_data:read", joined(person, "permissions"));
    assertView("scalar|openid profile email", joined(person, "scope"));
    assertView("scalar|ext-org-1", joined(person, "xoid"));
    assertView("scalar|skc_123", joined(person, "client_id"));
    for (const char* name : {"iss", "aud", "exp", "iat", "nbf", "jti", "sub", "oid", "sid"}) {
        assertView("(none)", joined(person, name));
    }

    const Identity machine = identityFromAccessToken(documentOf(organizationClient).root());
    assertView("m2morg_1", machine.subject);
    assertView("org_1", machine.organization);
    assertView("scalar|m2morg_1", joined(machine, "client_id"));
    assertView("list|deploy:write|deploy:read", joined(machine, "scopes"));
    assertView("scalar|build", joined(machine, "team"));
}

TEST("a client that is no text is no claim")
{
    for (const char* claims :
         {R"({"sub":"usr_1"})", R"({"sub":"usr_1","client_id":""})",
          R"({"sub":"usr_1","client_id":1})", R"({"sub":"usr_1","client_id":null})",
          R"({"sub":"usr_1","client_id":["a"]})", R"({"sub":"usr_1","client_id":{"a":"b"}})"}) {
        assertView("(none)",
                   joined(identityFromAccessToken(documentOf(claims).root()), "client_id"));
        assertView("(none)",
                   joined(identityFromAccessToken(documentOf(claims).root()), "client_id.a"));
    }
}

TEST("roles, permissions and scopes of the access token are added to an identity, and nothing else")
{
    const Identity identity = janeWith({{"locale", false, {"de"}}}, tokenOf("JWT", fullStack));
    assertView("usr_1", identity.subject);
    assertView("org_1", identity.organization);
    assertView("", identity.providerSession);
    assertView("jane@acme.com", identity.email);
    assertView("scalar|de", joined(identity, "locale"));
    assertView("list|admin", joined(identity, "roles"));
    assertView("list|workspace_data:write|workspace_data:read", joined(identity, "permissions"));
    assertView("scalar|openid profile email", joined(identity, "scope"));
    for (const char* name : {"xoid", "xuid", "client_id", "jti", "scopes"}) {
        assertView("(none)", joined(identity, name));
    }
}

TEST("values that both tokens say are held once")
{
    const Jwt token =
        changed(tokenOf("JWT", fullStack), {"scopes", R"(["openid","x","x"])", Reason::none});
    const Identity identity = janeWith({{"roles", true, {"member", "admin"}},
                                        {"permissions", true, {"workspace_data:read"}},
                                        {"scope", false, {"email  address"}},
                                        {"scopes", true, {"y", "x"}}},
                                       token);
    assertView("list|member|admin", joined(identity, "roles"));
    assertView("list|workspace_data:read|workspace_data:write", joined(identity, "permissions"));
    assertView("scalar|email address openid profile", joined(identity, "scope"));
    assertView("list|y|x|openid", joined(identity, "scopes"));
}

TEST("a text and a list make a list, two texts that differ as well")
{
    const auto roles = [](const char* value) {
        return changed(tokenOf("JWT", fullStack), {"roles", value, Reason::none});
    };
    const auto united = [&](std::vector<Claim> claims, const char* value) {
        return joined(janeWith(std::move(claims), roles(value)), "roles");
    };
    assertView("list|a|b", united({{"roles", false, {"a"}}}, R"(["b","a"])"));
    assertView("list|a|b", united({{"roles", true, {"a"}}}, R"("b")"));
    assertView("list|a|b", united({{"roles", false, {"a"}}}, R"("b")"));
    assertView("scalar|a", united({{"roles", false, {"a"}}}, R"("a")"));
    assertView("list|a", united({{"roles", true, {"a"}}}, R"("a")"));
    assertView("scalar|a b", united({}, R"("a b")"));
    assertView("list|a b|c", united({{"roles", true, {"a b"}}}, R"(["c"])"));
    assertView("list|a", united({{"roles", true, {"a"}}}, "[]"));
    assertView("list|a", united({{"roles", true, {"a"}}}, R"({"x":"b"})"));
    assertView("(none)", united({}, "[]"));
    assertView("(none)", united({}, R"({"x":"b"})"));
}

TEST("an access token of modular SSO adds nothing")
{
    Identity identity = jane();
    identity.subject = "conn_1;jane";
    assertReason(Reason::none,
                 addAccessTokenClaims(identity, tokenOf("JWT", modular), anyAudience(), "skc_123"));
    assert_int_equal(0, identity.claims.size());
}

TEST("an access token about another subject, organization or client adds nothing")
{
    const struct {
        Row row;
        Reason reason;
    } rows[] = {
        {{"sub", R"("usr_2")", {}}, Reason::subject_missing},
        {{"sub", R"("usr_1 ")", {}}, Reason::subject_missing},
        {{"oid", R"("org_2")", {}}, Reason::organization_mismatch},
        {{"oid", "1", {}}, Reason::organization_mismatch},
        {{"client_id", R"("skc_999")", {}}, Reason::authorized_party_mismatch},
        {{"client_id", "1", {}}, Reason::authorized_party_mismatch},
        {{"azp", R"("skc_999")", {}}, Reason::authorized_party_mismatch},
        {{"azp", "null", {}}, Reason::authorized_party_mismatch},
        {{"exp", "1", {}}, Reason::token_expired},
        {{"iss", R"("https://evil.example")", {}}, Reason::issuer_mismatch},
        {{"nonce", R"("n")", {}}, Reason::token_type_mismatch},
        {{"scope", "1", {}}, Reason::claims_malformed},
    };
    for (const auto& row : rows) {
        Identity identity = jane();
        identity.claims = {{"roles", true, {"member"}}};
        assertReason(row.reason,
                     addAccessTokenClaims(identity, changed(tokenOf("JWT", fullStack), row.row),
                                          anyAudience(), "skc_123"));
        assertView("list|member", joined(identity, "roles"));
        assert_int_equal(1, identity.claims.size());
    }
}

TEST("what an access token leaves out is no contradiction")
{
    for (const Row& row :
         {Row{"oid", nullptr, Reason::none}, Row{"client_id", nullptr, Reason::none},
          Row{"azp", R"("skc_123")", Reason::none},
          Row{"aud", R"(["https://api.example"])", Reason::none}}) {
        const Identity identity = janeWith({}, changed(tokenOf("JWT", fullStack), row));
        assertView("list|admin", joined(identity, "roles"));
    }

    Identity nowhere = jane();
    nowhere.organization.clear();
    assertReason(Reason::none, addAccessTokenClaims(nowhere, tokenOf("JWT", fullStack),
                                                    anyAudience(), "skc_123"));
    assertView("", nowhere.organization);
    assertView("list|admin", joined(nowhere, "roles"));
}

TEST_MAIN()
