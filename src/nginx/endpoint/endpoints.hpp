#pragma once

#include "nginx/identity/context.hpp"

namespace scalekit {

/** The endpoint that the request's (decoded, normalized) path is, if it is one. */
std::optional<Endpoint> endpointOf(ngx_http_request_t* r, const Environment& environment) noexcept;

/** Serves the endpoint; returns what the phase handler returns. */
ngx_int_t serveEndpoint(Endpoint endpoint, Context& context, const LocationConf& conf);

}  // namespace scalekit
