#include "nginx/endpoint/sign_out.hpp"

#include "base/query.hpp"
#include "base/text.hpp"
#include "nginx/answer/pages.hpp"
#include "nginx/answer/respond.hpp"
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
    const Result<Query> query = Query::parse(view(r->args));
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

ngx_int_t signOut(Context& context, const Environment& environment, const Result<Caller>& session)
{
    ngx_http_request_t* r = context.request;
    if (session) {
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
        return reads(r) ? sendBody(r, NGX_HTTP_OK, htmlType,
                                   signedOutPage(environment.link(Endpoint::login)))
                        : sendRedirect(r, environment.link(Endpoint::logout));
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
                   ? signOut(context, environment, session)
                   : refuse(context,
                            {.reason = Reason::cross_site, .environment = environment.name});
    }
    if (!session) {
        return sendBody(r, NGX_HTTP_OK, htmlType, signedOutPage(environment.link(Endpoint::login)));
    }
    return followedLink(r) ? signOut(context, environment, session)
                           : askFirst(context, environment, *session);
}

}  // namespace scalekit
