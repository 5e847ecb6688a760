#include "nginx/identity/identity.hpp"

#include "nginx/identity/bearer.hpp"
#include "nginx/ngx/interop.hpp"
#include "nginx/identity/requirements.hpp"
#include "session/requirement.hpp"

namespace scalekit {

bool newerKeysMayHelp(const Verdict& verdict) noexcept
{
    return verdict.token &&
           (verdict.reason == Reason::key_unknown || verdict.reason == Reason::signature_invalid);
}

Verdict findCaller(Context& context, const LocationConf& conf, const Demand& demand)
{
    if (demand.reason != Reason::none) {
        return {demand.reason};
    }
    if (conf.takesTokens()) {
        const Result<Credentials> credentials = credentialsOf(context.request, conf);
        if (!credentials) {
            return {credentials.error(), true};
        }
        switch (credentials->kind) {
        case Credentials::Kind::token:
            return {findBearer(context, conf, demand, credentials->token), true};
        case Credentials::Kind::malformed:
            return {Reason::request_malformed, true};
        case Credentials::Kind::none:
            break;
        }
    }
    return {conf.takesCookies() ? findSession(context, conf, demand) : Reason::unauthenticated};
}

void checkRequirements(ngx_http_request_t* r, const Context& context, const LocationConf& conf,
                       Verdict& verdict)
{
    verdict.unmet = findUnmet(r, context, conf);
    if (verdict.unmet != nullptr) {
        verdict.reason = namesScopes(view(verdict.unmet->claim)) ? Reason::insufficient_scope
                                                                 : Reason::requirement_unmet;
    }
}

Verdict findIdentity(ngx_http_request_t* r, Context& context, const LocationConf& conf,
                     const Demand& demand)
{
    static_cast<Caller&>(context) = {};
    Verdict verdict = findCaller(context, conf, demand);
    if (verdict.reason == Reason::none) {
        checkRequirements(r, context, conf, verdict);
    }
    if (verdict.reason != Reason::none) {
        context.environment = nullptr;
    }
    return verdict;
}

}  // namespace scalekit
