#pragma once

#include "nginx/ngx/ngx.hpp"

namespace scalekit {

/**
 * Refuses a configuration in which a server guards a location with an environment whose callback
 * path no location guarded by the same environment would receive. Runs after nginx has built its
 * location trees.
 */
ngx_int_t checkCallbackLocations(ngx_conf_t* cf) noexcept;

}  // namespace scalekit
