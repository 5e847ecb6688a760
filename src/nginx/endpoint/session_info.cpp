#include "nginx/endpoint/session_info.hpp"

#include "nginx/answer/respond.hpp"
#include "nginx/identity/constraints.hpp"
#include "nginx/identity/verdict.hpp"

#include <ctime>

namespace scalekit {

namespace {

std::string rfc3339(std::chrono::sys_seconds time)
{
    const std::time_t seconds = time.time_since_epoch().count();
    std::tm parts = {};
    gmtime_r(&seconds, &parts);
    char text[32];
    const std::size_t size = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return std::string(text, size);
}

JsonPtr sessionJson(const Caller& caller)
{
    const IdentityView& identity = caller.identity();
    return JsonPtr(json_pack(
        "{s:{s:o,s:o?,s:o?,s:o?},s:o?,s:o}", "user", "id", jsonString(identity.subject), "name",
        jsonStringIfAny(identity.name), "email", jsonStringIfAny(identity.email), "image",
        jsonStringIfAny(identity.picture), "organization", jsonStringIfAny(identity.organization),
        "expires", jsonString(rfc3339(caller.end()))));
}

}  // namespace

ngx_int_t serveSession(Context& context, const LocationConf& conf)
{
    ngx_http_request_t* r = context.request;
    const Environment& environment = *conf.environment;

    const Result<Caller> caller = findSession(context, conf, evaluateConstraint(r, conf));
    if (!caller) {
        const bool otherTenant = caller.error() == Reason::organization_mismatch ||
                                 caller.error() == Reason::connection_mismatch;
        // a session of another tenant is none here
        return refuse(context, {.reason = otherTenant ? Reason::unauthenticated : caller.error(),
                                .environment = environment.name,
                                .loginUrl = environment.link(Endpoint::login),
                                .json = true});
    }
    context.setCaller(*caller);  // not renewed: a page that asks again and again is no use of it
    return sendJson(r, NGX_HTTP_OK, sessionJson(*caller));
}

}  // namespace scalekit
