#pragma once

#include "nginx/identity/identity.hpp"
#include "oidc/bearer.hpp"

namespace scalekit {

/** What the request offers where its place takes bearer tokens; Reason::internal without memory. */
Result<Credentials> credentialsOf(ngx_http_request_t* r, const LocationConf& conf) noexcept;

/**
 * The verdict on a bearer token: Reason::none with the identity in the context, else why the token
 * is not good here. Never waits: key_unknown and signature_invalid may be a matter of newer keys,
 * provider_unavailable one of having any.
 */
Reason findBearer(Context& context, const LocationConf& conf, const Demand& demand,
                  std::string_view token);

/**
 * What a refusal says at a place that takes bearer tokens, to who brought one or nothing: with the
 * challenge of RFC 6750 where a token, or another one, would help.
 */
Refusal challengingRefusal(const Context& context, const LocationConf& conf,
                           const Verdict& verdict);

}  // namespace scalekit
