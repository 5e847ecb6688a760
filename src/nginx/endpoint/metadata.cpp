#include "nginx/endpoint/metadata.hpp"

#include "nginx/answer/respond.hpp"
#include "nginx/ngx/headers.hpp"
#include "nginx/ngx/interop.hpp"

namespace scalekit {

namespace {

/** But for a slash at the end, which some clients add and some drop. */
bool samePath(std::string_view path, std::string_view other) noexcept
{
    path.remove_suffix(path.ends_with('/') ? 1 : 0);
    other.remove_suffix(other.ends_with('/') ? 1 : 0);
    return path == other;
}

/**
 * The resource that a request asks about, by its path as the client wrote it too: a resource's own
 * may hold what nginx decodes or merges. Clients that know no path ask at the root: a server with
 * one resource answers there too.
 */
const Resource* requestedResource(ngx_http_request_t* r, const ServerConf& server) noexcept
{
    const std::string_view path = view(r->uri);
    for (const Resource* resource : server.resources) {
        if (samePath(resource->path, path) || samePath(resource->path, sentPath(r)) ||
            (server.resources.size() == 1 && samePath(path, wellKnownPath))) {
            return resource;
        }
    }
    return nullptr;
}

/** Public, so that scripts of any origin may read it. */
bool addCorsHeaders(ngx_http_request_t* r) noexcept
{
    if (!addHeader(r, "Access-Control-Allow-Origin", "*")) {
        return false;
    }
    return r->method != NGX_HTTP_OPTIONS ||
           (addHeader(r, "Access-Control-Allow-Methods", "GET, HEAD, OPTIONS") &&
            addHeader(r, "Access-Control-Allow-Headers", "*"));
}

ngx_int_t send(ngx_http_request_t* r, const Resource& resource)
{
    if (!addCorsHeaders(r)) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    if (r->method == NGX_HTTP_OPTIONS) {
        return sendBody(r, NGX_HTTP_NO_CONTENT, "text/plain", "");
    }
    if ((r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)) == 0) {
        return addHeader(r, "Allow", "GET, HEAD, OPTIONS") ? NGX_HTTP_NOT_ALLOWED
                                                           : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    return sendBody(r, NGX_HTTP_OK, "application/json", resource.json);
}

}  // namespace

ngx_int_t serveMetadata(ngx_http_request_t* r) noexcept
try {
    if (!view(r->uri).starts_with(wellKnownPath)) {
        return NGX_DECLINED;
    }
    const auto& server =
        *static_cast<ServerConf*>(ngx_http_get_module_srv_conf(r, ngx_http_scalekit_module));
    const Resource* resource = requestedResource(r, server);
    return resource != nullptr ? send(r, *resource) : NGX_DECLINED;
} catch (...) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}

}  // namespace scalekit
