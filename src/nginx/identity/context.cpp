#include "nginx/identity/context.hpp"

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "nginx/ngx/headers.hpp"

namespace scalekit {

namespace {

void forgetVariables(ngx_http_request_t* r) noexcept
{
    for (const ngx_uint_t index : mainConf(r)->variables) {
        r->variables[index].valid = 0;
        r->variables[index].not_found = 0;
    }
}

}  // namespace

Context::Context(ngx_http_request_t* r) noexcept : request(r)
{
    waiter.wake = [](void* data) noexcept { resume(static_cast<Context*>(data)->request); };
    waiter.data = this;
}

void Context::setCaller(std::optional<Caller> caller) noexcept
{
    if (caller_ && (formerRecords_.empty() || formerRecords_.back() != caller_->record)) {
        try {
            formerRecords_.push_back(caller_->record);
        } catch (...) {
            caller_->record.release();  // out of memory: rather never freed than too early
        }
    }
    caller_ = std::move(caller);
}

std::string_view Caller::text(IdentityField field) const
{
    // a session has no client: it is the site's own
    return field == IdentityField::client && session() != nullptr ? "" : record->text()[field];
}

bool Caller::same(const Caller& other) const noexcept
{
    return environment == other.environment &&
           (session() == nullptr) == (other.session() == nullptr) &&
           (record == other.record || record->bytes() == other.record->bytes());
}

std::chrono::sys_seconds Caller::end() const noexcept
{
    if (session() == nullptr) {
        return record->token()->expires;
    }
    const SessionLimits& limits = environment->limits;
    return std::min(session()->created + limits.lifetime, session()->seen + limits.idle);
}

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

void setVerdict(Context& context, Reason reason) noexcept
{
    context.error = reason;
    context.judged = true;
    forgetVariables(context.request);
}

void forgetCaller(Context& context) noexcept
{
    context.setCaller(std::nullopt);
    forgetVariables(context.request);
}

ngx_int_t suspend(ngx_http_request_t* r) noexcept
{
    r->read_event_handler = ngx_http_test_reading;
    // a socket that can be written to is no reason to judge again before resume() does
    r->write_event_handler = ngx_http_request_empty_handler;
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
        r->write_event_handler = ngx_http_core_run_phases;
        ngx_http_core_run_phases(r);
    }
    ngx_http_run_posted_requests(c);
}

std::string_view sentPath(ngx_http_request_t* r) noexcept
{
    const std::string_view target = view(r->unparsed_uri);
    return target.substr(0, target.find('?'));
}

std::string_view sentQuery(ngx_http_request_t* r) noexcept
{
    std::string_view target = view(r->unparsed_uri);
    target.remove_prefix(std::min(sentPath(r).size() + 1, target.size()));
    return target.substr(0, target.find('#'));
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

namespace {

/** host[:port] as the client wrote it. */
std::string_view authority(ngx_http_request_t* r) noexcept
{
#ifdef NGX_HTTP_VERSION_30
    if (r->http_version == NGX_HTTP_VERSION_30 && r->host_start != nullptr) {
        return {reinterpret_cast<const char*>(r->host_start),
                static_cast<std::size_t>(r->host_end - r->host_start)};
    }
#endif
    return requestHeader(r, "host");
}

/** ":port" of an authority of this (lower-case) host, "" for any other text. */
std::string_view portOf(std::string_view authority, std::string_view host) noexcept
{
    if (!startsWithIgnoringCase(authority, host)) {
        return {};
    }
    std::string_view rest = authority.substr(host.size());
    takePrefix(rest, ".");  // which nginx takes off the host
    const bool port = rest.size() >= 2 && rest.size() <= 6 && rest[0] == ':' &&
                      std::ranges::all_of(rest.substr(1), isDigit);
    return port ? rest : std::string_view();
}

}  // namespace

std::string publicOrigin(ngx_http_request_t* r, const Environment& environment)
{
    if (!environment.baseUrl.empty()) {
        return environment.baseUrl;
    }
    const bool secure = secureRequest(r, environment);
    std::string_view name = view(r->headers_in.server);
    if (name.empty()) {  // HTTP/1.0 may have no Host
        const auto* server = static_cast<ngx_http_core_srv_conf_t*>(
            ngx_http_get_module_srv_conf(r, ngx_http_core_module));
        name = view(server->server_name);
    }
    std::string_view port = portOf(authority(r), name);
    if (port == (secure ? ":443" : ":80")) {
        port = {};  // browsers leave the default port away
    }
    return concat({secure ? "https://" : "http://", name, port});
}

}  // namespace scalekit
