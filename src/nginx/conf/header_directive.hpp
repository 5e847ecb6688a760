#pragma once

#include "nginx/conf/conf.hpp"
#include "nginx/ngx/directive.hpp"

/** scalekit_set_header: headers for the upstream besides the identity headers. */
namespace scalekit {

std::string setHeader(ngx_conf_t* cf, const Words& words, LocationConf& conf);

/** A header's name as nginx keeps it; throws std::bad_alloc. */
HeaderName headerName(ngx_pool_t* pool, std::string_view name);

/** How names of headers are compared: lower case, '-' for '_', as applications fold them. */
std::string foldedName(std::string_view name);

/**
 * The part of mergeLocationConf() that is about these lines, after the prefix of the identity
 * headers: a line takes the place of an outer one of the same name, the others stay. What clients
 * send under a name is removed in all of the server. False, with a message, for a name below the
 * prefix.
 */
bool mergeSetHeaders(ngx_conf_t* cf, const LocationConf& prev, LocationConf& conf);

}  // namespace scalekit
