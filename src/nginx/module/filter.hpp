#pragma once

#include "nginx/ngx/ngx.hpp"

extern "C" {
extern ngx_module_t ngx_http_scalekit_filter_module;
}

/**
 * The second nginx module of the library. It stands among the filters of nginx's list, where a
 * header filter runs after `expires` and `add_header` and has the last word on caching. The first
 * module cannot install one: nginx sets up its chain of filters only after that module's turn.
 */
namespace scalekit {

ngx_int_t installHeaderFilter(ngx_conf_t* cf) noexcept;

}  // namespace scalekit
