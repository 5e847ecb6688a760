#include "nginx/endpoint/endpoints.hpp"

#include "base/json.hpp"
#include "base/query.hpp"
#include "base/url.hpp"
#include "nginx/ngx/interop.hpp"
#include "nginx/endpoint/login.hpp"
#include "nginx/answer/pages.hpp"
#include "nginx/answer/respond.hpp"
#include "nginx/identity/session_cookie.hpp"
#include "nginx/shared/store.hpp"
#include "oidc/response.hpp"

#include <algorithm>
#include <ctime>

namespace scalekit {

namespace {

constexpr std::string_view htmlType = "text/html; charset=utf-8";

ngx_int_t methodNotAllowed(Context& context, const Environment& environment,
                           std::string_view allowed)
{
    if (!addHeader(context.request, "Allow", allowed)) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    return refuse(context, {.reason = Reason::method_not_allowed, .environment = environment.name});
}

bool reading(ngx_http_request_t* r) noexcept
{
    return (r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)) != 0;
}

/** What a link may choose of the routing: only what the place leaves open. */
bool applyArguments(const Query& query, const LocationConf& conf, Routing& routing)
{
    if (conf.organizationId == nullptr && query.find("organization_id") != nullptr) {
        routing.organization = query.value("organization_id");
    }
    if (conf.connectionId == nullptr && query.find("connection_id") != nullptr) {
        routing.connection = query.value("connection_id");
    }
    if (conf.domain == nullptr && query.find("domain") != nullptr) {
        routing.domain = query.value("domain");
    }
    if (const std::string* email = query.find("email");
        email != nullptr && conf.loginHint == nullptr) {
        const std::size_t at = email->find('@');
        if (at == 0 || at == std::string::npos || at + 1 == email->size() ||
            email->find('@', at + 1) != std::string::npos) {
            return false;
        }
        routing.loginHint = *email;
        if (conf.domain == nullptr && routing.domain.empty()) {
            routing.domain = email->substr(at + 1);
        }
    }
    return true;
}

ngx_int_t serveLogin(Context& context, const Environment& environment, const LocationConf& conf)
{
    ngx_http_request_t* r = context.request;
    if (!reading(r)) {
        return methodNotAllowed(context, environment, "GET, HEAD");
    }
    const Result<Query> query = Query::parse(view(r->args));
    if (!query) {
        return refuse(context, {.reason = query.error(),
                                .environment = environment.name,
                                .retryUrl = environment.loginPath});
    }
    if (const std::string* error = query->find("error"); error != nullptr) {
        // the provider reports here too when a login that it began went wrong; beginning another
        // one would loop
        return refuse(context, {.reason = Reason::provider_error,
                                .environment = environment.name,
                                .detail = knownProviderError(*error),
                                .sentence = providerErrorSentence(*error),
                                .retryUrl = environment.loginPath});
    }

    const Demand demand = evaluateDemand(r, conf);
    if (demand.reason != Reason::none) {
        return refuse(context, {.reason = demand.reason, .environment = environment.name});
    }
    std::optional<Routing> routing = evaluateRouting(r, conf, demand.tenant);
    if (!routing) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    if (!applyArguments(*query, conf, *routing)) {
        return refuse(context, {.reason = Reason::request_malformed,
                                .environment = environment.name,
                                .detail = "email is not an address",
                                .retryUrl = environment.loginPath});
    }

    const std::string returnUrl = safeReturnUrl(query->value("return_to"));
    if (loadSession(context, environment) == Reason::none &&
        checkTenant(context.session, {routing->organization, routing->connection}) ==
            Reason::none) {
        return sendRedirect(r, returnUrl);
    }
    context.environment = nullptr;
    return beginLogin(context, environment, {returnUrl, std::move(*routing)});
}

/**
 * True when the browser says that another site is behind the request, even one of the same
 * registrable domain.
 */
bool fromElsewhere(ngx_http_request_t* r, const Environment& environment)
{
    const std::string_view site = requestHeader(r, "sec-fetch-site");
    if (site.data() != nullptr) {
        return site != "same-origin" && site != "none";
    }
    const std::string_view origin = requestHeader(r, "origin");
    return origin.data() != nullptr && origin != publicOrigin(r, environment);
}

ngx_int_t endSession(Context& context, const Environment& environment)
{
    ngx_http_request_t* r = context.request;
    if (loadSession(context, environment) == Reason::none) {
        spendId(mainConf(r)->zone, context.session.id, wallClock(), sessionEnd(context));
    }
    context.environment = nullptr;
    if (!deleteSessionCookie(context, environment) ||
        (loginsJustCompleted(context, environment) > 0 &&
         !setLoginCookie(context, environment, "", std::chrono::seconds(0)))) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    if (wantsPage(r)) {
        // what a GET shows without a session is that it is gone
        return reading(r) ? sendBody(r, NGX_HTTP_OK, htmlType, signedOutPage(environment.loginPath))
                          : sendRedirect(r, environment.logoutPath);
    }
    return sendBody(r, NGX_HTTP_OK, "application/json", "{\"ok\":true}\n");
}

ngx_int_t serveLogout(Context& context, const Environment& environment)
{
    ngx_http_request_t* r = context.request;
    if (r->method == NGX_HTTP_POST) {
        return fromElsewhere(r, environment) ? refuse(context, {.reason = Reason::cross_site,
                                                                .environment = environment.name})
                                             : endSession(context, environment);
    }
    if (!reading(r)) {
        return methodNotAllowed(context, environment, "GET, HEAD, POST");
    }

    const bool signedIn = loadSession(context, environment) == Reason::none;
    context.environment = nullptr;
    if (!signedIn) {
        return sendBody(r, NGX_HTTP_OK, htmlType, signedOutPage(environment.loginPath));
    }
    const bool linkOfThisSite = requestHeader(r, "sec-fetch-site") == "same-origin" &&
                                requestHeader(r, "sec-fetch-mode") == "navigate" &&
                                requestHeader(r, "sec-purpose").data() == nullptr;
    return linkOfThisSite ? endSession(context, environment)
                          : sendBody(r, NGX_HTTP_OK, htmlType, logoutPage(environment.logoutPath));
}

std::string rfc3339(std::chrono::sys_seconds time)
{
    const std::time_t seconds = time.time_since_epoch().count();
    std::tm parts = {};
    gmtime_r(&seconds, &parts);
    char text[32];
    const std::size_t size = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return std::string(text, size);
}

std::string sessionJson(const Context& context)
{
    const SessionView& session = context.session;
    const auto orNull = [](std::string_view value) {
        return value.empty() ? std::string("null") : quoteJson(value);
    };

    std::string json = "{\"user\":{\"id\":" + quoteJson(session.subject);
    json += ",\"name\":" + orNull(session.name);
    json += ",\"email\":" + orNull(session.email);
    json += ",\"image\":" + orNull(session.picture);
    json += "},\"organization\":" + orNull(session.organization);
    json += ",\"expires\":" + quoteJson(rfc3339(sessionEnd(context)));
    return json + "}\n";
}

ngx_int_t serveSession(Context& context, const Environment& environment, const LocationConf& conf)
{
    ngx_http_request_t* r = context.request;
    if (!reading(r)) {
        return methodNotAllowed(context, environment, "GET, HEAD");
    }
    Reason reason = findSession(context, conf, evaluateDemand(r, conf));
    if (reason == Reason::organization_mismatch || reason == Reason::connection_mismatch) {
        reason = Reason::unauthenticated;  // a session of another tenant is none here
    }
    if (reason != Reason::none) {
        context.environment = nullptr;
        return refuse(context, {.reason = reason,
                                .environment = environment.name,
                                .loginUrl = environment.loginPath,
                                .json = true});
    }
    if (!renewSession(context)) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    return sendBody(r, NGX_HTTP_OK, "application/json", sessionJson(context));
}

}  // namespace

