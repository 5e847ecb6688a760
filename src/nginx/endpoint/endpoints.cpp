#include "nginx/endpoint/endpoints.hpp"

#include "nginx/answer/respond.hpp"
#include "nginx/endpoint/callback.hpp"
#include "nginx/endpoint/session_info.hpp"
#include "nginx/endpoint/sign_in.hpp"
#include "nginx/endpoint/sign_out.hpp"
#include "nginx/ngx/headers.hpp"

namespace scalekit {

namespace {

using Handler = ngx_int_t (*)(Context& context, const LocationConf& conf);

constexpr Handler handlers[] = {serveCallback, serveLogin, serveLogout, serveSession};
static_assert(std::size(handlers) == endpointCount, "in the order of endpointRows");

/** The value of Allow (RFC 9110 10.2.1). */
std::string allowed(ngx_uint_t methods)
{
    constexpr std::pair<ngx_uint_t, std::string_view> names[] = {
        {NGX_HTTP_GET, "GET"}, {NGX_HTTP_HEAD, "HEAD"}, {NGX_HTTP_POST, "POST"}};
    std::string text;
    for (const auto& [method, name] : names) {
        if ((methods & method) != 0) {
            text += text.empty() ? "" : ", ";
            text += name;
        }
    }
    return text;
}

ngx_int_t refuseMethod(const EndpointRow& row, Context& context, const Environment& environment)
{
    if (row.endpoint == Endpoint::callback) {
        return refuse(context, {.reason = Reason::request_malformed,
                                .environment = environment.name,
                                .detail = "the callback takes GET only",
                                .retryUrl = environment.link(Endpoint::login)});
    }
    return addHeader(context.request, "Allow", allowed(row.methods))
               ? refuse(context,
                        {.reason = Reason::method_not_allowed, .environment = environment.name})
               : NGX_HTTP_INTERNAL_SERVER_ERROR;
}

}  // namespace

std::optional<Endpoint> endpointOf(const Context& context, const Environment& environment)
{
    ngx_http_request_t* r = context.request;
    const std::string_view sent = sentPath(r);
    const bool refused = context.refusal != nullptr || r->err_status >= 500;
    std::string_view path = onErrorPage(context) ? view(r->uri) : sent;
    if (refused && path == sent) {
        return std::nullopt;  // a named location
    }
    for (std::size_t i = 0; i < endpointCount; ++i) {
        if (path == environment.endpointPaths[i]) {
            return static_cast<Endpoint>(i);
        }
    }
    if (path.ends_with('/')) {
        path.remove_suffix(1);
        if (path == environment.path(Endpoint::callback) && bringsState(r, environment)) {
            return Endpoint::callback;
        }
    }
    return std::nullopt;
}

ngx_int_t serveEndpoint(Endpoint endpoint, Context& context, const LocationConf& conf)
{
    const auto index = static_cast<std::size_t>(endpoint);
    if ((context.request->method & endpointRows[index].methods) == 0) {
        return refuseMethod(endpointRows[index], context, *conf.environment);
    }
    return handlers[index](context, conf);
}

}  // namespace scalekit
