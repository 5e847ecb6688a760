#pragma once

#include "nginx/identity/context.hpp"

namespace scalekit {

/** The logout endpoint: ends the session here. Another site cannot make it do so. */
ngx_int_t serveLogout(Context& context, const LocationConf& conf);

}  // namespace scalekit
