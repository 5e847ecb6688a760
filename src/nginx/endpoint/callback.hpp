#pragma once

#include "nginx/identity/context.hpp"

namespace scalekit {

/** The callback endpoint: completes a login with what the provider sent back. */
ngx_int_t serveCallback(Context& context, const LocationConf& conf);

}  // namespace scalekit
