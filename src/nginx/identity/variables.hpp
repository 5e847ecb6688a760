#pragma once

#include "nginx/ngx/ngx.hpp"

namespace scalekit {

/** Registers the $scalekit_ variables; the preconfiguration of the module. */
ngx_int_t addVariables(ngx_conf_t* cf) noexcept;

/** Remembers which of them the configuration uses; part of the postconfiguration. */
bool indexVariables(ngx_conf_t* cf) noexcept;

/**
 * Forgets the values that nginx has cached: there is a new verdict on the request, and what an
 * earlier phase or another place was told no longer holds. Never called while a string of variables
 * is being evaluated.
 */
void forgetVariables(ngx_http_request_t* r) noexcept;

}  // namespace scalekit
