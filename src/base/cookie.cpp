#include "base/cookie.hpp"

namespace scalekit {

std::string setCookie(std::string_view name, std::string_view value,
                      const CookieAttributes& attributes)
{
    std::string cookie;
    cookie.reserve(name.size() + value.size() + attributes.domain.size() + 96);

    cookie += name;
    cookie += '=';
    cookie += value;
    cookie += "; Path=/";
    if (!attributes.domain.empty()) {
        cookie += "; Domain=";
        cookie += attributes.domain;
    }
    if (attributes.maxAge >= 0) {
        cookie += "; Max-Age=" + std::to_string(attributes.maxAge);
    }
    cookie += "; HttpOnly";
    if (attributes.secure) {
        cookie += "; Secure";
    }

    switch (attributes.sameSite) {
    case SameSite::lax:
        cookie += "; SameSite=Lax";
        break;
    case SameSite::none:
        cookie += "; SameSite=None";
        break;
    }

    return cookie;
}

}  // namespace scalekit
