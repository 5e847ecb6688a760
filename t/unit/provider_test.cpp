#include "oidc/provider.hpp"

#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

ProviderSettings settings()
{
    ProviderSettings settings;
    settings.issuer = "https://acme.scalekit.com";
    return settings;
}

/** A discovery document of the configured issuer with more members. */
std::string document(std::string_view members)
{
    return R"({"issuer":"https://acme.scalekit.com")" + std::string(members.empty() ? "" : ",") +
           std::string(members) + "}";
}

}  // namespace

TEST("discovery is found below the issuer, with or without a slash at its end")
{
    assertView("https://acme.scalekit.com/.well-known/openid-configuration",
               discoveryUrl("https://acme.scalekit.com"));
    assertView("https://op.example/tenant/.well-known/openid-configuration",
               discoveryUrl("https://op.example/tenant/"));
}

TEST("a discovery document names the endpoints")
{
    const Provider provider = assertValue(parseDiscovery(document(R"(
        "authorization_endpoint": "https://op.example/a",
        "token_endpoint": "https://op.example/t",
        "jwks_uri": "https://op.example/k",
        "end_session_endpoint": "https://op.example/e",
        "userinfo_endpoint": "https://op.example/u",
        "authorization_response_iss_parameter_supported": true,
        "claims_supported": ["sub"])"),
                                                         settings()));

    assertView("https://acme.scalekit.com", provider.issuer);
    assertView("https://op.example/a", provider.authorizationEndpoint);
    assertView("https://op.example/t", provider.tokenEndpoint);
    assertView("https://op.example/k", provider.jwksUri);
    assertView("https://op.example/e", provider.endSessionEndpoint);
    assertView("https://op.example/u", provider.userinfoEndpoint);
    assert_true(provider.responseIssuer);
}

TEST("endpoints that a discovery document does not name are Scalekit's paths")
{
    const Provider provider = assertValue(parseDiscovery(document(""), settings()));

    assertView("https://acme.scalekit.com/oauth/authorize", provider.authorizationEndpoint);
    assertView("https://acme.scalekit.com/oauth/token", provider.tokenEndpoint);
    assertView("https://acme.scalekit.com/keys", provider.jwksUri);
    assertView("https://acme.scalekit.com/oidc/logout", provider.endSessionEndpoint);
    assertView("https://acme.scalekit.com/userinfo", provider.userinfoEndpoint);
    assert_false(provider.responseIssuer);
}

TEST("what the administrator wrote comes before discovery")
{
    ProviderSettings own = settings();
    own.tokenEndpoint = "https://10.0.0.1:8443/token";
    const Provider provider =
        assertValue(parseDiscovery(document(R"("token_endpoint":"https://op.example/t",
        "jwks_uri":"https://op.example/k")"),
                                   own));

    assertView("https://10.0.0.1:8443/token", provider.tokenEndpoint);
    assertView("https://op.example/k", provider.jwksUri);
}

TEST("an issuer that differs in a single byte is another issuer")
{
    for (const char* issuer : {"https://acme.scalekit.com/", "https://ACME.scalekit.com",
                               "http://acme.scalekit.com", "https://acme.scalekit.com:443",
                               "https://acme.scalekit.co", " https://acme.scalekit.com", ""}) {
        assertRefused(Reason::discovery_issuer_mismatch,
                      parseDiscovery(R"({"issuer":")" + std::string(issuer) + R"("})", settings()));
    }
}

TEST("a document that is none, or whose members have other types, is refused")
{
    for (const char* text :
         {"", "<html>", "[]", "null", "{}", R"({"issuer":1})",
          R"({"issuer":["https://acme.scalekit.com"]})",
          R"({"issuer":"https://acme.scalekit.com"} x)",
          R"({"issuer":"https://evil.example","issuer":"https://acme.scalekit.com"})"}) {
        assertRefused(Reason::discovery_invalid, parseDiscovery(text, settings()));
    }
    assertRefused(Reason::discovery_invalid,
                  parseDiscovery(document(R"("token_endpoint":7)"), settings()));
    assertRefused(Reason::discovery_invalid,
                  parseDiscovery(document(R"("jwks_uri":null)"), settings()));
}

TEST("endpoints that are no https URL are refused, or left out where no login needs them")
{
    for (const char* member : {"authorization_endpoint", "token_endpoint", "jwks_uri",
                               "end_session_endpoint", "userinfo_endpoint"}) {
        const bool needed = std::string_view(member).find("_endpoint") == std::string_view::npos ||
                            std::string_view(member).starts_with("authorization") ||
                            std::string_view(member).starts_with("token");
        for (const char* url :
             {"http://op.example/x", "ftp://op.example/x", "/x", "", "https://user@op.example/x",
              "https://op.example/x#y", "https://op.example/x y", "javascript:alert(1)"}) {
            const auto provider = parseDiscovery(
                document('"' + std::string(member) + R"(":")" + std::string(url) + '"'),
                settings());
            const bool leftOut = provider && provider->endSessionEndpoint.empty() !=
                                                 provider->userinfoEndpoint.empty();
            assertCase(needed ? provider.error() == Reason::discovery_invalid : leftOut,
                       std::string(member) + ' ' + url);
        }
    }
}

TEST("plain http is accepted only where the administrator allows it")
{
    const std::string text = R"({"issuer":"http://127.0.0.1:9000"})";
    ProviderSettings local = settings();
    local.issuer = "http://127.0.0.1:9000";

    assertRefused(Reason::discovery_invalid, parseDiscovery(text, local));
    local.allowHttp = true;
    assertView("http://127.0.0.1:9000/oauth/token",
               assertValue(parseDiscovery(text, local)).tokenEndpoint);
}

TEST("discovery is not needed once authorize, token and keys are set by hand")
{
    ProviderSettings own = settings();
    assert_false(own.selfSufficient());
    own.authorizationEndpoint = "https://op.example/a";
    own.tokenEndpoint = "https://op.example/t";
    assert_false(own.selfSufficient());
    own.jwksUri = "https://op.example/k";
    assert_true(own.selfSufficient());

    const Provider provider = providerFromSettings(own);
    assertView("https://acme.scalekit.com", provider.issuer);
    assertView("https://op.example/a", provider.authorizationEndpoint);
    assertView("https://acme.scalekit.com/oidc/logout", provider.endSessionEndpoint);
}

TEST_MAIN()
