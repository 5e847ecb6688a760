#include "nginx/conf/callback_check.hpp"

#include "nginx/conf/conf.hpp"
#include "nginx/conf/server_warnings.hpp"
#include "nginx/ngx/interop.hpp"

#include <map>

/**
 * The nginx -t check that a login can come back: which location a path would reach is found in the
 * trees that nginx has just built, the way ngx_http_core_find_location() walks them for a request.
 */
namespace scalekit {

namespace {

using CoreConf = ngx_http_core_loc_conf_t;
using Guards = std::vector<const Environment*>;

CoreConf* coreConf(void** locConf)
{
    return static_cast<CoreConf*>(locConf[ngx_http_core_module.ctx_index]);
}

/** The environment that signs people in at a location; one for bearer tokens only has none. */
const Environment* guardOf(void** locConf)
{
    const auto* conf = static_cast<LocationConf*>(locConf[ngx_http_scalekit_module.ctx_index]);
    return conf->takesCookies() ? conf->environment : nullptr;
}

struct Match {
    CoreConf* location = nullptr;
    bool final = false;  // an exact match or a regular expression: nothing else has a say
};

/** ngx_http_core_find_static_location(); `redirected` when nginx would answer with "path/". */
Match findStatic(ngx_http_location_tree_node_t* node, ngx_str_t path, bool& redirected)
{
    Match match;
    while (node != nullptr) {
        const std::size_t size = std::min<std::size_t>(path.len, node->len);
        const ngx_int_t order = ngx_filename_cmp(path.data, node->name, size);

        if (order != 0) {
            node = order < 0 ? node->left : node->right;
        } else if (path.len > node->len) {
            if (node->inclusive == nullptr) {
                node = node->right;
                continue;
            }
            match.location = node->inclusive;
            redirected = false;
            node = node->tree;
            path.data += size;
            path.len -= size;
        } else if (path.len == node->len) {
            redirected = false;
            return {node->exact != nullptr ? node->exact : node->inclusive, node->exact != nullptr};
        } else {
            redirected = redirected || (path.len + 1 == node->len && node->auto_redirect);
            node = node->left;
        }
    }
    return match;
}

/**
 * The location that a request for `path` reaches below `parent`, as ngx_http_core_find_location()
 * finds it: `parent` itself when none is closer, nullptr when nginx would answer with a redirect to
 * "path/".
 */
Match findLocation(CoreConf* parent, ngx_str_t path)
{
    bool redirected = false;
    Match match = findStatic(parent->static_locations, path, redirected);
    if (redirected) {
        return {nullptr, true};
    }
    if (match.final) {
        return match;
    }

    bool noRegex = false;
    if (match.location != nullptr) {
        noRegex = match.location->noregex;
        match = findLocation(match.location, path);
        if (match.final) {
            return match;
        }
    }

#if (NGX_PCRE)
    if (!noRegex && parent->regex_locations != nullptr) {
        for (CoreConf** candidate = parent->regex_locations; *candidate != nullptr; ++candidate) {
            if (ngx_regex_exec((*candidate)->regex->regex, &path, nullptr, 0) >= 0) {
                return {findLocation(*candidate, path).location, true};
            }
        }
    }
#endif

    return {match.location != nullptr ? match.location : parent, false};
}

/**
 * Environments that share a server should not share a cookie: each sign-in ends the session of the
 * other.
 */
void warnOfSharedCookies(ngx_http_core_srv_conf_t* server, const Guards& guards, ngx_log_t* log)
{
    std::map<std::string_view, const Environment*> names;
    for (const Environment* environment : guards) {
        const auto [other, added] = names.emplace(environment->cookie.plainName, environment);
        if (!added) {
            ngx_log_error(NGX_LOG_WARN, log, 0,
                          "scalekit_auth: server \"%V\" (%s:%ui) is guarded by \"%s\" and \"%s\", "
                          "which have the same cookie and end each other's sessions; give one of "
                          "them another by session_cookie",
                          &server->server_name, server->file_name, server->line,
                          environment->name.c_str(), other->second->name.c_str());
        }
    }
}

bool checkServer(ngx_conf_t* cf, ngx_http_core_srv_conf_t* server)
{
    ngx_log_t* log = cf->log;
    CoreConf* top = coreConf(server->ctx->loc_conf);

    const Guards& guards =
        static_cast<ServerConf*>(server->ctx->srv_conf[ngx_http_scalekit_module.ctx_index])->guards;
    warnOfSharedCookies(server, guards, log);
    for (const Environment* environment : guards) {
        const CoreConf* location =
            findLocation(top, borrow(environment->path(Endpoint::callback))).location;
        void** reached = location == nullptr ? nullptr
                         : location == top   ? server->ctx->loc_conf
                                             : location->loc_conf;
        if (reached != nullptr && guardOf(reached) == environment) {
            warnOfServer(cf, server, *environment, reached);
            continue;
        }
        ngx_str_t name = location == nullptr ? borrow("a redirect to the path with a slash")
                         : location == top   ? borrow("server level")
                                             : location->name;
        ngx_log_error(
            NGX_LOG_EMERG, log, 0,
            "scalekit_auth: server \"%V\" (%s:%ui) is guarded by \"%s\", but its callback "
            "path \"%s\" reaches location \"%V\", which is not; add \"location %s/ { "
            "scalekit_auth %s; }\" there, or change base_path",
            &server->server_name, server->file_name, server->line, environment->name.c_str(),
            environment->path(Endpoint::callback).c_str(), &name, environment->basePath.c_str(),
            environment->name.c_str());
        return false;
    }
    return true;
}

}  // namespace

ngx_int_t checkCallbackLocations(ngx_conf_t* cf) noexcept
try {
    auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    auto** servers = static_cast<ngx_http_core_srv_conf_t**>(core->servers.elts);

    for (ngx_uint_t i = 0; i < core->servers.nelts; ++i) {
        if (!checkServer(cf, servers[i])) {
            return NGX_ERROR;
        }
    }
    return NGX_OK;
} catch (...) {
    return NGX_ERROR;
}

}  // namespace scalekit
