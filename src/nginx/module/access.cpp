#include "nginx/module/access.hpp"

#include "nginx/answer/challenge.hpp"
#include "nginx/answer/respond.hpp"
#include "nginx/endpoint/callback.hpp"
#include "nginx/endpoint/endpoints.hpp"
#include "nginx/endpoint/provider_wait.hpp"
#include "nginx/endpoint/sign_in.hpp"
#include "nginx/identity/constraints.hpp"
#include "nginx/identity/request_headers.hpp"
#include "nginx/identity/session_cookie.hpp"
#include "nginx/module/subrequest.hpp"
#include "nginx/ngx/headers.hpp"

namespace scalekit {

namespace {

ngx_int_t accept(Context& context, const LocationConf& conf)
{
    const Caller& caller = *context.caller();
    setVerdict(context, Reason::none);
    context.renews = true;
    if (!addIdentityHeaders(context.request, caller, conf)) {
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

ngx_int_t answerUnauthenticated(Context& context, const LocationConf& conf,
                                const TenantConstraint& constraint, const Verdict& verdict)
{
    ngx_http_request_t* r = context.request;
    const Environment& environment = *conf.environment;
    const Reason reason = verdict.reason;
    setVerdict(context, reason);

    if (static_cast<Unauthenticated>(conf.unauthenticated) == Unauthenticated::pass) {
        return NGX_DECLINED;
    }
    if (!conf.takesCookies() || onErrorPage(context) || !sendsToLogin(r, conf)) {
        Refusal refusal = conf.takesTokens()
                              ? challengingRefusal(context.request, conf, verdict)
                              : Refusal{.reason = reason, .environment = environment.name};
        if (conf.takesCookies()) {
            refusal.loginUrl = loginLink(environment, constraint, "");
        }
        return refuseOnErrorPage(context, std::move(refusal));
    }
    if ((reason == Reason::unauthenticated || reason == Reason::session_invalid ||
         reason == Reason::session_ended) &&
        completedLogins(context, environment) >= completedLoginsLimit) {
        return refuse(context, {.reason = Reason::session_lost, .environment = environment.name});
    }
    if (bringsState(r, environment)) {
        return refuseStrayCallback(context, environment);
    }
    std::optional<Routing> routing = evaluateRouting(r, conf, constraint);
    if (!routing) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    return beginLogin(context, environment, {currentUrl(r, environment), std::move(*routing)});
}

/** A token is refused only once it is clear that newer keys, or any keys at all, will not help. */
ngx_int_t answerBadToken(Context& context, const LocationConf& conf, const Verdict& verdict)
{
    const Environment& environment = *conf.environment;
    const bool waits =
        (verdict.reason == Reason::provider_unavailable && awaitProvider(context, environment)) ||
        (keysMayHelp(verdict) && awaitKeys(context, environment));
    return waits ? suspend(context.request)
                 : refuseOnErrorPage(context, challengingRefusal(context.request, conf, verdict));
}

ngx_int_t answerUnmet(Context& context, const LocationConf& conf, const Verdict& verdict)
{
    Refusal refusal =
        verdict.token ? challengingRefusal(context.request, conf, verdict)
                      : Refusal{.reason = verdict.reason, .environment = conf.environment->name};
    return refuseOnErrorPage(context, std::move(refusal));
}

ngx_int_t judge(Context& context, const LocationConf& conf)
{
    ngx_http_request_t* r = context.request;
    const Environment& environment = *conf.environment;
    context.guarded = true;
    forgetCaller(context);  // of another location, before an internal redirect
    if (!onErrorPage(context)) {
        context.proved = {};  // likewise
        context.finding.clear();
    }
    context.renews = false;

    if (const auto endpoint = endpointOf(context, environment); endpoint && conf.takesCookies()) {
        return serveEndpoint(*endpoint, context, conf);
    }

    const Result<TenantConstraint> constraint = evaluateConstraint(r, conf);
    if (!constraint) {
        return refuseOnErrorPage(context,
                                 {.reason = constraint.error(), .environment = environment.name});
    }
    const Verdict verdict = judgeCaller(context, conf, constraint);
    if (verdict.reason == Reason::none) {
        if (!context.lookedTooEarly) {
            return accept(context, conf);
        }
        // what set and map made of it stays: a page must not be cached for nobody
        context.setCaller(std::nullopt);
        return refuseOnErrorPage(context,
                                 {.reason = Reason::provider_unavailable,
                                  .environment = environment.name,
                                  .detail = "variables were needed before the keys were there"});
    }
    if (verdict.unmet != nullptr) {
        return answerUnmet(context, conf, verdict);
    }
    return verdict.token ? answerBadToken(context, conf, verdict)
                         : answerUnauthenticated(context, conf, *constraint, verdict);
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

ngx_int_t beginLog(ngx_http_request_t* r) noexcept
{
    if (Context* context = r == r->main ? findContext(r) : nullptr; context != nullptr) {
        context->logging = true;
    }
    return NGX_OK;
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
    // a subrequest may come before the main request was cleaned, such as one of rewrite_by_lua
    const Context* context = findContext(r);
    const bool clean = context != nullptr && context->scrubbed;
    return (clean && conf.identityHeaders) || removeIdentityHeaders(r)
               ? NGX_DECLINED
               : NGX_HTTP_INTERNAL_SERVER_ERROR;
} catch (...) {
    logLine(NGX_LOG_CRIT, r->connection->log, "out of memory, the request is refused");
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}

}  // namespace scalekit
