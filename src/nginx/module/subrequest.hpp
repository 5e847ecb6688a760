#pragma once

#include "nginx/conf/conf.hpp"

namespace scalekit {

/**
 * The preaccess-phase handler of a subrequest to a guarded location (SSI, auth_request, mirror,
 * ...), which nginx's access phase skips. All requests of a tree share the values of variables, so
 * a subrequest is let in only where its location takes the very identity of the main request, or
 * where neither has one. Clones (slice, proxy_cache_background_update) begin behind this phase, in
 * their parent's location and with its identity.
 */
ngx_int_t prepareSubrequest(ngx_http_request_t* r, const LocationConf& conf);

}  // namespace scalekit
