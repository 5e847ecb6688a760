#pragma once

#include "nginx/identity/context.hpp"
#include "oidc/request.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace scalekit {

/** What a place demands of its sessions; the values live in the request's pool. */
struct Demand {
    Tenant tenant;
    Reason reason = Reason::none;  // tenant_unknown, internal
};

/** Evaluates the tenant directives of the request's location. */
Demand evaluateDemand(ngx_http_request_t* r, const LocationConf& conf) noexcept;

/**
 * The verdict on a request for a guarded place: Reason::none with the session in the context, else
 * why there is none that fits the demand (and no identity in the context).
 */
Reason findSession(Context& context, const LocationConf& conf, const Demand& demand) noexcept;

/** Evaluates all routing directives; nullopt when there is no memory. */
std::optional<Routing> evaluateRouting(ngx_http_request_t* r, const LocationConf& conf,
                                       const Tenant& tenant);

/** A login that someone wants to begin. */
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

/** The callback endpoint. */
ngx_int_t handleCallback(Context& context, const Environment& environment,
                         const LocationConf& conf);

/** The path and query of this request, as a return URL. */
std::string currentUrl(ngx_http_request_t* r);

}  // namespace scalekit
