#pragma once

#include "nginx/ngx/ngx.hpp"

namespace scalekit {

/**
 * The access-phase handler: lets a request with a session of the location's tenant pass, and
 * answers all others.
 */
ngx_int_t checkAccess(ngx_http_request_t* r) noexcept;

/**
 * The preaccess-phase handler: cleans the request, and judges subrequests (SSI, mirror,
 * auth_request), for which nginx skips the access phase.
 */
ngx_int_t prepareRequest(ngx_http_request_t* r) noexcept;

/** The first handler of the log phase: variables that are for logs alone have values from now on.
 */
ngx_int_t beginLog(ngx_http_request_t* r) noexcept;

}  // namespace scalekit
