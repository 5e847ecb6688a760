#include "oidc/response.hpp"

#include <string>

#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

constexpr const char* scalekitCodes[] = {
    "invalid_redirect_uri",
    "invalid_connection_selector",
    "no_active_connections",
    "no_configured_connections",
    "connection_not_active",
    "invalid_organization_id",
    "invalid_connection_id",
    "domain_not_found",
    "invalid_user_domain",
    "invalid_client",
    "application_not_active",
    "invalid_request",
    "unauthorized",
    "user_not_active",
    "server_error",
    "mandatory_attribute_missing",
    "invalid_id_token",
    "failed_to_exchange_token",
    "user_info_retrieve_failed",
    "invalid_saml_metadata",
    "invalid_saml_response",
    "invalid_saml_request",
    "invalid_saml_form_params",
    "signature_validation_failed",
    "invalid_acs_url",
    "invalid_assertion_url",
    "invalid_status",
    "malformed_saml_response",
    "assertion_expired",
    "response_expired",
    "authentication_not_completed",
    "user_login_required",
    "access_denied",
    // RFC 6749 4.1.2.1, OIDC Core 3.1.2.6
    "unauthorized_client",
    "unsupported_response_type",
    "invalid_scope",
    "temporarily_unavailable",
    "interaction_required",
    "login_required",
    "account_selection_required",
    "consent_required",
    "invalid_request_uri",
    "invalid_request_object",
    "request_not_supported",
    "request_uri_not_supported",
    "registration_not_supported",
};

}  // namespace

TEST("a code comes with its state and its issuer, whatever else there is")
{
    const auto response = assertValue(parseAuthorizationResponse(
        "code=a%2Bb&state=s-_t&iss=https%3A%2F%2Fop.example&session_state=x&scope=openid+email"));
    assertView("a+b", response.code);
    assertView("s-_t", response.state);
    assertView("https://op.example", response.issuer.value());
    assertView("", response.error);
}

TEST("an error comes with or without state")
{
    const auto bare = assertValue(
        parseAuthorizationResponse("error=access_denied&error_description=No%20way%3Cscript%3E"));
    assertView("access_denied", bare.error);
    assertView("", bare.code);
    assertView("", bare.state);
    assert_false(bare.issuer.has_value());

    assertView("s", assertValue(parseAuthorizationResponse("state=s&error=access_denied")).state);
}

TEST("responses that say nothing, both things, or anything twice are malformed")
{
    for (const char* query :
         {"", "state=s", "code=&state=s", "error=&state=s", "code=c&error=e&state=s",
          "code=c&code=c&state=s", "code=c&state=s&state=t", "code=c&state=s&iss=a&iss=b",
          "error=a&error=b", "code=%zz&state=s", "code=a%00b&state=s", "code=a%0d%0ab&state=s",
          "codes=c&state=s"}) {
        assertCase(parseAuthorizationResponse(query).error() == Reason::request_malformed, query);
    }
}

TEST("responses beyond sane sizes are malformed")
{
    const std::string code(4096, 'c');
    const std::string state(8192, 's');
    assertValue(parseAuthorizationResponse("code=" + code + "&state=" + state));

    assertRefused(Reason::request_malformed,
                  parseAuthorizationResponse("code=" + code + "c&state=s"));
    assertRefused(Reason::request_malformed,
                  parseAuthorizationResponse("code=c&state=" + state + "s"));
    assertRefused(Reason::request_malformed,
                  parseAuthorizationResponse("error=" + std::string(129, 'e')));
    assertRefused(Reason::request_malformed,
                  parseAuthorizationResponse("code=c&state=s&x=" + std::string(64 * 1024, 'x')));
}

TEST("the response's issuer is compared byte by byte, and missed only where it is promised")
{
    Provider provider;
    provider.issuer = "https://op.example";
    AuthorizationResponse response;

    assertReason(Reason::none, checkResponseIssuer(response, provider));
    response.issuer = "https://op.example";
    assertReason(Reason::none, checkResponseIssuer(response, provider));
    for (const char* issuer :
         {"https://op.example/", "https://evil.example", "https://OP.example", ""}) {
        response.issuer = issuer;
        assertReason(Reason::response_issuer_mismatch, checkResponseIssuer(response, provider));
    }

    provider.responseIssuer = true;
    response.issuer.reset();
    assertReason(Reason::response_issuer_missing, checkResponseIssuer(response, provider));
}

