#include "nginx/endpoint/sign_out.hpp"

#include "nginx/answer/pages.hpp"
#include "nginx/answer/respond.hpp"
#include "nginx/identity/session_cookie.hpp"
#include "nginx/ngx/headers.hpp"
#include "nginx/shared/replay_guard.hpp"

namespace scalekit {

namespace {

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
    if (const Result<Caller> caller = loadSession(context, environment)) {
        // until no copy of the cookie lives, also one that was renewed meanwhile
        revokeSession(mainConf(r)->zone, caller->session()->id, wallClock(),
                      caller->session()->created + environment.limits.lifetime);
    }
    if (!deleteSessionCookie(context, environment) ||
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
    if (r->method == NGX_HTTP_POST) {
        return fromElsewhere(r, environment) ? refuse(context, {.reason = Reason::cross_site,
                                                                .environment = environment.name})
                                             : endSession(context, environment);
    }
    if (!loadSession(context, environment)) {
        return sendBody(r, NGX_HTTP_OK, htmlType, signedOutPage(environment.link(Endpoint::login)));
    }
    const bool linkOfThisSite = requestHeader(r, "sec-fetch-site") == "same-origin" &&
                                requestHeader(r, "sec-fetch-mode") == "navigate" &&
                                requestHeader(r, "sec-purpose").data() == nullptr;
    return linkOfThisSite
               ? endSession(context, environment)
               : sendBody(r, NGX_HTTP_OK, htmlType, logoutPage(environment.link(Endpoint::logout)));
}

}  // namespace scalekit
