#include "base/cookie.hpp"

#include "base/text.hpp"

namespace scalekit {

std::string setCookie(std::string_view name, std::string_view value,
                      const CookieAttributes& attributes)
{
    std::string cookie = concat({name, "=", value, "; Path=/"});
    if (!attributes.domain.empty()) {
        cookie += concat({"; Domain=", attributes.domain});
    }
    if (attributes.maxAge >= 0) {
        cookie += "; Max-Age=" + std::to_string(attributes.maxAge);
    }
    cookie += attributes.secure ? "; HttpOnly; Secure" : "; HttpOnly";
    cookie += attributes.sameSite == SameSite::lax ? "; SameSite=Lax" : "; SameSite=None";
    return cookie;
}

}  // namespace scalekit
