#include "nginx/access.hpp"

#include "nginx/endpoints.hpp"
#include "nginx/interop.hpp"
#include "nginx/login.hpp"
#include "nginx/request_headers.hpp"
#include "nginx/respond.hpp"
#include "nginx/session_cookie.hpp"
#include "nginx/variables.hpp"

namespace scalekit {

namespace {

ngx_int_t accept(Context& context, const LocationConf& conf)
{
    context.error = Reason::none;
    context.judged = true;
    forgetVariables(context.request);
    if (!renewSession(context) || (conf.identityHeaders && !addIdentityHeaders(context, conf))) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    return NGX_OK;
}

/**
 * True when the administrator's error_page for our own refusal led here: beginning a login from it
 * would loop.
 */
bool onErrorPage(const Context& context) noexcept
{
    return context.refusal.has_value() && context.request->err_status != 0;
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

ngx_int_t answerStranger(Context& context, const Environment& environment, const LocationConf& conf,
                         const Demand& demand, Reason reason)
{
    ngx_http_request_t* r = context.request;
    context.environment = nullptr;
    context.error = reason;
    context.judged = true;
    forgetVariables(r);

    if (static_cast<Unauthenticated>(conf.unauthenticated) == Unauthenticated::pass) {
        return NGX_DECLINED;
    }
    if (onErrorPage(context)) {
        return refuseAgain(context);
    }
    if (!sendsToLogin(r, conf)) {
        return refuse(
            context,
            {.reason = reason, .environment = environment.name, .loginUrl = environment.loginPath});
    }
    std::optional<Routing> routing = evaluateRouting(r, conf, demand.tenant);
    if (!routing) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    return beginLogin(context, environment, {currentUrl(r), std::move(*routing)});
}

ngx_int_t judge(Context& context, const Environment& environment, const LocationConf& conf)
{
    ngx_http_request_t* r = context.request;
    if (const Endpoint endpoint = endpointOf(r, environment); endpoint != Endpoint::none) {
        return serveEndpoint(endpoint, context, environment, conf);
    }

    const Demand demand = evaluateDemand(r, conf);
    if (demand.reason != Reason::none) {
        context.environment = nullptr;
        return onErrorPage(context)
                   ? refuseAgain(context)
                   : refuse(context, {.reason = demand.reason, .environment = environment.name});
    }
    Reason reason = loadSession(context, environment);
    if (reason == Reason::none) {
        reason = checkTenant(context.session, demand.tenant);
    }
    return reason == Reason::none ? accept(context, conf)
                                  : answerStranger(context, environment, conf, demand, reason);
}

/**
 * A subrequest cannot be redirected or asked to wait: it passes with a session of this place, or it
 * is refused.
 */
ngx_int_t judgeSubrequest(ngx_http_request_t* r, const LocationConf& conf)
{
    if (static_cast<Unauthenticated>(conf.unauthenticated) == Unauthenticated::pass) {
        return NGX_DECLINED;
    }
    Context* context = obtainContext(r);
    if (context == nullptr) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    const Demand demand = evaluateDemand(r, conf);
    if (demand.reason != Reason::none) {
        return NGX_HTTP_FORBIDDEN;
    }

    // the main request keeps the verdict on its own place
    const Environment* const mainEnvironment = context->environment;
    const SessionView mainSession = context->session;
    const std::string_view mainRecord = context->record;
    Reason reason = loadSession(*context, *conf.environment);
    if (reason == Reason::none) {
        reason = checkTenant(context->session, demand.tenant);
    }
    context->environment = mainEnvironment;
    context->session = mainSession;
    context->record = mainRecord;

    return reason == Reason::none ? NGX_DECLINED : static_cast<ngx_int_t>(statusOf(reason));
}

}  // namespace

ngx_int_t checkAccess(ngx_http_request_t* r) noexcept
try {
    const LocationConf& conf = *locationConf(r);
    if (conf.environment == nullptr) {
        return NGX_DECLINED;
    }
    Context* context = obtainContext(r);
    return context != nullptr ? judge(*context, *conf.environment, conf)
                              : NGX_HTTP_INTERNAL_SERVER_ERROR;
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
    return conf.environment == nullptr ? NGX_DECLINED : judgeSubrequest(r, conf);
} catch (...) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}

}  // namespace scalekit