Endpoint endpointOf(ngx_http_request_t* r, const Environment& environment) noexcept
{
    const std::string_view path = view(r->uri);
    if (path == environment.callbackPath) {
        return Endpoint::callback;
    }
    if (!path.starts_with(environment.basePath)) {
        return Endpoint::none;
    }
    return path == environment.loginPath     ? Endpoint::login
           : path == environment.logoutPath  ? Endpoint::logout
           : path == environment.sessionPath ? Endpoint::session
                                             : Endpoint::none;
}

ngx_int_t serveEndpoint(Endpoint endpoint, Context& context, const Environment& environment,
                        const LocationConf& conf)
{
    switch (endpoint) {
    case Endpoint::callback:
        return handleCallback(context, environment, conf);
    case Endpoint::login:
        return serveLogin(context, environment, conf);
    case Endpoint::logout:
        return serveLogout(context, environment);
    case Endpoint::session:
        return serveSession(context, environment, conf);
    case Endpoint::none:
        break;
    }
    return NGX_DECLINED;
}

std::chrono::sys_seconds sessionEnd(const Context& context) noexcept
{
    if (context.bearer) {
        return context.tokenExpires;
    }
    const SessionLimits& limits = context.environment->limits;
    return std::min(context.session.created + limits.lifetime, context.session.seen + limits.idle);
}

}  // namespace scalekit
