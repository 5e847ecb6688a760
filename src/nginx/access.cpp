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

/** On the way to an error_page: a login begun from there would loop, and the answer is known. */
bool onErrorPage(const Context& context) noexcept
{
    // `error_page 403 = /place` clears err_status
    return context.request->err_status != 0 || context.leftToErrorPage;
}

/** What a stranger gets instead of a guarded error page: our refusal, or nginx's own page. */
ngx_int_t answerPlainly(Context& context)
{
    return context.refusal ? refuseAgain(context)
                           : static_cast<ngx_int_t>(context.request->err_status);
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
        return answerPlainly(context);
    }
    if (!sendsToLogin(r, conf)) {
        return refuse(
            context,
            {.reason = reason, .environment = environment.name, .loginUrl = environment.loginPath});
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

ngx_int_t judge(Context& context, const Environment& environment, const LocationConf& conf)
{
    ngx_http_request_t* r = context.request;
    if (const Endpoint endpoint = endpointOf(r, environment); endpoint != Endpoint::none) {
        return serveEndpoint(endpoint, context, environment, conf);
    }

    const Demand demand = evaluateDemand(r, conf);
    const Reason reason = findSession(context, conf, demand);
    if (demand.reason != Reason::none) {
        return onErrorPage(context)
                   ? answerPlainly(context)
                   : refuse(context, {.reason = demand.reason, .environment = environment.name});
    }
    return reason == Reason::none ? accept(context, conf)
                                  : answerStranger(context, environment, conf, demand, reason);
}

/** The verdict on a subrequest by its own place; the main request keeps the one it has. */
Reason judgeSubrequest(ngx_http_request_t* r, Context& context, const LocationConf& conf)
{
    const Environment* const environment = context.environment;
    const SessionView session = context.session;
    const std::string_view record = context.record;

    const Reason reason = findSession(context, conf, evaluateDemand(r, conf));
    context.environment = environment;
    context.session = session;
    context.record = record;
    return reason;
}

/**
 * A subrequest cannot be redirected or asked to wait: it passes with a session of its place, or it
 * is refused. The identity headers that it shares with the main request stay only where they are of
 * the same environment.
 */
ngx_int_t prepareSubrequest(ngx_http_request_t* r, const LocationConf& conf)
{
    Context* context = obtainContext(r);
    if (context == nullptr) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    if (static_cast<Unauthenticated>(conf.unauthenticated) != Unauthenticated::pass) {
        const Reason reason = judgeSubrequest(r, *context, conf);
        if (reason != Reason::none) {
            return static_cast<ngx_int_t>(statusOf(reason));
        }
    }
    if (context->environment != conf.environment && !removeIdentityHeaders(r)) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    return NGX_DECLINED;
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
    return conf.environment == nullptr ? NGX_DECLINED : prepareSubrequest(r, conf);
} catch (...) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}

}  // namespace scalekit
