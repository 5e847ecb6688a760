#pragma once

#include <string>
#include <string_view>

namespace scalekit {

/**
 * Calls visit(name, value) for every pair of a Cookie header (RFC 6265 4.2.1), in order; a quoted
 * value keeps its quotes. Names are for the caller to compare, byte by byte: nginx's own parser
 * ignores case, which lets a sub-domain's `__HOST-x` pass for
 * `__Host-x`. Allocates nothing.
 */
template <class Visit>
void forEachCookie(std::string_view header, Visit&& visit)
{
    while (!header.empty()) {
        const std::size_t end = header.find(';');
        std::string_view pair = header.substr(0, end);
        header = end == std::string_view::npos ? std::string_view() : header.substr(end + 1);

        while (!pair.empty() && (pair.front() == ' ' || pair.front() == '\t')) {
            pair.remove_prefix(1);
        }
        while (!pair.empty() && (pair.back() == ' ' || pair.back() == '\t')) {
            pair.remove_suffix(1);
        }

        const std::size_t equals = pair.find('=');
        if (equals != std::string_view::npos) {
            visit(pair.substr(0, equals), pair.substr(equals + 1));
        }
    }
}

/**
 * The header without the cookies for which drop(name) is true, original order and spelling
 * otherwise.
 */
template <class Drop>
std::string withoutCookies(std::string_view header, Drop&& drop);

enum class SameSite { lax, none };  // a strict session would not survive the way back

/** What a Set-Cookie header says; Path is always "/", HttpOnly always set. */
struct CookieAttributes {
    std::string_view domain;  // empty: host-only
    SameSite sameSite = SameSite::lax;
    bool secure = true;
    long maxAge = -1;  // seconds; 0 deletes, -1 leaves it out (browser session)
};

/** A Set-Cookie value (RFC 6265 4.1.1). Name and value must already be cookie-safe. */
std::string setCookie(std::string_view name, std::string_view value,
                      const CookieAttributes& attributes);

template <class Drop>
std::string withoutCookies(std::string_view header, Drop&& drop)
{
    std::string kept;
    kept.reserve(header.size());
    std::string_view rest = header;

    while (!rest.empty()) {
        const std::size_t end = rest.find(';');
        std::string_view pair = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);

        while (!pair.empty() && (pair.front() == ' ' || pair.front() == '\t')) {
            pair.remove_prefix(1);
        }
        std::string_view name = pair.substr(0, pair.find('='));
        while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) {
            name.remove_suffix(1);
        }

        if (!pair.empty() && !drop(name)) {
            if (!kept.empty()) {
                kept += "; ";
            }
            kept += pair;
        }
    }

    return kept;
}

}  // namespace scalekit
