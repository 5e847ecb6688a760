#include "base/cookie.hpp"

namespace scalekit {

std::vector<std::string_view> findCookies(std::string_view header, std::string_view name)
{
    std::vector<std::string_view> values;
    forEachCookie(header, [&](std::string_view key, std::string_view value) {
        if (key == name) {
            values.push_back(value);
        }
    });
    return values;
}

std::string_view findCookie(std::string_view header, std::string_view name) noexcept
{
    std::string_view found;
    forEachCookie(header, [&](std::string_view key, std::string_view value) {
        if (found.data() == nullptr && key == name) {
            found = value;
        }
    });
    return found;
}

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
    case SameSite::strict:
        cookie += "; SameSite=Strict";
        break;
    case SameSite::none:
        cookie += "; SameSite=None";
        break;
    }

    return cookie;
}

}  // namespace scalekit