TEST("a token response is accepted with a type in any case, without expires_in, and with unknown "
     "members")
{
    for (const char* type : {"Bearer", "bearer", "BEARER"}) {
        const auto tokens = assertValue(parseTokenResponse(
            200, R"({"id_token":"a.b.c","access_token":"at","token_type":")" + std::string(type) +
                     R"(","refresh_token":null,"x":{"y":[1]}})"));
        assertView("a.b.c", tokens.idToken);
        assertView("at", tokens.accessToken);
        assertView("", tokens.refreshToken);
    }

    const auto all = assertValue(
        parseTokenResponse(200, R"({"id_token":"i","access_token":"a","refresh_token":"r",
        "scope":"openid","expires_in":299,"token_type":"Bearer"})"));
    assertView("r", all.refreshToken);
    assertView("openid", all.scope);
}

TEST("token responses that lack something or are no JSON object are invalid")
{
    for (const char* body :
         {"", "<html>", "[]", "\"a\"", "{", "{}", R"({"id_token":"i","access_token":"a"})",
          R"({"id_token":"i","access_token":"a","token_type":"DPoP"})",
          R"({"id_token":"i","access_token":"a","token_type":1})",
          R"({"id_token":"i","access_token":"a","token_type":"Bearer "})",
          R"({"access_token":"a","token_type":"Bearer"})",
          R"({"id_token":"","access_token":"a","token_type":"Bearer"})",
          R"({"id_token":["i"],"access_token":"a","token_type":"Bearer"})",
          R"({"id_token":"i","token_type":"Bearer"})",
          R"({"id_token":"i","access_token":7,"token_type":"Bearer"})",
          R"({"id_token":"i","access_token":"a","refresh_token":7,"token_type":"Bearer"})",
          R"({"id_token":"i","id_token":"j","access_token":"a","token_type":"Bearer"})"}) {
        assertCase(parseTokenResponse(200, body).error() == Reason::token_response_invalid, body);
    }

    const std::string large(64 * 1024 + 1, 'a');
    assertRefused(
        Reason::token_response_invalid,
        parseTokenResponse(200, R"({"id_token":"i","token_type":"Bearer","access_token":")" +
                                    large + "\"}"));
}

TEST("an OAuth error is a refusal, whatever its status, and so is every status but 200")
{
    const char* good = R"({"id_token":"i","access_token":"a","token_type":"Bearer"})";
    for (const long status : {0L, 201L, 204L, 302L, 400L, 401L, 429L, 500L, 503L}) {
        assertRefused(Reason::token_request_refused, parseTokenResponse(status, good));
    }
    assertRefused(Reason::token_request_refused,
                  parseTokenResponse(400, R"({"error":"invalid_grant"})"));
    assertRefused(
        Reason::token_request_refused,
        parseTokenResponse(
            200, R"({"error":"x","id_token":"i","access_token":"a","token_type":"Bearer"})"));
}

TEST("every known error code has a sentence of its own kind, without jargon")
{
    const std::string unknown(providerErrorSentence("no_such_code"));
    for (const char* code : scalekitCodes) {
        const std::string sentence(providerErrorSentence(code));
        assertCase(sentence != unknown && sentence.ends_with('.'), code);
        for (const char* jargon :
             {"SAML", "OAuth", "OpenID", "token", "redirect", "client", "connection", "_"}) {
            assertCase(sentence.find(jargon) == std::string::npos, code);
        }
    }
}

TEST("unknown error codes are never repeated")
{
    for (const char* code : scalekitCodes) {
        assertView(code, knownProviderError(code));
    }
    for (const char* code :
         {"", "Access_Denied", "access_denied ", "<script>", "access_denied\nx"}) {
        assertView("unknown", knownProviderError(code));
        assertView(providerErrorSentence("no_such_code"), providerErrorSentence(code));
    }
}

TEST("only the codes of a silent login that needs a person ask for interaction")
{
    for (const char* code : {"login_required", "interaction_required", "consent_required",
                             "account_selection_required", "user_login_required"}) {
        assertCase(needsInteraction(code), code);
    }
    for (const char* code :
         {"access_denied", "server_error", "authentication_not_completed", "nonsense", ""}) {
        assertCase(!needsInteraction(code), code);
    }
}

TEST_MAIN()
