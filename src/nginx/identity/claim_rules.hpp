#pragma once

#include "nginx/identity/context.hpp"

#include <string>

namespace scalekit {

/**
 * Judges a caller by the location's scalekit_require lines, anew on each request: the first line
 * that does not hold, nullptr when all do.
 */
const ClaimRule* findUnmetRule(ngx_http_request_t* r, const Caller& caller,
                               const LocationConf& conf) noexcept;

/**
 * The scopes that the location asks for, joined by spaces (RFC 6750 section 3): of each line that
 * names scopes the one that the caller has, or else the first.
 */
std::string neededScopes(ngx_http_request_t* r, const Caller& caller, const LocationConf& conf);

/** For the log: a rule that does not hold, and what the identity has there. */
std::string ruleFinding(std::string_view rule, const IdentityView& identity,
                        std::string_view claim);

}  // namespace scalekit
