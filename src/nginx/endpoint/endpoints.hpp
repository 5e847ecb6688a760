#pragma once

#include "nginx/identity/context.hpp"

namespace scalekit {

/** The module's own addresses below base_path. */
enum class Endpoint { none, callback, login, logout, session };

/** Which of them the request's (decoded, normalized) path is. */
Endpoint endpointOf(ngx_http_request_t* r, const Environment& environment) noexcept;

/** Serves the endpoint; returns what the phase handler returns. */
ngx_int_t serveEndpoint(Endpoint endpoint, Context& context, const Environment& environment,
                        const LocationConf& conf);

/** When the identity ends: the session if it is used no more, or the bearer token. */
std::chrono::sys_seconds sessionEnd(const Context& context) noexcept;

}  // namespace scalekit
