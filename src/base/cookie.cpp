#include "base/cookie.hpp"

#include "base/ascii.hpp"
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

bool domainMatches(std::string_view host, std::string_view domain) noexcept
{
    if (host.size() < domain.size()) {
        return false;
    }
    const std::size_t start = host.size() - domain.size();
    return equalIgnoringCase(host.substr(start), domain) && (start == 0 || host[start - 1] == '.');
}

}  // namespace scalekit
