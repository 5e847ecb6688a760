#pragma once

#include "base/reason.hpp"
#include "nginx/ngx/ngx.hpp"

#include <iterator>
#include <string_view>

namespace scalekit {

/** The module's own addresses, in the order of endpointRows. */
enum class Endpoint : std::size_t { callback, login, logout, session };

/** What routing, the Allow header, the check of the callback and the documents know of one. */
struct EndpointRow {
    std::string_view path;  // below base_path, unless the environment gives it another
    ngx_uint_t methods;     // NGX_HTTP_GET | ...
    Reason wrongMethod;     // what any other method is refused with
};

inline constexpr EndpointRow endpointRows[] = {
    {"/callback", NGX_HTTP_GET, Reason::request_malformed},
    {"/login", NGX_HTTP_GET | NGX_HTTP_HEAD, Reason::method_not_allowed},
    {"/logout", NGX_HTTP_GET | NGX_HTTP_HEAD | NGX_HTTP_POST, Reason::method_not_allowed},
    {"/session", NGX_HTTP_GET | NGX_HTTP_HEAD, Reason::method_not_allowed},
};
inline constexpr std::size_t endpointCount = std::size(endpointRows);

}  // namespace scalekit
