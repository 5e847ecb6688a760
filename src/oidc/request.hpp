#pragma once

#include "oidc/provider.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scalekit {

enum class ClientAuthentication { post, basic, none };

/** A client registered at the provider. */
struct Client {
    std::string id;
    std::string secret;
    ClientAuthentication authentication = ClientAuthentication::post;
};

/** Scalekit's routing parameters of one authorization request; empty ones are not sent. */
struct Routing {
    std::string connection;    // connection_id
    std::string organization;  // organization_id
    std::string domain;        // sent as domain and domain_hint
    std::string provider;
    std::string loginHint;  // login_hint
    std::string prompt;
    std::vector<std::pair<std::string, std::string>> extra;  // scalekit_authorize_param
};

struct AuthorizationRequest {
    std::string_view redirectUri;
    std::string_view scope;
    std::string_view state;  // base64url, as the nonce is
    std::string_view nonce;
    std::string_view codeVerifier;  // sent as its S256 challenge (RFC 7636 4.2)
};

/** The URL that the browser is sent to (OIDC Core 3.1.2.1). */
std::string authorizationUrl(const Provider& provider, const Client& client,
                             const AuthorizationRequest& request, const Routing& routing);

/**
 * True for parameters that the module or a routing directive sets and that scalekit_authorize_param
 * must not.
 */
bool reservedParameter(std::string_view name) noexcept;

/**
 * A POST to the token endpoint: form body, and an Authorization header value for
 * client_secret_basic.
 */
struct TokenRequest {
    std::string url;
    std::string body;
    std::string authorization;
};

/**
 * RFC 6749 4.1.3 with RFC 7636 4.5; client authentication of RFC 6749 2.3.1 (form-encoded before
 * base64).
 */
TokenRequest codeExchange(const Provider& provider, const Client& client, std::string_view code,
                          std::string_view redirectUri, std::string_view codeVerifier);

}  // namespace scalekit
