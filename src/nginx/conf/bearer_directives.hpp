#pragma once

#include "nginx/conf/conf.hpp"
#include "nginx/conf/guard_lines.hpp"
#include "nginx/ngx/directive.hpp"

/** The directives about bearer tokens and about what a location demands of an identity. */
namespace scalekit {

std::string setBearer(ngx_conf_t* cf, const Words& words, LocationConf& conf);
std::string setAudience(ngx_conf_t* cf, const Words& words, std::vector<std::string>*& audiences);
std::string setToken(ngx_conf_t* cf, const Words& words, ngx_http_complex_value_t*& token);
std::string setClaimRule(ngx_conf_t* cf, const Words& words, LocationConf& conf);

inline constexpr Directive bearerDirectives[] = {
    {"scalekit_bearer", everywhere | NGX_CONF_TAKE123,
     guarded<Guarded::bearer, once<&LocationConf::bearer, setBearer>>},
    {"scalekit_audience", everywhere | NGX_CONF_1MORE,
     guarded<Guarded::audience, slot<&LocationConf::audiences, setAudience>>},
    {"scalekit_token", everywhere | NGX_CONF_TAKE1,
     guarded<Guarded::token, slot<&LocationConf::token, setToken>>},
    {"scalekit_require", everywhere | NGX_CONF_1MORE,
     guarded<Guarded::require, repeated<LocationConf, setClaimRule>>},
};

/** The part of mergeLocationConf() that is about bearer tokens and claim rules. */
bool mergeBearerConf(ngx_conf_t* cf, const LocationConf& prev, LocationConf& conf);

}  // namespace scalekit
