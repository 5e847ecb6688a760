#pragma once

#include "nginx/conf/conf.hpp"
#include "nginx/conf/guard_lines.hpp"
#include "nginx/conf/header_directive.hpp"
#include "nginx/ngx/directive.hpp"

/** The directives about the zone, about who guards a location, and about how people sign in. */
namespace scalekit {

std::string setZone(ngx_conf_t* cf, const Words& words, std::size_t& size);
std::string setAuth(ngx_conf_t* cf, const Words& words, LocationConf& conf);
std::string setUnauthenticated(ngx_conf_t* cf, const Words& words, ngx_uint_t& mode);
std::string setTenantValue(ngx_conf_t* cf, const Words& words, TenantValue*& value);
std::string setAuthorizeParameter(ngx_conf_t* cf, const Words& words, LocationConf& conf);
std::string setIdentityHeaders(ngx_conf_t* cf, const Words& words, LocationConf& conf);
std::string setCacheControl(ngx_conf_t* cf, const Words& words, ngx_flag_t& set);

/** Remembers a prefix of identity headers: what clients send below it is removed everywhere. */
void rememberPrefix(MainConf& main, std::string_view prefix);

/** As ngx_http_set_complex_value_slot(), but "" takes back what an outer level says. */
std::string setComplexValue(ngx_conf_t* cf, const Words& words, ngx_http_complex_value_t*& value);

inline constexpr Directive directives[] = {
    {"scalekit_zone", NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, slot<&MainConf::zoneSize, setZone>,
     NGX_HTTP_MAIN_CONF_OFFSET},
    {"scalekit_auth", everywhere | NGX_CONF_TAKE1, once<&LocationConf::environmentName, setAuth>},
    {"scalekit_unauthenticated", everywhere | NGX_CONF_TAKE1,
     guarded<Guarded::unauthenticated, slot<&LocationConf::unauthenticated, setUnauthenticated>>},
    {"scalekit_connection_id", everywhere | NGX_CONF_TAKE12,
     guarded<Guarded::connectionId, slot<&LocationConf::connectionId, setTenantValue>>},
    {"scalekit_organization_id", everywhere | NGX_CONF_TAKE12,
     guarded<Guarded::organizationId, slot<&LocationConf::organizationId, setTenantValue>>},
    {"scalekit_domain", everywhere | NGX_CONF_TAKE1,
     guarded<Guarded::domain, slot<&LocationConf::domain, setComplexValue>>},
    {"scalekit_provider", everywhere | NGX_CONF_TAKE1,
     guarded<Guarded::provider, slot<&LocationConf::provider, setComplexValue>>},
    {"scalekit_login_hint", everywhere | NGX_CONF_TAKE1,
     guarded<Guarded::loginHint, slot<&LocationConf::loginHint, setComplexValue>>},
    {"scalekit_prompt", everywhere | NGX_CONF_TAKE1,
     guarded<Guarded::prompt, slot<&LocationConf::prompt, setComplexValue>>},
    {"scalekit_authorize_param", everywhere | NGX_CONF_TAKE2,
     guarded<Guarded::authorizeParameter, repeated<LocationConf, setAuthorizeParameter>>},
    {"scalekit_identity_headers", everywhere | NGX_CONF_TAKE12,
     once<&LocationConf::identityHeaders, setIdentityHeaders>},
    {"scalekit_set_header", everywhere | NGX_CONF_TAKE2,
     guarded<Guarded::setHeader, repeated<LocationConf, setHeader>>},
    {"scalekit_cache_control", everywhere | NGX_CONF_TAKE1,
     slot<&LocationConf::cacheControl, setCacheControl>},
};

}  // namespace scalekit
