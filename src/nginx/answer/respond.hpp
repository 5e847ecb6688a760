#pragma once

#include "base/json.hpp"
#include "nginx/identity/context.hpp"

#include <string_view>

/**
 * The module's own answers. Every one of them is complete (status, headers, body) and is sent from
 * the access phase; the functions return what the phase handler has to return. The header filter
 * adds no-store and no-referrer, so that the site's `add_header` and `expires` change neither.
 */
namespace scalekit {

inline constexpr std::string_view htmlType = "text/html; charset=utf-8";

/** Sends status, type and body and ends the request. */
ngx_int_t sendBody(ngx_http_request_t* r, ngx_uint_t status, std::string_view contentType,
                   std::string_view body);

/** The same with JSON, in a line of its own. */
ngx_int_t sendJson(ngx_http_request_t* r, ngx_uint_t status, const JsonPtr& json);

/** 302, or 303 after anything but GET and HEAD (RFC 9700 4.12), without a body or a Referer. */
ngx_int_t sendRedirect(ngx_http_request_t* r, std::string_view location);

/**
 * Ends the request with the reason's status: a page for people, JSON for programs, and one log line
 * with the same reference. Where the administrator has an error_page for the status, or `satisfy
 * any` gives others a say, nginx gets the bare status instead.
 */
ngx_int_t refuse(Context& context, Refusal refusal);

/** Refuses a subrequest: one log line, and the bare status for whoever made it. */
ngx_int_t refuseSubrequest(ngx_http_request_t* r, const Refusal& refusal);

/** True on the way to an error_page: a login begun from there would loop, and the answer is known.
 */
bool onErrorPage(const Context& context) noexcept;

/**
 * refuse(), but on the way to an error_page the answer is the one that led there: our refusal,
 * without a second log line, or nginx's own page.
 */
ngx_int_t refuseOnErrorPage(Context& context, Refusal refusal);

/** True where another access module may let a request pass that this one refuses with 401 or 403.
 */
bool satisfyAny(ngx_http_request_t* r) noexcept;

/** The HTTP status of a refusal: what is wrong with a bearer token is the client's fault. */
ngx_uint_t statusOf(const Refusal& refusal) noexcept;

/** True for a method that only reads: GET, HEAD. */
inline bool reads(ngx_http_request_t* r) noexcept
{
    return (r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)) != 0;
}

/** True when a person looks at the answer: a navigation, or an Accept that names text/html. */
bool wantsPage(ngx_http_request_t* r) noexcept;

/**
 * True for GET and HEAD navigations: what may be sent to a login page (Fetch Metadata, else
 * Accept).
 */
bool navigation(ngx_http_request_t* r) noexcept;

}  // namespace scalekit
