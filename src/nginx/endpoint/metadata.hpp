#pragma once

#include "nginx/ngx/ngx.hpp"

#include <string_view>

namespace scalekit {

/** Where resources are described (RFC 9728 section 3). */
inline constexpr std::string_view wellKnownPath = "/.well-known/oauth-protected-resource";

/**
 * The post-read-phase handler: serves the metadata of the server's protected resources (RFC 9728
 * section 3) to everybody, before nginx looks for a location, so that no location of the site can
 * stand in its way.
 */
ngx_int_t serveMetadata(ngx_http_request_t* r) noexcept;

}  // namespace scalekit
