#pragma once

#include "nginx/identity/context.hpp"

#include <string>

namespace scalekit {

/**
 * Judges the context's identity by the place's scalekit_require lines, anew on each request: the
 * first line that does not hold, nullptr when all do.
 */
const Requirement* findUnmet(ngx_http_request_t* r, const Context& context,
                             const LocationConf& conf) noexcept;

/**
 * The scopes that the place asks for, joined by spaces (RFC 6750 section 3): of each line that
 * names scopes the one that the identity has, or else the first.
 */
std::string neededScopes(const Context& context, const LocationConf& conf);

}  // namespace scalekit
