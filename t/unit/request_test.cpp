#include "oidc/request.hpp"

#include "base/query.hpp"
#include "base/url.hpp"

#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

const Client client{"skc_123", "secret", ClientAuthentication::post};

// RFC 7636 appendix B
constexpr std::string_view verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
constexpr std::string_view challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

Provider provider(std::string authorizationEndpoint = "https://op.example/oauth/authorize")
{
    Provider provider;
    provider.authorizationEndpoint = std::move(authorizationEndpoint);
    provider.tokenEndpoint = "https://op.example/oauth/token";
    return provider;
}

AuthorizationRequest request()
{
    return {"https://app.example/auth/callback", "openid email", "st", "no", verifier};
}

Query queryOf(const std::string& url)
{
    return assertValue(Query::parse(std::string_view(url).substr(url.find('?') + 1)));
}

}  // namespace

TEST("an authorization request says what OpenID Connect asks for, and nothing that is not set")
{
    assertView(
        "https://op.example/oauth/authorize?response_type=code&client_id=skc_123"
        "&redirect_uri=https%3A%2F%2Fapp.example%2Fauth%2Fcallback&scope=openid%20email&state=st&"
        "nonce=no"
        "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
        authorizationUrl(provider(), client, request(), {}));
}

TEST("every routing value that is set is sent, the domain under both of its names")
{
    Routing routing{
        "conn_1", "org_1", "acme.com", "google", "jane@acme.com", "login", {{"ui_locales", "de"}}};
    const Query query = queryOf(authorizationUrl(provider(), client, request(), routing));

    assertView("conn_1", query.value("connection_id"));
    assertView("org_1", query.value("organization_id"));
    assertView("acme.com", query.value("domain"));
    assertView("acme.com", query.value("domain_hint"));
    assertView("google", query.value("provider"));
    assertView("jane@acme.com", query.value("login_hint"));
    assertView("login", query.value("prompt"));
    assertView("de", query.value("ui_locales"));
    assertView(challenge, query.value("code_challenge"));
}

TEST("no value can add a parameter or leave the query")
{
    const std::string hostile = "a&client_id=evil#x y%26+=\xc3\xa9\"";
    Routing routing{
        hostile, hostile, hostile, hostile, hostile, hostile, {{"a&client_id", hostile}}};
    const std::string url = authorizationUrl(provider(), client, request(), routing);
    const Query query = queryOf(url);  // a second client_id would be refused here

    assert_true(parseUrl(url).has_value());
    assertView("skc_123", query.value("client_id"));
    for (const char* name : {"connection_id", "organization_id", "domain", "domain_hint",
                             "provider", "login_hint", "prompt", "a&client_id"}) {
        assertView(hostile, query.value(name));
    }
}

TEST("a query that the endpoint has is kept")
{
    assert_true(authorizationUrl(provider("https://op.example/a?p=b2c"), client, request(), {})
                    .starts_with("https://op.example/a?p=b2c&response_type=code&"));
    assert_true(authorizationUrl(provider("https://op.example/a?"), client, request(), {})
                    .starts_with("https://op.example/a?response_type=code&"));
}

TEST("reserved parameters are those that the module or a routing directive sets, in any case")
{
    for (const char* name : {"client_id",     "redirect_uri",   "response_type",
                             "response_mode", "scope",          "state",
                             "nonce",         "code_challenge", "code_challenge_method",
                             "request",       "request_uri",    "client_secret",
                             "code_verifier", "connection_id",  "organization_id",
                             "domain",        "domain_hint",    "provider",
                             "login_hint",    "prompt",         "CLIENT_ID",
                             "Redirect_Uri"}) {
        assertCase(reservedParameter(name), name);
    }
    for (const char* name :
         {"", "ui_locales", "resource", "max_age", "client_i", "client_id2", "xstate"}) {
        assertCase(!reservedParameter(name), name);
    }
}

TEST("a client that posts its secret sends it in the form")
{
    const TokenRequest exchange =
        codeExchange(provider(), {"skc_123", "s+/=%:&", ClientAuthentication::post},
                     "c&d=", "https://app.example/auth/callback", verifier);

    assertView("https://op.example/oauth/token", exchange.url);
    assertView("", exchange.authorization);
    assertView("grant_type=authorization_code&code=c%26d%3D&redirect_uri=https%3A%2F%2Fapp.example%"
               "2Fauth%2Fcallback"
               "&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&client_id=skc_123"
               "&client_secret=s%2B%2F%3D%25%3A%26",
               exchange.body);
}

TEST("a client with Basic authentication encodes id and secret before base64 and leaves them out "
     "of the form")
{
    const TokenRequest exchange =
        codeExchange(provider(), {"a:b", "s+/=%:", ClientAuthentication::basic}, "c",
                     "https://app.example/cb", verifier);

    assertView("Basic YSUzQWI6cyUyQiUyRiUzRCUyNSUzQQ==",
               exchange.authorization);  // a%3Ab:s%2B%2F%3D%25%3A
    const Query form = assertValue(Query::parse(exchange.body));
    assert_null(form.find("client_id"));
    assert_null(form.find("client_secret"));
    assertView(verifier, form.value("code_verifier"));
}

TEST("a public client sends its id and no secret")
{
    const TokenRequest exchange =
        codeExchange(provider(), {"skc_123", "unused", ClientAuthentication::none}, "c",
                     "https://app.example/cb", verifier);

    assertView("", exchange.authorization);
    const Query form = assertValue(Query::parse(exchange.body));
    assertView("skc_123", form.value("client_id"));
    assert_null(form.find("client_secret"));
}

TEST_MAIN()
