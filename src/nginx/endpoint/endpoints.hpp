#pragma once

#include "nginx/identity/context.hpp"

namespace scalekit {

/**
 * The endpoint that a request asks for. The path that the client sent decides, byte for byte,
 * whatever rewrite, try_files or X-Accel-Redirect made of it. Only on the way to an error_page the
 * page's own path counts, and what was refused there already is not served again. A callback may
 * have a slash more, as some sites add one to every path.
 */
std::optional<Endpoint> endpointOf(const Context& context, const Environment& environment);

/** Serves the endpoint; returns what the phase handler returns. */
ngx_int_t serveEndpoint(Endpoint endpoint, Context& context, const LocationConf& conf);

}  // namespace scalekit
