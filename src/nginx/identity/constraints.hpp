#pragma once

#include "nginx/conf/conf.hpp"

namespace scalekit {

/**
 * Evaluates the tenant directives of a location for this request; the values live in the request's
 * pool. tenant_unknown when one is empty that must not be, internal without memory.
 */
Result<TenantConstraint> evaluateConstraint(ngx_http_request_t* r,
                                            const LocationConf& conf) noexcept;

/** For the log: which tenant was expected, and of which the identity is. */
std::string tenantFinding(Reason reason, const IdentityView& identity,
                          const TenantConstraint& expected);

}  // namespace scalekit
