// nginx's headers have no guards for C++: included here, and only here, with C linkage.
#pragma once

extern "C" {
#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>

extern ngx_module_t ngx_http_scalekit_module;
}
