#pragma once

#include "nginx/identity.hpp"
#include "oidc/bearer.hpp"

namespace scalekit {

/** What the request offers where its place takes bearer tokens. */
Credentials credentialsOf(ngx_http_request_t* r, const LocationConf& conf) noexcept;

/**
 * The verdict on a bearer token: Reason::none with the identity in the context, else why the token
 * is not good here. Never waits: key_unknown and signature_invalid may be a matter of newer keys,
 * provider_unavailable one of having any.
 */
Reason findBearer(Context& context, const LocationConf& conf, const Demand& demand,
                  std::string_view token);

/** What the answer to a request without a good bearer token says, for refuse(). */
Refusal bearerRefusal(const Context& context, const LocationConf& conf, const Verdict& verdict);

}  // namespace scalekit
