#include "nginx/endpoint/sign_out.hpp"

#include "base/query.hpp"
#include "base/text.hpp"
#include "nginx/answer/log_lines.hpp"
#include "nginx/answer/pages.hpp"
#include "nginx/answer/respond.hpp"
#include "nginx/endpoint/sign_in.hpp"
#include "nginx/identity/session_cookie.hpp"
#include "nginx/ngx/headers.hpp"

namespace scalekit {

namespace {

/**
 * True unless another site may be behind the request, even one of the same registrable domain. Our
 * own form comes from a page without a Referer, so a browser without Fetch Metadata sends it with
 * `Origin: null`.
 */
bool fromHere(const Context& context, const Environment& environment, const Result<Caller>& session)
{
    ngx_http_request_t* r = context.request;
    const std::string_view site = requestHeader(r, "sec-fetch-site");
    if (site.data() != nullptr) {
        return site == "same-origin" || site == "none";
    }
    const std::string_view origin = requestHeader(r, "origin");
    if (origin.data() == nullptr || origin == publicOrigin(r, environment)) {
        return true;
    }
    if (!session) {
        return origin == "null";  // there is nothing to end
    }
    const Result<Query> query = Query::parse(sentQuery(r));
    return query && confirmsSignOut(context, *session, query->value("token"));
}

/** A person followed a link of this site. What stands in a frame, or was not clicked, asks first.
 */
bool followedLink(ngx_http_request_t* r) noexcept
{
    return requestHeader(r, "sec-fetch-site") == "same-origin" &&
           requestHeader(r, "sec-fetch-mode") == "navigate" &&
           requestHeader(r, "sec-fetch-dest") == "document" &&
           requestHeader(r, "sec-fetch-user") == "?1" &&
           requestHeader(r, "sec-purpose").data() == nullptr;
}

ngx_int_t askFirst(Context& context, const Environment& environment, const Caller& caller)
{
    const Result<std::string> token = signOutToken(context, caller);
    if (!token) {
        return refuse(context, {.reason = token.error(), .environment = environment.name});
    }
    return sendBody(context.request, NGX_HTTP_OK, htmlType,
                    logoutPage(concat({environment.link(Endpoint::logout), "?token=", *token})));
}

/** Where "Sign in again" leads: to the tenant that was left, if the site has tenants. */
std::string signInAgain(const LocationConf& conf, const Result<Caller>& session)
{
    TenantConstraint tenant;
    if (session && conf.organizationId != nullptr) {
        tenant.organization = session->identity().organization;
    }
    if (session && conf.connectionId != nullptr) {
        tenant.connection = session->identity().connection;
    }
    return loginLink(*conf.environment, tenant, "");
}

/** The page that says so; what a redirect brought along is the tenant that was left. */
ngx_int_t showSignedOut(ngx_http_request_t* r, const Environment& environment)
{
    const Result<Query> query = Query::parse(sentQuery(r));
    const Result<LinkedTenant> tenant =
        openTenant(environment.party, query ? query->value("tenant") : "");
    return sendBody(r, NGX_HTTP_OK, htmlType,
                    signedOutPage(tenant ? loginLink(environment,
                                                     {tenant->organization, tenant->connection}, "")
                                         : environment.link(Endpoint::login)));
}

ngx_int_t signOut(Context& context, const LocationConf& conf, const Result<Caller>& session)
{
    ngx_http_request_t* r = context.request;
    const Environment& environment = *conf.environment;
    const std::string again = signInAgain(conf, session);
    if (session) {
        context.proved = session->record;
        context.event = Event::signedOut;
        logSession(r, "signed out", environment, session->record);
        endSession(context, *session);
    }
    // of types, this one alone: cookies and storage are the application's
    if (!addHeader(r, "Clear-Site-Data", "\"cache\"") ||
        !deleteSessionCookie(context, environment) ||
        (completedLogins(context, environment) > 0 &&
         !setLoginCookie(context, environment, "", std::chrono::seconds(0)))) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    if (wantsPage(r)) {
        // what a GET shows without a session is that it is gone
        return reads(r)
                   ? sendBody(r, NGX_HTTP_OK, htmlType, signedOutPage(again))
                   : sendRedirect(r, environment.link(Endpoint::logout) +
                                         again.substr(environment.link(Endpoint::login).size()));
    }
    return sendJson(r, NGX_HTTP_OK, JsonPtr(json_pack("{s:b}", "ok", 1)));
}

}  // namespace

ngx_int_t serveLogout(Context& context, const LocationConf& conf)
{
    ngx_http_request_t* r = context.request;
    const Environment& environment = *conf.environment;
    const Result<Caller> session = loadSession(context, environment);
    if (r->method == NGX_HTTP_POST) {
        return fromHere(context, environment, session)
                   ? signOut(context, conf, session)
                   : refuse(context,
                            {.reason = Reason::cross_site, .environment = environment.name});
    }
    if (!session) {
        return showSignedOut(r, environment);
    }
    return followedLink(r) ? signOut(context, conf, session)
                           : askFirst(context, environment, *session);
}

}  // namespace scalekit
