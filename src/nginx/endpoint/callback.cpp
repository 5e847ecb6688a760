#include "nginx/endpoint/callback.hpp"

#include "base/log_text.hpp"
#include "base/query.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "nginx/answer/log_lines.hpp"
#include "nginx/answer/respond.hpp"
#include "nginx/endpoint/code_exchange.hpp"
#include "nginx/endpoint/provider_wait.hpp"
#include "nginx/endpoint/sign_in.hpp"
#include "nginx/identity/constraints.hpp"
#include "nginx/identity/session_cookie.hpp"
#include "nginx/shared/replay_guard.hpp"
#include "nginx/worker/worker.hpp"

#include <algorithm>

namespace scalekit {

namespace {

/** Whom a login is for: its state knows, not the location that the callback comes to. */
TenantConstraint tenantOf(const LoginState& state) noexcept
{
    return {state.organization, state.connection};
}

/** Where "Try again" leads: to the page that was asked for. */
std::string retryUrl(const Environment& environment, const LoginState& state)
{
    return state.origin == LoginOrigin::page && !state.returnUrl.empty()
               ? state.returnUrl
               : loginLink(environment, tenantOf(state), state.returnUrl);
}

/** The session that the browser has meanwhile, if it fits what the login was for. */
std::optional<Caller> findCompleted(const Context& context, const Environment& environment,
                                    const LoginState& state)
{
    const Result<Caller> caller = loadSession(context, environment);
    const bool fits = caller && checkTenant(caller->identity(), tenantOf(state)) == Reason::none;
    return fits ? std::optional<Caller>(*caller) : std::nullopt;
}

enum class Restart { once, no };

/**
 * A callback that cannot be completed: on to where it wanted to go with a session, perhaps once
 * more without one, then a page.
 */
ngx_int_t answerOrphan(Context& context, const LocationConf& conf, const LoginState& state,
                       Reason reason, Restart restart = Restart::once)
{
    const Environment& environment = *conf.environment;
    context.setCaller(findCompleted(context, environment, state));
    if (context.caller()) {
        return sendRedirect(context.request, safeReturnUrl(state.returnUrl));
    }
    if (state.attempt == 0 && restart == Restart::once) {
        std::optional<Routing> routing = evaluateRouting(context.request, conf, tenantOf(state));
        if (!routing) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
        if (reason == Reason::provider_error) {
            routing->prompt.clear();  // it was prompt=none that failed
        }
        routing->domain = state.domain;
        routing->provider = state.provider;
        return beginLogin(context, environment,
                          {state.returnUrl, std::move(*routing), 1, state.origin});
    }
    return refuse(context, {.reason = reason,
                            .environment = environment.name,
                            .retryUrl = retryUrl(environment, state)});
}

/** Replaces the login cookie by the number of completed logins. */
bool setCompletedLogins(Context& context, const Environment& environment, const LoginState& state)
{
    const Result<std::string> nonce = worker()->random.draw(sealNonceSize);
    if (!nonce) {
        return false;
    }
    const int completed = std::min<int>(state.completed + 1, completedLoginsLimit);
    const Result<std::string> value = sealCompletedLogins(
        environment.party, static_cast<std::uint8_t>(completed), wallClock(), *nonce);
    return value && setLoginCookie(context, environment, *value, completedLoginsLifetime);
}

/** For the log. */
std::string_view detailOf(Reason reason) noexcept
{
    return reason == Reason::session_too_large
               ? "the claims of the ID token exceed what cookies can hold"
               : "";
}

/**
 * An answer that is still under way must not bring the session back that this one replaces in the
 * browser. Another person's is over; the same person's may be in use by other tabs at this moment.
 */
void retireReplaced(const Context& context, const Environment& environment, std::string_view record)
{
    const Result<Caller> former = loadSession(context, environment);
    const Result<SessionView> session = readSession(record);
    if (!former || !session || former->session()->id == session->id) {
        return;
    }
    if (former->identity().subject != session->identity.subject ||
        former->identity().organization != session->identity.organization) {
        endSession(context, *former);
    } else {
        replaceSession(mainConf(context.request)->zone, former->session()->id, wallClock(),
                       former->session()->created + environment.limits.lifetime);
    }
}

ngx_int_t signIn(Context& context, const Environment& environment, const LoginState& state,
                 std::string_view record)
{
    const Reason reason = setSessionCookie(context, environment, record);
    if (reason != Reason::none) {
        return refuse(
            context,
            {.reason = reason, .environment = environment.name, .detail = detailOf(reason)});
    }
    retireReplaced(context, environment, record);
    context.proved = RecordPtr(OpenedRecord::ofSession(std::string(record)));
    context.event = Event::signedIn;
    logSession(context.request, "signed in", environment, context.proved);
    // other logins of this browser will find the session: the login cookie has done its work
    return setCompletedLogins(context, environment, state)
               ? sendRedirect(context.request, safeReturnUrl(state.returnUrl))
               : NGX_HTTP_INTERNAL_SERVER_ERROR;
}

/** Roles that a claim rule looks for in vain may have been in there. */
void logUnusedToken(ngx_http_request_t* r, const Environment& environment, Reason reason)
{
    ngx_log_t plain = *r->connection->log;
    plain.handler = nullptr;  // quotes the request line, which holds the code
    std::string line = "the access token of a login is not used: reason=";
    line += word(reason);
    line += " environment=" + environment.name;
    logLine(NGX_LOG_NOTICE, &plain, line);
}

/** A repeated callback must not bring back a session that was ended or replaced meanwhile. */
bool ended(ngx_http_request_t* r, std::string_view record) noexcept
{
    const Result<SessionView> session = readSession(record);
    ngx_shm_zone_t* zone = mainConf(r)->zone;
    return !session || sessionRevoked(zone, session->id, wallClock()) ||
           sessionReplaced(zone, session->id, wallClock());
}

ngx_int_t conclude(Context& context, const LocationConf& conf)
{
    const auto& exchange = static_cast<const CodeExchange&>(*context.flight);
    const Environment& environment = exchange.environment();
    const CodeExchange::Outcome& outcome = exchange.outcome();
    Reason reason = outcome.reason;
    if (reason == Reason::none && ended(context.request, outcome.record)) {
        reason = Reason::login_spent;
    }
    if (reason == Reason::login_spent) {
        return answerOrphan(context, conf, exchange.state(), reason,
                            outcome.lapsed ? Restart::once : Restart::no);
    }
    if (reason != Reason::none) {
        if (!outcome.identity.empty()) {
            context.proved = RecordPtr(OpenedRecord::ofToken(outcome.identity, {}));
        }
        context.finding = outcome.finding;
        return refuse(context, {.reason = reason,
                                .environment = environment.name,
                                .detail = detailOf(reason),
                                .retryUrl = retryUrl(environment, exchange.state())});
    }
    if (outcome.accessToken != Reason::none) {
        logUnusedToken(context.request, environment, outcome.accessToken);
    }
    return signIn(context, environment, exchange.state(), outcome.record);
}

/** Waits for the exchange of the code; one and the same callback is exchanged once. */
ngx_int_t exchangeCode(Context& context, const LocationConf& conf,
                       std::shared_ptr<const Provider> provider, Callback callback)
{
    ngx_http_request_t* r = context.request;
    const Environment& environment = *conf.environment;
    Flights& flights = worker()->flights;
    std::string key = CodeExchange::keyOf(callback);

    context.flight = flights.find(key);
    if (context.flight == nullptr) {
        const auto exchange = std::make_shared<CodeExchange>(environment, mainConf(r)->zone,
                                                             std::move(key), callback.state);
        std::string uri = redirectUri(r, environment);
        flights.add(exchange);  // from here on nothing throws: a flight that never began is joined
        context.flight = exchange;
        exchange->begin(std::move(provider), std::move(callback), std::move(uri));
    }
    if (context.flight->landed()) {
        return conclude(context, conf);
    }
    flights.join(*context.flight, context.waiter);
    return suspend(r);
}

}  // namespace

bool bringsState(ngx_http_request_t* r, const Environment& environment)
{
    const std::string_view sent = sentQuery(r);
    if (sent.find("state=") == std::string_view::npos) {
        return false;
    }
    const Result<Query> query = Query::parse(sent);
    const std::string* state = query ? query->find("state") : nullptr;
    return state != nullptr && openState(environment.party, *state);
}

ngx_int_t refuseStrayCallback(Context& context, const Environment& environment)
{
    const std::string detail =
        concat({"the provider sent the browser to ", quotedPath(sentPath(context.request)),
                ", where ", environment.path(Endpoint::callback),
                " was to be called; look for a redirect that changes the path"});
    return refuse(context, {.reason = Reason::callback_misplaced,
                            .environment = environment.name,
                            .detail = detail,
                            .retryUrl = environment.link(Endpoint::login)});
}

ngx_int_t serveCallback(Context& context, const LocationConf& conf)
{
    const Environment& environment = *conf.environment;
    ngx_http_request_t* r = context.request;
    if (context.flight != nullptr) {
        return context.flight->landed() ? conclude(context, conf) : NGX_AGAIN;
    }
    ngx_int_t result = NGX_ERROR;
    const ProviderCache::Snapshot* snapshot = needProvider(context, environment, result);
    if (snapshot == nullptr) {
        return result;
    }

    Callback callback =
        openCallback(environment.party, *snapshot->provider, sentQuery(r),
                     cookieValue(context, loginCookie(r, environment)), wallClock());
    switch (callback.kind) {
    case Callback::Kind::complete:
        return exchangeCode(context, conf, snapshot->provider, std::move(callback));
    case Callback::Kind::orphan:
        return answerOrphan(context, conf, callback.state, callback.reason);
    case Callback::Kind::providerError:
        if (needsInteraction(callback.error) && !callback.state.id.empty()) {
            return answerOrphan(context, conf, callback.state, Reason::provider_error);
        }
        return refuse(context, {.reason = Reason::provider_error,
                                .environment = environment.name,
                                .detail = callback.error,
                                .sentence = providerErrorSentence(callback.error),
                                .retryUrl = retryUrl(environment, callback.state)});
    case Callback::Kind::refuse:
        break;
    }
    context.finding = callback.finding;
    return refuse(context, {.reason = callback.reason,
                            .environment = environment.name,
                            .retryUrl = retryUrl(environment, callback.state)});
}

}  // namespace scalekit
