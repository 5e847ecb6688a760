#pragma once

#include "base/result.hpp"
#include "oidc/provider.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace scalekit {

/** What the browser brings back (RFC 6749 4.1.2, RFC 9207). Nothing in it is trusted. */
struct AuthorizationResponse {
    std::string code;
    std::string state;
    std::optional<std::string> issuer;
    std::string error;
};

/**
 * Exactly one of code and error must be there, each parameter once, within sane sizes;
 * request_malformed otherwise.
 */
Result<AuthorizationResponse> parseAuthorizationResponse(std::string_view query);

/**
 * RFC 9207 2.4: none, response_issuer_missing (only if the provider promises it) or
 * response_issuer_mismatch.
 */
Reason checkResponseIssuer(const AuthorizationResponse& response,
                           const Provider& provider) noexcept;

/** A successful token response (RFC 6749 5.1, OIDC Core 3.1.3.3). */
struct TokenResponse {
    std::string idToken;
    std::string accessToken;
    std::string refreshToken;
    std::string scope;
};

/**
 * token_request_refused for an OAuth error or a status other than 200; token_response_invalid for
 * anything else that is not a Bearer token response with both an ID token and an access token.
 */
Result<TokenResponse> parseTokenResponse(long status, std::string_view body);

/**
 * A sentence for people about an error code of the authorization response: every code of Scalekit's
 * table, and RFC 6749's.
 */
std::string_view providerErrorSentence(std::string_view code) noexcept;

/** The code itself when it is a known one (safe to log), else "unknown". */
std::string_view knownProviderError(std::string_view code) noexcept;

/** True for the codes that say prompt=none needs a person (login_required and its kin). */
bool needsInteraction(std::string_view code) noexcept;

}  // namespace scalekit
