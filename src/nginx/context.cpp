#include "nginx/context.hpp"

#include "nginx/code_exchange.hpp"
#include "nginx/interop.hpp"

namespace scalekit {

Context::Context(ngx_http_request_t* r) : request(r) {}

Context::~Context() = default;

Context* findContext(ngx_http_request_t* r) noexcept
{
    ngx_http_request_t* main = r->main;
    auto* context = static_cast<Context*>(ngx_http_get_module_ctx(main, ngx_http_scalekit_module));
    if (context == nullptr && (main->internal || main->filter_finalize)) {
        context = find<Context>(main->pool);
        if (context != nullptr) {
            ngx_http_set_ctx(main, context, ngx_http_scalekit_module);
        }
    }
    return context;
}

Context* obtainContext(ngx_http_request_t* r) noexcept
{
    Context* context = findContext(r);
    if (context == nullptr) {
        context = make<Context>(r->main->pool, r->main);
        ngx_http_set_ctx(r->main, context, ngx_http_scalekit_module);
    }
    return context;
}

ngx_int_t suspend(ngx_http_request_t* r) noexcept
{
    r->read_event_handler = ngx_http_test_reading;
    return NGX_AGAIN;
}

void resume(ngx_http_request_t* r) noexcept
{
    ngx_connection_t* c = r->connection;
    ngx_http_set_log_request(c->log, r);

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
    } else {
        r->read_event_handler = ngx_http_block_reading;
        ngx_http_core_run_phases(r);
    }
    ngx_http_run_posted_requests(c);
}

std::string_view requestHeader(ngx_http_request_t* r, std::string_view lowerCaseName) noexcept
{
    for (const ngx_list_part_t* part = &r->headers_in.headers.part; part != nullptr;
         part = part->next) {
        const auto* header = static_cast<const ngx_table_elt_t*>(part->elts);
        for (ngx_uint_t i = 0; i < part->nelts; ++i) {
            if (header[i].key.len == lowerCaseName.size() &&
                startsWithIgnoringCase(view(header[i].key), lowerCaseName)) {
                return view(header[i].value);
            }
        }
    }
    return {};
}

bool secureRequest(ngx_http_request_t* r, const Environment& environment) noexcept
{
    if (!environment.allowHttp) {
        return true;
    }
    if (!environment.baseUrl.empty()) {
        return environment.baseUrl.starts_with("https:");
    }
#if (NGX_HTTP_SSL)
    return r->connection->ssl != nullptr;
#else
    return false;
#endif
}

std::string publicOrigin(ngx_http_request_t* r, const Environment& environment)
{
    if (!environment.baseUrl.empty()) {
        return environment.baseUrl;
    }
    std::string origin = secureRequest(r, environment) ? "https://" : "http://";
    origin += view(r->headers_in.server);

    // nginx has validated the host; what follows it can only be a port
    const std::string_view host = requestHeader(r, "host");
    const std::size_t colon = host.rfind(':');
    if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
        const std::string_view port = host.substr(colon + 1);
        if (!port.empty() && port.size() <= 5 &&
            port.find_first_not_of("0123456789") == std::string_view::npos) {
            origin += ':';
            origin += port;
        }
    }
    return origin;
}

}  // namespace scalekit
