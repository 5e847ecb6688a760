#include "oidc/request.hpp"

#include "base/ascii.hpp"
#include "base/base64url.hpp"
#include "base/query.hpp"
#include "base/url.hpp"
#include "crypto/digest.hpp"

#include <algorithm>

namespace scalekit {

namespace {

constexpr std::string_view reservedParameters[] = {
    // what the module sets, or what would change its meaning
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "request",
    "request_uri",
    // what belongs to other requests and must not appear in a URL
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "code",
    "code_verifier",
    "grant_type",
    "access_token",
    "refresh_token",
    "id_token_hint",
    // what a directive of its own sets
    "connection_id",
    "organization_id",
    "domain",
    "domain_hint",
    "provider",
    "login_hint",
    "prompt",
};

void appendIfSet(std::string& query, std::string_view name, std::string_view value)
{
    if (!value.empty()) {
        appendParameter(query, name, value);
    }
}

}  // namespace

std::string authorizationUrl(const Provider& provider, const Client& client,
                             const AuthorizationRequest& request, const Routing& routing)
{
    // RFC 6749 3.1: a query that the endpoint has is retained.
    std::string url;
    url.reserve(1024 + request.state.size());
    url = provider.authorizationEndpoint;
    if (url.find('?') == std::string::npos) {
        url += '?';
    }

    appendPlainParameter(url, "response_type", "code");
    appendParameter(url, "client_id", client.id);
    appendParameter(url, "redirect_uri", request.redirectUri);
    appendParameter(url, "scope", request.scope);
    appendPlainParameter(url, "state", request.state);
    appendPlainParameter(url, "nonce", request.nonce);
    appendPlainParameter(url, "code_challenge",
                         base64urlEncode(digest(Hash::sha256, request.codeVerifier)));
    appendPlainParameter(url, "code_challenge_method", "S256");

    appendIfSet(url, "connection_id", routing.connection);
    appendIfSet(url, "organization_id", routing.organization);
    // Scalekit's documentation says domain, its SDKs send both.
    appendIfSet(url, "domain", routing.domain);
    appendIfSet(url, "domain_hint", routing.domain);
    appendIfSet(url, "provider", routing.provider);
    appendIfSet(url, "login_hint", routing.loginHint);
    appendIfSet(url, "prompt", routing.prompt);
    for (const auto& [name, value] : routing.extra) {
        appendIfSet(url, name, value);
    }
    return url;
}

bool reservedParameter(std::string_view name) noexcept
{
    return std::ranges::any_of(reservedParameters, [name](std::string_view reserved) {
        return equalIgnoringCase(name, reserved);
    });
}

TokenRequest codeExchange(const Provider& provider, const Client& client, std::string_view code,
                          std::string_view redirectUri, std::string_view codeVerifier)
{
    TokenRequest request;
    request.url = provider.tokenEndpoint;

    appendParameter(request.body, "grant_type", "authorization_code");
    appendParameter(request.body, "code", code);
    appendParameter(request.body, "redirect_uri", redirectUri);
    appendParameter(request.body, "code_verifier", codeVerifier);

    switch (client.authentication) {
    case ClientAuthentication::post:
        appendParameter(request.body, "client_id", client.id);
        appendParameter(request.body, "client_secret", client.secret);
        break;
    case ClientAuthentication::basic:
        request.authorization =
            "Basic " + base64Encode(percentEncode(client.id) + ':' + percentEncode(client.secret));
        break;
    case ClientAuthentication::none:
        appendParameter(request.body, "client_id", client.id);
        break;
    }

    return request;
}

}  // namespace scalekit
