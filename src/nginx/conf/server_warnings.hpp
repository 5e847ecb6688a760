#pragma once

#include "nginx/conf/conf.hpp"

/** What nginx -t warns of: a configuration that works, but hardly as it is meant. */
namespace scalekit {

/** Of a server that `environment` guards; `callback` is the location that its callback reaches. */
void warnOfServer(ngx_conf_t* cf, ngx_http_core_srv_conf_t* server, const Environment& environment,
                  void** callback);

/** Of environments that guard nothing, and of servers that are open to every organization. */
ngx_int_t warnOfConfiguration(ngx_conf_t* cf) noexcept;

}  // namespace scalekit
