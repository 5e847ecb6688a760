#include "nginx/endpoint/sign_in.hpp"

#include "base/query.hpp"
#include "base/url.hpp"
#include "nginx/answer/pages.hpp"
#include "nginx/answer/respond.hpp"
#include "nginx/endpoint/provider_wait.hpp"
#include "nginx/identity/constraints.hpp"
#include "nginx/identity/session_cookie.hpp"
#include "nginx/ngx/directive.hpp"
#include "nginx/ngx/headers.hpp"
#include "nginx/worker/worker.hpp"
#include "oidc/response.hpp"

namespace scalekit {

namespace {

/** What a link may choose of the routing: only what the location leaves open. */
bool applyArguments(const Query& query, const LocationConf& conf, Routing& routing)
{
    if (routing.organization.empty()) {
        routing.organization = query.value("organization_id");
    }
    if (routing.connection.empty()) {
        routing.connection = query.value("connection_id");
    }
    if (conf.domain == nullptr && query.find("domain") != nullptr) {
        routing.domain = query.value("domain");
    }
    if (conf.prompt == nullptr) {
        routing.prompt = query.value("prompt");
    }
    if (conf.loginHint != nullptr) {
        return true;
    }
    if (const std::string* hint = query.find("login_hint")) {  // OIDC Core 1.0 section 4
        routing.loginHint = *hint;
    }
    if (const std::string* email = query.find("email")) {
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

/** The tenant of a login that begins at the endpoint: a link of ours knows it, or the location. */
Result<TenantConstraint> tenantOf(ngx_http_request_t* r, const LocationConf& conf,
                                  const Query& query, LinkedTenant& linked)
{
    if (const std::string* sealed = query.find("tenant")) {
        Result<LinkedTenant> opened = openTenant(conf.environment->party, *sealed);
        if (!opened) {
            return opened.error();
        }
        linked = *std::move(opened);
        return TenantConstraint{linked.organization, linked.connection};
    }
    const Result<TenantConstraint> constraint = evaluateConstraint(r, conf);
    const bool named =
        query.find("organization_id") != nullptr || query.find("connection_id") != nullptr;
    return !constraint && constraint.error() == Reason::tenant_unknown && named
               ? Result<TenantConstraint>(TenantConstraint())
               : constraint;
}

/** What safeReturnUrl() takes: a browser may send more than that as it is. */
constexpr PlainBytes plainInUrl = [] {
    PlainBytes plain{};
    for (std::size_t c = 0x21; c < 0x7f; ++c) {
        plain[c] = c != '\\';
    }
    return plain;
}();

/** Where a login leads, but never to the endpoints that begin, complete or end one. */
std::string returnUrl(std::string_view text, const Environment& environment)
{
    std::string url = safeReturnUrl(text);
    std::string_view path = std::string_view(url).substr(0, url.find('?'));
    takePrefix(path, environment.prefix);
    if (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    for (const Endpoint endpoint : {Endpoint::callback, Endpoint::login, Endpoint::logout}) {
        if (path == environment.path(endpoint)) {
            return environment.prefix + "/";
        }
    }
    return url;
}

/** What the client sent, as a URL of the browser's. */
std::string ownUrl(ngx_http_request_t* r, const Environment& environment)
{
    std::string url = environment.prefix;
    appendPercentEncoded(url, view(r->unparsed_uri), plainInUrl);
    return url;
}

/**
 * Where a login leads that begins at the endpoint: return_to, target_link_uri (OIDC Core 1.0
 * section 4), or the page that an error_page sent here.
 */
std::string targetOf(const Context& context, const Environment& environment, const Query& query)
{
    if (const std::string* page = query.find("return_to")) {
        return returnUrl(*page, environment);
    }
    if (const std::string* page = query.find("target_link_uri")) {
        std::string_view url = *page;
        takePrefix(url, publicOrigin(context.request, environment));
        return returnUrl(url, environment);
    }
    return onErrorPage(context) ? currentUrl(context.request, environment)
                                : environment.prefix + "/";
}

/** True when the browser says that a page of another site, or of a sibling of this one, asks. */
bool fromOtherSite(ngx_http_request_t* r) noexcept
{
    const std::string_view site = requestHeader(r, "sec-fetch-site");
    return site == "cross-site" || site == "same-site";
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
    start.origin = wish.origin;
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
    const Result<Query> query = Query::parse(onErrorPage(context) ? view(r->args) : sentQuery(r));
    if (!query) {
        return refuse(context, {.reason = query.error(),
                                .environment = environment.name,
                                .retryUrl = environment.link(Endpoint::login)});
    }
    if (const std::string* error = query->find("error"); error != nullptr) {
        // the provider reports here too when a login that it began went wrong; beginning another
        // one would loop
        return refuse(context, {.reason = Reason::provider_error,
                                .environment = environment.name,
                                .detail = knownProviderError(*error),
                                .sentence = providerErrorSentence(*error),
                                .retryUrl = environment.link(Endpoint::login)});
    }

    if (const std::string* issuer = query->find("iss");
        issuer != nullptr &&
        std::ranges::find(environment.party.issuers, *issuer) == environment.party.issuers.end()) {
        return refuse(context, {.reason = Reason::request_malformed,
                                .environment = environment.name,
                                .detail = "a link to the login names another provider",
                                .retryUrl = environment.link(Endpoint::login)});
    }

    const std::string target = targetOf(context, environment, *query);
    LinkedTenant linked;
    const Result<TenantConstraint> constraint = tenantOf(r, conf, *query, linked);
    if (!constraint) {
        return refuseOnErrorPage(context, {.reason = constraint.error(),
                                           .environment = environment.name,
                                           .retryUrl = environment.link(Endpoint::login)});
    }
    std::optional<Routing> routing = evaluateRouting(r, conf, *constraint);
    if (!routing) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    if (!applyArguments(*query, conf, *routing)) {
        return refuse(context, {.reason = Reason::request_malformed,
                                .environment = environment.name,
                                .detail = "email is not an address",
                                .retryUrl = environment.link(Endpoint::login)});
    }

    const Result<Caller> caller = loadSession(context, environment);
    if (caller) {
        const bool fits = checkTenant(caller->identity(),
                                      {routing->organization, routing->connection}) == Reason::none;
        if (fits && routing->prompt.empty()) {
            if (onErrorPage(context)) {  // the page refused this very session
                return refuseOnErrorPage(context, {.reason = Reason::requirement_unmet,
                                                   .environment = environment.name});
            }
            context.setCaller(*caller);
            return sendRedirect(r, target);
        }
        if (fromOtherSite(r)) {
            return sendBody(r, NGX_HTTP_OK, htmlType, otherLoginPage(ownUrl(r, environment)));
        }
    } else if (completedLogins(context, environment) >= completedLoginsLimit) {
        return refuse(context, {.reason = Reason::session_lost, .environment = environment.name});
    }
    if (r->err_status == NGX_HTTP_UNAUTHORIZED && navigation(r)) {
        r->err_status = 0;  // `error_page 401 /auth/login`: no browser follows a 401
    }
    return beginLogin(context, environment,
                      {target, std::move(*routing), 0, LoginOrigin::endpoint});
}

std::string loginLink(const Environment& environment, const TenantConstraint& tenant,
                      std::string_view returnUrl)
{
    std::string query;
    if (!returnUrl.empty()) {
        appendParameter(query, "return_to", returnUrl);
    }
    if (!tenant.organization.empty() || !tenant.connection.empty()) {
        const Result<std::string> nonce = worker()->random.draw(sealNonceSize);
        const Result<std::string> sealed =
            nonce ? sealTenant(environment.party,
                               {std::string(tenant.organization), std::string(tenant.connection)},
                               *nonce)
                  : nonce;
        if (sealed) {
            appendPlainParameter(query, "tenant", *sealed);
        }
    }
    return environment.link(Endpoint::login) + (query.empty() ? "" : "?" + query);
}

std::string redirectUri(ngx_http_request_t* r, const Environment& environment)
{
    return publicOrigin(r, environment) + environment.link(Endpoint::callback);
}

std::string currentUrl(ngx_http_request_t* r, const Environment& environment)
{
    return returnUrl(ownUrl(r, environment), environment);
}

}  // namespace scalekit
