#pragma once

#include "nginx/identity/context.hpp"
#include "oidc/request.hpp"

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
};

/**
 * Redirects to the provider, waiting for its metadata where it is not there yet. Returns what the
 * phase handler returns.
 */
ngx_int_t beginLogin(Context& context, const Environment& environment, const LoginWish& wish);

/** The login endpoint: begins a login, or leads on a person who is signed in already. */
ngx_int_t serveLogin(Context& context, const LocationConf& conf);

/** Where the provider sends the browser back to (redirect_uri). */
std::string redirectUri(ngx_http_request_t* r, const Environment& environment);

/** The path and query of this request, as a return URL. */
std::string currentUrl(ngx_http_request_t* r);

}  // namespace scalekit
