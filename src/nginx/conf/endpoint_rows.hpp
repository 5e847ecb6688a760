#pragma once

#include "nginx/ngx/ngx.hpp"

#include <iterator>
#include <string_view>

namespace scalekit {

/** The module's own addresses, in the order of endpointRows. */
enum class Endpoint : std::size_t { callback, login, logout, session };

/** What routing, the Allow header, the check of the callback and the documents know of one. */
struct EndpointRow {
    Endpoint endpoint;
    std::string_view path;  // below base_path, unless the environment gives it another
    ngx_uint_t methods;     // NGX_HTTP_GET | ...
};

inline constexpr EndpointRow endpointRows[] = {
    {Endpoint::callback, "/callback", NGX_HTTP_GET},
    {Endpoint::login, "/login", NGX_HTTP_GET | NGX_HTTP_HEAD},
    {Endpoint::logout, "/logout", NGX_HTTP_GET | NGX_HTTP_HEAD | NGX_HTTP_POST},
    {Endpoint::session, "/session", NGX_HTTP_GET | NGX_HTTP_HEAD},
};
inline constexpr std::size_t endpointCount = std::size(endpointRows);

constexpr bool endpointsInOrder()
{
    for (std::size_t i = 0; i < endpointCount; ++i) {
        if (static_cast<std::size_t>(endpointRows[i].endpoint) != i) {
            return false;
        }
    }
    return true;
}
static_assert(endpointsInOrder());

}  // namespace scalekit
