#pragma once

#include "nginx/identity/verdict.hpp"

namespace scalekit {

/**
 * What a refusal says at a location that takes bearer tokens, to a client that brought one or
 * nothing: with the challenge of RFC 6750 where a token, or another one, would help.
 */
Refusal challengingRefusal(ngx_http_request_t* r, const LocationConf& conf, const Verdict& verdict);

}  // namespace scalekit
