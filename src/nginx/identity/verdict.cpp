#include "nginx/identity/verdict.hpp"

#include "nginx/identity/bearer_identity.hpp"
#include "nginx/identity/claim_rules.hpp"
#include "nginx/identity/constraints.hpp"
#include "nginx/identity/session_cookie.hpp"
#include "session/scopes.hpp"

namespace scalekit {

namespace {

Verdict verdictOn(Result<Caller> caller, bool token)
{
    Verdict verdict{caller.error(), token};
    if (caller) {
        verdict.caller = *caller;
    }
    return verdict;
}

}  // namespace

bool newerKeysMayHelp(const Verdict& verdict) noexcept
{
    return verdict.token &&
           (verdict.reason == Reason::key_unknown || verdict.reason == Reason::signature_invalid);
}

bool keysMayHelp(const Verdict& verdict) noexcept
{
    return newerKeysMayHelp(verdict) || verdict.reason == Reason::provider_unavailable;
}

Result<Caller> findSession(Context& context, const LocationConf& conf,
                           const Result<TenantConstraint>& constraint)
{
    if (!constraint) {
        return constraint.error();
    }
    Result<Caller> caller = loadSession(context, *conf.environment, &context.proved);
    if (caller) {
        const Reason reason = checkTenant(caller->identity(), *constraint);
        if (reason != Reason::none) {
            context.proved = caller->record;
            context.finding = tenantFinding(reason, caller->identity(), *constraint);
            return reason;
        }
    }
    return caller;
}

Verdict findCaller(Context& context, const LocationConf& conf,
                   const Result<TenantConstraint>& constraint)
{
    if (!constraint) {
        return {constraint.error()};
    }
    if (conf.takesTokens()) {
        const Result<Credentials> credentials = credentialsOf(context.request, conf);
        if (!credentials) {
            return {credentials.error(), true};
        }
        switch (credentials->kind) {
        case Credentials::Kind::token:
            return verdictOn(findBearer(context, conf, *constraint, credentials->token), true);
        case Credentials::Kind::malformed:
            return {Reason::request_malformed, true};
        case Credentials::Kind::none:
            break;
        }
    }
    return conf.takesCookies() ? verdictOn(findSession(context, conf, constraint), false)
                               : Verdict();
}

void checkClaimRules(ngx_http_request_t* r, const LocationConf& conf, Verdict& verdict)
{
    verdict.unmet = findUnmetRule(r, *verdict.caller, conf);
    if (verdict.unmet != nullptr) {
        verdict.reason = namesScopes(verdict.unmet->claim) ? Reason::insufficient_scope
                                                           : Reason::requirement_unmet;
        if (Context* context = findContext(r); context != nullptr) {
            context->finding =
                ruleFinding(verdict.unmet->text, verdict.caller->identity(), verdict.unmet->claim);
        }
    }
}

Verdict judgeCaller(Context& context, const LocationConf& conf,
                    const Result<TenantConstraint>& constraint)
{
    Verdict verdict = findCaller(context, conf, constraint);
    context.setCaller(verdict.caller);  // the values of claim rules may hold variables
    if (verdict.caller) {
        checkClaimRules(context.request, conf, verdict);
    }
    if (verdict.reason != Reason::none) {
        if (verdict.caller) {
            context.proved = verdict.caller->record;
        }
        context.setCaller(std::nullopt);
    }
    return verdict;
}

}  // namespace scalekit
