#pragma once

#include "nginx/conf/conf.hpp"
#include "nginx/ngx/directive.hpp"

/** scalekit_resource: an API that describes itself. */
namespace scalekit {

std::string setResource(ngx_conf_t* cf, const Words& words, LocationConf& conf);

inline constexpr Directive resourceDirectives[] = {
    {"scalekit_resource", NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE123,
     once<&LocationConf::resource, setResource>},
};

/** Makes the metadata of the location's own resource, now that it is known who guards it. */
bool completeResource(ngx_conf_t* cf, const LocationConf& conf);

}  // namespace scalekit
