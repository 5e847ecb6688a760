#include "nginx/endpoint/login.hpp"

#include "base/query.hpp"
#include "base/url.hpp"
#include "crypto/random.hpp"
#include "nginx/endpoint/code_exchange.hpp"
#include "nginx/ngx/interop.hpp"
#include "nginx/endpoint/provider_wait.hpp"
#include "nginx/answer/respond.hpp"
#include "nginx/identity/session_cookie.hpp"

#include <algorithm>

namespace scalekit {

namespace {

/** The value of an optional directive; false when it cannot be evaluated. */
bool evaluate(ngx_http_request_t* r, ngx_http_complex_value_t* value,
              std::string_view& out) noexcept
{
    ngx_str_t text = {};
    if (value != nullptr && ngx_http_complex_value(r, value, &text) != NGX_OK) {
        return false;
    }
    out = view(text);
    return true;
}

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

std::string redirectUri(ngx_http_request_t* r, const Environment& environment)
{
    return publicOrigin(r, environment) + environment.callbackPath;
}

/** Where "Try again" leads after a login that came from here. */
std::string retryUrl(const Environment& environment, const LoginState& state)
{
    std::string url = environment.loginPath;
    if (!state.returnUrl.empty()) {
        std::string query;
        appendParameter(query, "return_to", state.returnUrl);
        url += "?" + query;
    }
    return url;
}

/**
 * True when the browser has a session meanwhile that fits both this place and what the login was
 * for.
 */
bool signedIn(Context& context, const Environment& environment, const Demand& demand,
              const LoginState& state) noexcept
{
    return loadSession(context, environment) == Reason::none &&
           checkTenant(context.session, demand.tenant) == Reason::none &&
           checkTenant(context.session, {state.organization, state.connection}) == Reason::none;
}

/**
 * A callback that cannot be completed: on to where it wanted to go with a session, once more
 * without one, then a page.
 */
ngx_int_t orphaned(Context& context, const Environment& environment, const LocationConf& conf,
                   const Demand& demand, const LoginState& state, Reason reason)
{
    if (signedIn(context, environment, demand, state)) {
        return sendRedirect(context.request, safeReturnUrl(state.returnUrl));
    }
    context.environment = nullptr;
    if (state.attempt == 0 && reason != Reason::login_spent) {
        std::optional<Routing> routing = evaluateRouting(context.request, conf, demand.tenant);
        if (!routing) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
        if (reason == Reason::provider_error) {
            routing->prompt.clear();  // it was prompt=none that failed
        }
        if (routing->organization.empty() && routing->connection.empty()) {
            routing->organization = state.organization;
            routing->connection = state.connection;
        }
        return beginLogin(context, environment, {state.returnUrl, std::move(*routing), 1});
    }
    return refuse(context, {.reason = reason,
                            .environment = environment.name,
                            .retryUrl = retryUrl(environment, state)});
}

ngx_int_t complete(Context& context, const Environment& environment, const LoginState& state,
                   const Done& done)
{
    const Result<std::string> id = randomBytes(sessionIdSize);
    if (!id) {
        return refuse(context, {.reason = id.error(), .environment = environment.name});
    }
    const Result<std::string> record = writeSession(done.identity, wallClock(), *id);
    const Reason reason = record ? setSessionCookie(context, environment, *record) : record.error();
    if (reason != Reason::none) {
        return refuse(context,
                      {.reason = reason,
                       .environment = environment.name,
                       .detail = "the claims of the ID token exceed what cookies can hold"});
    }
    // other logins of this browser will find the session: the login cookie has done its work
    const Result<std::string> nonce = randomBytes(sealNonceSize);
    const Result<std::string> mark =
        nonce ? sealMark(environment.party,
                         static_cast<std::uint8_t>(std::min<int>(state.completed + 1, markLimit)),
                         wallClock(), *nonce)
              : Result<std::string>(nonce.error());
    if (!mark || !setLoginCookie(context, environment, *mark, markLifetime)) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    return sendRedirect(context.request, safeReturnUrl(done.returnUrl));
}

/** Roles that a requirement looks for in vain may have been in there. */
void logUnusedToken(ngx_http_request_t* r, const Environment& environment, Reason reason)
{
    ngx_log_t plain = *r->connection->log;
    plain.handler = nullptr;  // quotes the request line, which holds the code
    std::string line = "the access token of a login is not used: reason=";
    line += word(reason);
    line += " environment=" + environment.name;
    logLine(NGX_LOG_NOTICE, &plain, line);
}

ngx_int_t conclude(Context& context, const Environment& environment)
{
    const std::optional<Step>& outcome = context.exchange->outcome();
    if (!outcome) {
        return NGX_AGAIN;
    }
    if (const auto* done = std::get_if<Done>(&*outcome)) {
        if (done->accessToken != Reason::none) {
            logUnusedToken(context.request, environment, done->accessToken);
        }
        return complete(context, environment, context.exchange->state(), *done);
    }
    const auto* refused = std::get_if<Refuse>(&*outcome);
    return refuse(context, {.reason = refused != nullptr ? refused->reason : Reason::internal,
                            .environment = environment.name,
                            .retryUrl = retryUrl(environment, context.exchange->state())});
}

ngx_int_t beginExchange(Context& context, const Environment& environment, const LocationConf& conf,
                        const Demand& demand, const ProviderCache::Snapshot& snapshot,
                        Callback callback)
{
    ngx_http_request_t* r = context.request;
    if (!spendId(mainConf(r)->zone, callback.state.id, wallClock(),
                 wallClock() + 2 * loginLifetime)) {
        return orphaned(context, environment, conf, demand, callback.state, Reason::login_spent);
    }
    const std::string retry = retryUrl(environment, callback.state);
    context.exchange = std::make_unique<CodeExchange>(r, environment, snapshot, std::move(callback),
                                                      redirectUri(r, environment));
    if (!context.exchange->start()) {
        return refuse(context, {.reason = Reason::token_request_failed,
                                .environment = environment.name,
                                .retryUrl = retry});
    }
    return suspend(r);
}

}  // namespace

Demand evaluateDemand(ngx_http_request_t* r, const LocationConf& conf) noexcept
{
    Demand demand;
    demand.reason = evaluateTenant(r, conf.organizationId, demand.tenant.organization);
    if (demand.reason == Reason::none) {
        demand.reason = evaluateTenant(r, conf.connectionId, demand.tenant.connection);
    }
    return demand;
}

Reason findSession(Context& context, const LocationConf& conf, const Demand& demand) noexcept
{
    Reason reason = demand.reason;
    if (reason == Reason::none) {
        reason = loadSession(context, *conf.environment);
    }
    if (reason == Reason::none) {
        reason = checkTenant(context.session, demand.tenant);
    }
    if (reason != Reason::none) {
        context.environment = nullptr;
    }
    return reason;
}

std::optional<Routing> evaluateRouting(ngx_http_request_t* r, const LocationConf& conf,
                                       const Tenant& tenant)
{
    std::string_view domain;
    std::string_view provider;
    std::string_view loginHint;
    std::string_view prompt;
    if (!evaluate(r, conf.domain, domain) || !evaluate(r, conf.provider, provider) ||
        !evaluate(r, conf.loginHint, loginHint) || !evaluate(r, conf.prompt, prompt)) {
        return std::nullopt;
    }

    Routing routing;
    routing.organization = tenant.organization;
    routing.connection = tenant.connection;
    routing.domain = domain;
    routing.provider = provider;
    routing.loginHint = loginHint;
    routing.prompt = prompt;

    if (conf.authorizeParameters != nullptr) {
        auto* parameter = static_cast<AuthorizeParameter*>(conf.authorizeParameters->elts);
        for (ngx_uint_t i = 0; i < conf.authorizeParameters->nelts; ++i) {
            std::string_view value;
            if (!evaluate(r, &parameter[i].value, value)) {
                return std::nullopt;
            }
            if (!value.empty()) {
                routing.extra.emplace_back(view(parameter[i].name), value);
            }
        }
    }
    return routing;
}

ngx_int_t beginLogin(Context& context, const Environment& environment, const LoginWish& wish)
{
    ngx_int_t result = NGX_ERROR;
    const ProviderCache::Snapshot* snapshot = needProvider(context, environment, result);
    if (snapshot == nullptr) {
        return result;
    }

    ngx_http_request_t* r = context.request;
    const Result<std::string> random = randomBytes(loginRandomSize);
    if (!random) {
        return refuse(context, {.reason = random.error(), .environment = environment.name});
    }
    const std::string callback = redirectUri(r, environment);

    LoginStart start;
    start.redirectUri = callback;
    start.returnUrl = wish.returnUrl;
    start.attempt = wish.attempt;
    start.routing = wish.routing;
    start.bindingCookie = cookieValue(context, loginCookie(r, environment));
    start.random = *random;
    start.now = wallClock();

    const Result<LoginRedirect> redirect =
        startLogin(environment.party, *snapshot->provider, start);
    if (!redirect) {
        return refuse(context, {.reason = redirect.error(), .environment = environment.name});
    }
    if (!redirect->bindingCookie.empty() &&
        !setLoginCookie(context, environment, redirect->bindingCookie, loginLifetime)) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    return sendRedirect(r, redirect->location);
}

ngx_int_t handleCallback(Context& context, const Environment& environment, const LocationConf& conf)
{
    if (context.exchange != nullptr) {
        return conclude(context, environment);
    }
    ngx_http_request_t* r = context.request;
    if (r->method != NGX_HTTP_GET) {
        return refuse(context, {.reason = Reason::request_malformed,
                                .environment = environment.name,
                                .detail = "the callback takes GET only",
                                .retryUrl = environment.loginPath});
    }
    const Demand demand = evaluateDemand(r, conf);
    if (demand.reason != Reason::none) {
        return refuse(context, {.reason = demand.reason, .environment = environment.name});
    }
    ngx_int_t result = NGX_ERROR;
    const ProviderCache::Snapshot* snapshot = needProvider(context, environment, result);
    if (snapshot == nullptr) {
        return result;
    }

    Callback callback =
        openCallback(environment.party, *snapshot->provider, view(r->args),
                     cookieValue(context, loginCookie(r, environment)), wallClock());
    switch (callback.kind) {
    case Callback::Kind::complete:
        return beginExchange(context, environment, conf, demand, *snapshot, std::move(callback));
    case Callback::Kind::orphan:
        return orphaned(context, environment, conf, demand, callback.state, callback.reason);
    case Callback::Kind::providerError:
        if (needsInteraction(callback.error) && !callback.state.id.empty()) {
            return orphaned(context, environment, conf, demand, callback.state,
                            Reason::provider_error);
        }
        return refuse(context, {.reason = Reason::provider_error,
                                .environment = environment.name,
                                .detail = callback.error,
                                .sentence = providerErrorSentence(callback.error),
                                .retryUrl = retryUrl(environment, callback.state)});
    case Callback::Kind::refuse:
        break;
    }
    return refuse(context, {.reason = callback.reason,
                            .environment = environment.name,
                            .retryUrl = retryUrl(environment, callback.state)});
}

std::string currentUrl(ngx_http_request_t* r)
{
    return safeReturnUrl(view(r->unparsed_uri));
}

}  // namespace scalekit
