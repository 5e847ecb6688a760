#include "nginx/endpoint/sign_in.hpp"

#include "base/query.hpp"
#include "base/url.hpp"
#include "nginx/answer/respond.hpp"
#include "nginx/endpoint/provider_wait.hpp"
#include "nginx/identity/constraints.hpp"
#include "nginx/identity/session_cookie.hpp"
#include "nginx/ngx/directive.hpp"
#include "nginx/worker/worker.hpp"
#include "oidc/response.hpp"

namespace scalekit {

namespace {

/** What a link may choose of the routing: only what the location leaves open. */
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

}  // namespace

std::optional<Routing> evaluateRouting(ngx_http_request_t* r, const LocationConf& conf,
                                       const TenantConstraint& constraint)
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
    routing.organization = constraint.organization;
    routing.connection = constraint.connection;
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
    const Result<std::string> random = worker()->random.draw(loginRandomSize);
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

ngx_int_t serveLogin(Context& context, const LocationConf& conf)
{
    ngx_http_request_t* r = context.request;
    const Environment& environment = *conf.environment;
    const Result<Query> query = Query::parse(view(r->args));
    if (!query) {
        return refuse(context, {.reason = query.error(),
                                .environment = environment.name,
                                .retryUrl = environment.path(Endpoint::login)});
    }
    if (const std::string* error = query->find("error"); error != nullptr) {
        // the provider reports here too when a login that it began went wrong; beginning another
        // one would loop
        return refuse(context, {.reason = Reason::provider_error,
                                .environment = environment.name,
                                .detail = knownProviderError(*error),
                                .sentence = providerErrorSentence(*error),
                                .retryUrl = environment.path(Endpoint::login)});
    }

    const Result<TenantConstraint> constraint = evaluateConstraint(r, conf);
    if (!constraint) {
        return refuse(context, {.reason = constraint.error(), .environment = environment.name});
    }
    std::optional<Routing> routing = evaluateRouting(r, conf, *constraint);
    if (!routing) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    if (!applyArguments(*query, conf, *routing)) {
        return refuse(context, {.reason = Reason::request_malformed,
                                .environment = environment.name,
                                .detail = "email is not an address",
                                .retryUrl = environment.path(Endpoint::login)});
    }

    const std::string returnUrl = safeReturnUrl(query->value("return_to"));
    const Result<Caller> caller = loadSession(context, environment);
    if (caller && checkTenant(caller->identity(), {routing->organization, routing->connection}) ==
                      Reason::none) {
        context.setCaller(*caller);
        return sendRedirect(r, returnUrl);
    }
    return beginLogin(context, environment, {returnUrl, std::move(*routing)});
}

std::string redirectUri(ngx_http_request_t* r, const Environment& environment)
{
    return publicOrigin(r, environment) + environment.path(Endpoint::callback);
}

std::string currentUrl(ngx_http_request_t* r)
{
    return safeReturnUrl(view(r->unparsed_uri));
}

}  // namespace scalekit
