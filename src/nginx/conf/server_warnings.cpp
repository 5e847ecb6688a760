#include "nginx/conf/server_warnings.hpp"

#include "base/ascii.hpp"
#include "base/cookie.hpp"
#include "base/text.hpp"
#include "nginx/ngx/interop.hpp"

#include <algorithm>
#include <span>

namespace scalekit {

namespace {

using Server = ngx_http_core_srv_conf_t;

template <class T>
std::span<T> items(const ngx_array_t& array)
{
    return {static_cast<T*>(array.elts), array.nelts};
}

ngx_http_core_main_conf_t& coreMain(ngx_conf_t* cf)
{
    return *static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
}

/**
 * The status of a "return" that comes first of the rewrite directives of a location, so that
 * nothing else ever happens there; 0 when there is none. nginx may lack the rewrite module.
 */
ngx_uint_t firstReturn(ngx_conf_t* cf, void** locConf)
{
    ngx_module_t** module = cf->cycle->modules;
    while (*module != nullptr && std::string_view((*module)->name) != "ngx_http_rewrite_module") {
        ++module;
    }
    if (*module == nullptr) {
        return 0;
    }
    // the first member of its configuration, whose type is private: ngx_array_t *codes
    const auto* codes = *static_cast<ngx_array_t**>(locConf[(*module)->ctx_index]);
    if (codes == nullptr || codes->nelts == 0) {
        return 0;
    }
    const auto* code = static_cast<const ngx_http_script_return_code_t*>(codes->elts);
    return code->code == ngx_http_script_return_code ? code->status : 0;
}

bool isRedirect(ngx_uint_t status)
{
    return status >= 300 && status < 400;
}

/** Plain http, and nothing that shows a proxy in front of it which speaks https. */
bool plainAddress(const ngx_http_listen_opt_t& options)
{
    bool plain = !options.ssl && !options.proxy_protocol &&
                 options.sockaddr->sa_family != AF_UNIX &&
                 ngx_inet_get_port(options.sockaddr) != 443;
#if (NGX_HTTP_V3)
    plain = plain && !options.quic;
#endif
    return plain;
}

bool listensPlainly(ngx_conf_t* cf, const Server* server)
{
    const ngx_array_t* ports = coreMain(cf).ports;
    if (ports == nullptr) {
        return false;
    }
    for (const ngx_http_conf_port_t& port : items<ngx_http_conf_port_t>(*ports)) {
        for (const ngx_http_conf_addr_t& address : items<ngx_http_conf_addr_t>(port.addrs)) {
            const auto servers = items<Server*>(address.servers);
            if (std::ranges::find(servers, server) != servers.end() && !plainAddress(address.opt)) {
                return false;
            }
        }
    }
    return true;
}

bool hasRegex(const ngx_http_server_name_t& name)
{
#if (NGX_PCRE)
    return name.regex != nullptr;
#else
    static_cast<void>(name);
    return false;
#endif
}

/** One host, unlike "*.example.com", ".example.com", "www.*", "_" and regular expressions. */
bool exactHost(const ngx_http_server_name_t& name)
{
    const std::string_view text = view(name.name);
    return !hasRegex(name) && !text.starts_with('.') && text.find('.') != text.npos &&
           text.find('*') == text.npos;
}

/** Tenants by host: a base_url, which is one for all, would be no remedy there. */
bool hasManyHosts(const Server* server)
{
    const auto names = items<ngx_http_server_name_t>(server->server_names);
    return names.size() > 1 || (names.size() == 1 && !exactHost(names[0]) &&
                                view(names[0].name).find_first_of("*.~") != std::string_view::npos);
}

bool isAddress(std::string_view host)
{
    return std::ranges::all_of(host, [](char c) { return isDigit(c) || c == '.'; });
}

/** A name of the server whose browsers would drop cookies of the domain, or "". */
std::string_view hostOutside(const Server* server, std::string_view domain)
{
    for (const auto& name : items<ngx_http_server_name_t>(server->server_names)) {
        std::string_view host = view(name.name);
        if (exactHost(name) && !isAddress(host) && !domainMatches(host, domain)) {
            return host;
        }
        const bool below = host.starts_with("*.") || host.starts_with('.');
        host.remove_prefix(std::min(host.size(), host.find('.') + 1));
        if (below && !hasRegex(name) && host.find('*') == host.npos &&
            !domainMatches(host, domain) && !domainMatches(domain, host)) {
            return view(name.name);
        }
    }
    return "";
}

void warn(ngx_conf_t* cf, const Server* server, const std::string& text)
{
    ngx_log_error(NGX_LOG_WARN, cf->log, 0, "scalekit_auth: server \"%V\" (%s:%ui) %s",
                  &server->server_name, server->file_name, server->line, text.c_str());
}

void warnOfOpenServers(ngx_conf_t* cf)
{
    const Server* first = nullptr;
    std::string_view environment;
    std::size_t more = 0;
    for (const Server* server : items<Server*>(coreMain(cf).servers)) {
        const auto* conf =
            static_cast<ServerConf*>(server->ctx->srv_conf[ngx_http_scalekit_module.ctx_index]);
        if (!conf->signsIn || conf->namesTenant) {
            continue;
        }
        if (first != nullptr) {
            ++more;
        } else {
            first = server;
            environment = conf->guards.front()->name;
        }
    }
    if (first != nullptr) {
        warn(cf, first,
             concat({"is open to people of every organization of \"", environment, "\"",
                     more == 0 ? "" : ", and so are " + std::to_string(more) + " more",
                     "; name one by scalekit_organization_id or scalekit_connection_id, or write "
                     "'scalekit_organization_id \"\"' where everybody is meant"}));
    }
}

}  // namespace

void warnOfServer(ngx_conf_t* cf, Server* server, const Environment& environment, void** callback)
{
    const ngx_uint_t status = firstReturn(cf, callback);
    if (firstReturn(cf, server->ctx->loc_conf) != 0 || isRedirect(status)) {
        return;  // leads elsewhere, such as from http to https: nobody signs in here
    }
    static_cast<ServerConf*>(server->ctx->srv_conf[ngx_http_scalekit_module.ctx_index])->signsIn =
        true;

    const auto* core =
        static_cast<ngx_http_core_loc_conf_t*>(callback[ngx_http_core_module.ctx_index]);
    if (status != 0 || core->internal) {
        const std::string& path = environment.path(Endpoint::callback);
        warn(cf, server,
             concat({"lets nobody sign in by \"", environment.name, "\": its callback path \"",
                     path, "\" reaches location \"", view(core->name), "\", where ",
                     status != 0 ? "\"return " + std::to_string(status) + "\"" : "\"internal\"",
                     " answers first; take that away, or add \"location = ", path,
                     " { scalekit_auth ", environment.name, "; }\""}));
    }

    const std::string& domain = environment.cookie.domain;
    const std::string_view outside =
        domain.empty() || !environment.baseUrl.empty() ? "" : hostOutside(server, domain);
    if (!outside.empty()) {
        warn(cf, server,
             concat({"has the name \"", outside, "\", but the session cookie of \"",
                     environment.name, "\" is for \"", domain,
                     "\", so browsers drop it there; change domain= of session_cookie, or leave it "
                     "away"}));
    }

    if (!environment.allowHttp && environment.baseUrl.empty() && !hasManyHosts(server) &&
        listensPlainly(cf, server)) {
        warn(cf, server,
             concat({"listens on plain http, where browsers keep no cookie of \"", environment.name,
                     "\"; add \"ssl\" to \"listen\", set base_url where a proxy in front speaks "
                     "https, or \"allow_http on\" for development on loopback"}));
    }
}

ngx_int_t warnOfConfiguration(ngx_conf_t* cf) noexcept
try {
    for (const auto& environment : mainConf(cf)->environments) {
        if (!environment->used) {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "scalekit_environment \"%s\" guards nothing; add \"scalekit_auth %s\" to "
                          "a server or location, or remove it in %s:%ui",
                          environment->name.c_str(), environment->name.c_str(),
                          environment->file.c_str(), environment->line);
        }
    }
    warnOfOpenServers(cf);
    return NGX_OK;
} catch (...) {
    return NGX_ERROR;
}

}  // namespace scalekit
