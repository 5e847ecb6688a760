#include "nginx/module/access.hpp"

#include "nginx/identity/bearer.hpp"
#include "nginx/endpoint/endpoints.hpp"
#include "nginx/identity/identity.hpp"
#include "nginx/ngx/interop.hpp"
#include "nginx/endpoint/provider_wait.hpp"
#include "nginx/identity/request_headers.hpp"
#include "nginx/answer/respond.hpp"
#include "nginx/identity/session_cookie.hpp"
#include "nginx/module/subrequest.hpp"
#include "nginx/identity/variables.hpp"

namespace scalekit {

namespace {

ngx_int_t accept(Context& context, const LocationConf& conf)
{
    context.error = Reason::none;
    context.judged = true;
    forgetVariables(context.request);
    if ((!context.bearer && !renewSession(context)) ||
        (conf.identityHeaders && !addIdentityHeaders(context.request, context, conf))) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    context.scrubbed = true;  // identity headers are the module's own from here on
    return NGX_OK;
}

bool sendsToLogin(ngx_http_request_t* r, const LocationConf& conf) noexcept
{
    if (satisfyAny(r) && requestHeader(r, "authorization").data() != nullptr) {
        return false;  // a redirect would end the phase before auth_basic sees its credentials
    }
    switch (static_cast<Unauthenticated>(conf.unauthenticated)) {
    case Unauthenticated::redirect:
        return true;
    case Unauthenticated::automatic:
        return navigation(r);
    case Unauthenticated::unauthorized:
    case Unauthenticated::pass:
        break;
    }
    return false;
}

ngx_int_t answerStranger(Context& context, const LocationConf& conf, const Demand& demand,
                         const Verdict& verdict)
{
    ngx_http_request_t* r = context.request;
    const Environment& environment = *conf.environment;
    const Reason reason = verdict.reason;
    context.error = reason;
    context.judged = true;
    forgetVariables(r);

    if (static_cast<Unauthenticated>(conf.unauthenticated) == Unauthenticated::pass) {
        return NGX_DECLINED;
    }
    if (!conf.takesCookies() || onErrorPage(context) || !sendsToLogin(r, conf)) {
        Refusal refusal = conf.takesTokens()
                              ? challengingRefusal(context, conf, verdict)
                              : Refusal{.reason = reason, .environment = environment.name};
        if (conf.takesCookies()) {
            refusal.loginUrl = environment.loginPath;
        }
        return deny(context, std::move(refusal));
    }
    if ((reason == Reason::unauthenticated || reason == Reason::session_invalid) &&
        loginsJustCompleted(context, environment) >= markLimit) {
        return refuse(context, {.reason = Reason::session_lost, .environment = environment.name});
    }
    std::optional<Routing> routing = evaluateRouting(r, conf, demand.tenant);
    if (!routing) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    return beginLogin(context, environment, {currentUrl(r), std::move(*routing)});
}

/** A token is refused only once it is clear that newer keys, or any keys at all, will not help. */
ngx_int_t answerBadToken(Context& context, const LocationConf& conf, const Verdict& verdict)
{
    const Environment& environment = *conf.environment;
    const bool waits = newerKeysMayHelp(verdict) ? awaitNewerKeys(context, environment)
                                                 : verdict.reason == Reason::provider_unavailable &&
                                                       awaitProvider(context, environment);
    return waits ? suspend(context.request)
                 : deny(context, challengingRefusal(context, conf, verdict));
}

ngx_int_t answerUnmet(Context& context, const LocationConf& conf, const Verdict& verdict)
{
    Refusal refusal =
        verdict.token ? challengingRefusal(context, conf, verdict)
                      : Refusal{.reason = verdict.reason, .environment = conf.environment->name};
    refusal.detail = view(verdict.unmet->text);
    return deny(context, std::move(refusal));
}

ngx_int_t judge(Context& context, const LocationConf& conf)
{
    ngx_http_request_t* r = context.request;
    const Environment& environment = *conf.environment;
    static_cast<Caller&>(context) = {};  // of another place, before an internal redirect
    forgetVariables(r);

    if (const Endpoint endpoint = endpointOf(r, environment);
        endpoint != Endpoint::none && conf.takesCookies()) {
        return serveEndpoint(endpoint, context, environment, conf);
    }

    const Demand demand = evaluateDemand(r, conf);
    if (demand.reason != Reason::none) {
        return deny(context, {.reason = demand.reason, .environment = environment.name});
    }
    const Verdict verdict = findIdentity(r, context, conf, demand);
    if (verdict.reason == Reason::none) {
        // what set and map made of it stays: a page must not be cached for nobody
        return context.shownNobodyIn == &conf
                   ? deny(context, {.reason = Reason::provider_unavailable,
                                    .environment = environment.name,
                                    .detail = "variables were needed before the keys were there"})
                   : accept(context, conf);
    }
    if (verdict.unmet != nullptr) {
        return answerUnmet(context, conf, verdict);
    }
    return verdict.token ? answerBadToken(context, conf, verdict)
                         : answerStranger(context, conf, demand, verdict);
}

}  // namespace

ngx_int_t checkAccess(ngx_http_request_t* r) noexcept
try {
    const LocationConf& conf = *locationConf(r);
    if (conf.environment == nullptr) {
        return NGX_DECLINED;
    }
    Context* context = obtainContext(r);
    return context != nullptr ? judge(*context, conf) : NGX_HTTP_INTERNAL_SERVER_ERROR;
} catch (...) {
    logLine(NGX_LOG_CRIT, r->connection->log, "out of memory, the request is refused");
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}

ngx_int_t prepareRequest(ngx_http_request_t* r) noexcept
try {
    if (r == r->main) {
        return scrubRequest(r);
    }
    const LocationConf& conf = *locationConf(r);
    if (conf.environment != nullptr) {
        return prepareSubrequest(r, conf);
    }
    return conf.identityHeaders || removeIdentityHeaders(r) ? NGX_DECLINED
                                                            : NGX_HTTP_INTERNAL_SERVER_ERROR;
} catch (...) {
    logLine(NGX_LOG_CRIT, r->connection->log, "out of memory, the request is refused");
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}

}  // namespace scalekit
