#pragma once

#include "nginx/conf/conf.hpp"
#include "nginx/ngx/interop.hpp"

/**
 * Directives that do something in guarded locations alone: where they are written, and whether a
 * location is guarded that inherits them.
 */
namespace scalekit {

/** A setter's last step: remembers where its directive is written. */
char* noteGuardLine(ngx_conf_t* cf, LocationConf& conf, Guarded directive) noexcept;

/** The setter of such a directive, made of one that takes its values. */
template <Guarded Directive, char* (*Set)(ngx_conf_t*, ngx_command_t*, void*) noexcept>
char* guarded(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept
{
    char* result = Set(cf, command, conf);
    return result == confOk ? noteGuardLine(cf, *static_cast<LocationConf*>(conf), Directive)
                            : result;
}

/** The part of mergeLocationConf() that is about these lines; after the rest of it. */
void mergeGuardLines(ngx_conf_t* cf, const LocationConf& prev, LocationConf& conf);

/**
 * Refuses a line without effect where it says who may come in, since the location is open. Warns of
 * the others.
 */
ngx_int_t checkGuardLines(ngx_conf_t* cf) noexcept;

}  // namespace scalekit
