#pragma once

#include "nginx/identity/context.hpp"

/**
 * What the upstream sees of the client's headers: nothing that looks like the module's own, neither
 * cookies nor identity, and the identity that the module has verified. Works on the request itself,
 * so it holds for every kind of upstream.
 */
namespace scalekit {

/**
 * The preaccess-phase handler: removes the client's identity headers (any prefix in use, any case,
 * '_' for '-') and takes the module's cookies out of Cookie. It also runs where `satisfy any` lets
 * the access phase end before the module is asked.
 */
ngx_int_t scrubRequest(ngx_http_request_t* r) noexcept;

/**
 * Takes everything under an identity prefix out of the request; false when there is no memory. The
 * list is the request's own afterwards, also that of a subrequest, which begins as its parent's.
 */
bool removeIdentityHeaders(ngx_http_request_t* r) noexcept;

/** Remembers the module's cookies, once, before the request is cleaned of them. */
void keepCookies(Context& context);

/**
 * Adds what the location tells the upstream of a caller, the identity headers and those of
 * scalekit_set_header; false when there is no memory or a value cannot be evaluated.
 */
bool addIdentityHeaders(ngx_http_request_t* r, const Caller& caller, const LocationConf& conf);

}  // namespace scalekit
