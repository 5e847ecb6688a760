#include "nginx/identity/constraints.hpp"

#include "base/log_text.hpp"
#include "nginx/ngx/directive.hpp"

namespace scalekit {

namespace {

Reason evaluateTenant(ngx_http_request_t* r, TenantValue* tenant, std::string_view& out) noexcept
{
    if (tenant == nullptr) {
        return Reason::none;
    }
    if (!evaluate(r, &tenant->value, out)) {
        return Reason::internal;
    }
    return out.empty() && !tenant->optional ? Reason::tenant_unknown : Reason::none;
}

}  // namespace

Result<TenantConstraint> evaluateConstraint(ngx_http_request_t* r,
                                            const LocationConf& conf) noexcept
{
    TenantConstraint constraint;
    Reason reason = evaluateTenant(r, conf.organizationId, constraint.organization);
    if (reason == Reason::none) {
        reason = evaluateTenant(r, conf.connectionId, constraint.connection);
    }
    return reason == Reason::none ? Result<TenantConstraint>(constraint)
                                  : Result<TenantConstraint>(reason);
}

std::string tenantFinding(Reason reason, const IdentityView& identity,
                          const TenantConstraint& expected)
{
    switch (reason) {
    case Reason::organization_mismatch:
        return expectedAndFound("organization", expected.organization, identity.organization);
    case Reason::connection_mismatch:
        return expectedAndFound("connection", expected.connection, identity.connection);
    default:
        return {};
    }
}

}  // namespace scalekit
