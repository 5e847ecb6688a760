#pragma once

#include "nginx/identity/context.hpp"

namespace scalekit {

/** The callback endpoint: completes a login with what the provider sent back. */
ngx_int_t serveCallback(Context& context, const LocationConf& conf);

/** True for a request whose query has a `state` that this environment sealed. */
bool bringsState(ngx_http_request_t* r, const Environment& environment);

/** Refuses a callback that came to another path: a login begun from there would go round. */
ngx_int_t refuseStrayCallback(Context& context, const Environment& environment);

}  // namespace scalekit
