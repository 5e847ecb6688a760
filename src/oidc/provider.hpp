#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace scalekit {

/** The addresses of an OpenID provider. */
struct ProviderUrls {
    std::string issuer;
    std::string authorizationEndpoint;
    std::string tokenEndpoint;
    std::string jwksUri;
    std::string endSessionEndpoint;
    std::string userinfoEndpoint;
};

/** One of them, other than the issuer. */
struct ProviderEndpoint {
    std::string_view word;  // in the configuration
    std::string ProviderUrls::*url;
    std::string_view member;  // of a discovery document
    std::string_view path;    // Scalekit's, below the issuer
    bool required;            // for a login
};

inline constexpr ProviderEndpoint providerEndpoints[] = {
    {"authorize", &ProviderUrls::authorizationEndpoint, "authorization_endpoint",
     "/oauth/authorize", true},
    {"token", &ProviderUrls::tokenEndpoint, "token_endpoint", "/oauth/token", true},
    {"jwks", &ProviderUrls::jwksUri, "jwks_uri", "/keys", true},
    {"logout", &ProviderUrls::endSessionEndpoint, "end_session_endpoint", "/oidc/logout", false},
    {"userinfo", &ProviderUrls::userinfoEndpoint, "userinfo_endpoint", "/userinfo", false},
};

/**
 * An OpenID provider's metadata (OIDC Discovery 1.0 section 3), what of it a relying party uses.
 */
struct Provider : ProviderUrls {
    bool responseIssuer = false;  // authorization_response_iss_parameter_supported (RFC 9207)
};

/**
 * What the administrator wrote: the issuer, and endpoints that take precedence over discovery where
 * they are not empty.
 */
struct ProviderSettings : ProviderUrls {
    bool allowHttp = false;

    /** True when authorize, token and jwks are all set by hand: then discovery is not needed. */
    bool selfSufficient() const noexcept;
};

/** ISSUER/.well-known/openid-configuration (OIDC Discovery 1.0 section 4). */
std::string discoveryUrl(std::string_view issuer);

/**
 * Metadata from a discovery document. Its issuer must equal the configured one byte by byte
 * (section 4.3): discovery_issuer_mismatch. Endpoints it does not name are Scalekit's well-known
 * paths below the issuer (/oauth/authorize, /oauth/token, /keys, /oidc/logout, /userinfo);
 * endpoints that are not https (unless allowHttp) are discovery_invalid, or empty where no login
 * needs them (the last two).
 */
Result<Provider> parseDiscovery(std::string_view json, const ProviderSettings& settings);

/** Metadata without a discovery document: settings, then Scalekit's paths. */
Provider providerFromSettings(const ProviderSettings& settings);

}  // namespace scalekit
