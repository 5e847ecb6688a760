#pragma once

#include "nginx/conf/conf.hpp"
#include "nginx/ngx/directive.hpp"

/** The directives about bearer tokens and about what a location demands of an identity. */
namespace scalekit {

std::string setBearer(ngx_conf_t* cf, const Words& words, LocationConf& conf);
std::string setAudience(ngx_conf_t* cf, const Words& words, std::vector<std::string>*& audiences);
std::string setToken(ngx_conf_t* cf, const Words& words, ngx_http_complex_value_t*& token);
std::string setClaimRule(ngx_conf_t* cf, const Words& words, LocationConf& conf);

inline constexpr Directive bearerDirectives[] = {
    {"scalekit_bearer", everywhere | NGX_CONF_TAKE123, once<&LocationConf::bearer, setBearer>},
    {"scalekit_audience", everywhere | NGX_CONF_1MORE, slot<&LocationConf::audiences, setAudience>},
    {"scalekit_token", everywhere | NGX_CONF_TAKE1, slot<&LocationConf::token, setToken>},
    {"scalekit_require", everywhere | NGX_CONF_1MORE, repeated<LocationConf, setClaimRule>},
};

/** The part of mergeLocationConf() that is about bearer tokens and claim rules. */
bool mergeBearerConf(ngx_conf_t* cf, const LocationConf& prev, LocationConf& conf);

/** Refuses a scalekit_bearer or scalekit_require without any scalekit_auth to take effect. */
ngx_int_t checkGuardLines(ngx_conf_t* cf) noexcept;

}  // namespace scalekit
