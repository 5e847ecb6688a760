#pragma once

#include "nginx/identity/context.hpp"

namespace scalekit {

/** The session endpoint: says as JSON who is signed in, for single-page applications. */
ngx_int_t serveSession(Context& context, const LocationConf& conf);

}  // namespace scalekit
