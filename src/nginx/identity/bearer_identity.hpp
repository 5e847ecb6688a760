#pragma once

#include "nginx/identity/context.hpp"
#include "oidc/bearer.hpp"

namespace scalekit {

/** What the request offers where its location takes bearer tokens; Reason::internal without memory.
 */
Result<Credentials> credentialsOf(ngx_http_request_t* r, const LocationConf& conf) noexcept;

/**
 * Whose bearer token it is, if it is good here and fits the constraint; else why not. Never waits:
 * key_unknown and signature_invalid may be a matter of newer keys, provider_unavailable one of
 * having any. The context has whose it is where it is good but does not fit.
 */
Result<Caller> findBearer(Context& context, const LocationConf& conf,
                          const TenantConstraint& constraint, std::string_view token);

}  // namespace scalekit
