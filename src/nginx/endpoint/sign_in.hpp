#pragma once

#include "nginx/identity/context.hpp"
#include "oidc/login.hpp"

#include <string>

namespace scalekit {

/** Evaluates all routing directives; nullopt when there is no memory. */
std::optional<Routing> evaluateRouting(ngx_http_request_t* r, const LocationConf& conf,
                                       const TenantConstraint& constraint);

/** A login to begin: where it leads, how it is routed, and whether it is the automatic restart. */
struct LoginWish {
    std::string returnUrl;
    Routing routing;
    std::uint8_t attempt = 0;
    LoginOrigin origin = LoginOrigin::page;
};

/**
 * Redirects to the provider, waiting for its metadata where it is not there yet. Returns what the
 * phase handler returns.
 */
ngx_int_t beginLogin(Context& context, const Environment& environment, const LoginWish& wish);

/** The login endpoint: begins a login, or leads on a person who is signed in already. */
ngx_int_t serveLogin(Context& context, const LocationConf& conf);

/** The login endpoint with a tenant (empty: none) and a return URL (""): the front page. */
std::string loginLink(const Environment& environment, const TenantConstraint& tenant,
                      std::string_view returnUrl);

/** Where the provider sends the browser back to (redirect_uri). */
std::string redirectUri(ngx_http_request_t* r, const Environment& environment);

/** The path and query that the client sent, as a return URL; "/" where it would be an endpoint. */
std::string currentUrl(ngx_http_request_t* r, const Environment& environment);

}  // namespace scalekit
