#include "nginx/endpoint/session_info.hpp"

#include "base/json.hpp"
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

std::string sessionJson(const Caller& caller)
{
    const SessionView& session = caller.session();
    const auto orNull = [](std::string_view value) {
        return value.empty() ? std::string("null") : quoteJson(value);
    };

    std::string json = "{\"user\":{\"id\":" + quoteJson(session.subject);
    json += ",\"name\":" + orNull(session.name);
    json += ",\"email\":" + orNull(session.email);
    json += ",\"image\":" + orNull(session.picture);
    json += "},\"organization\":" + orNull(session.organization);
    json += ",\"expires\":" + quoteJson(rfc3339(caller.end()));
    return json + "}\n";
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
                                .loginUrl = environment.path(Endpoint::login),
                                .json = true});
    }
    context.setCaller(*caller);
    context.renews = true;
    return sendBody(r, NGX_HTTP_OK, "application/json", sessionJson(*caller));
}

}  // namespace scalekit
