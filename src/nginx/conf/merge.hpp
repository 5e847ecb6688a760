#pragma once

#include "nginx/ngx/ngx.hpp"

/** How the configurations of the levels are made, and what each inherits of the one around it. */
namespace scalekit {

/** Create and merge functions of the ngx_http_module_t. */
void* createMainConf(ngx_conf_t* cf) noexcept;
char* initMainConf(ngx_conf_t* cf, void* conf) noexcept;
void* createServerConf(ngx_conf_t* cf) noexcept;
void* createLocationConf(ngx_conf_t* cf) noexcept;
char* mergeLocationConf(ngx_conf_t* cf, void* parent, void* child) noexcept;

}  // namespace scalekit
