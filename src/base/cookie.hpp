#pragma once

#include "base/ascii.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace scalekit {

/**
 * Calls visit(name, value) for every pair of a Cookie header (RFC 6265 4.2.1), in order; a quoted
 * value keeps its quotes. Names are for the caller to compare, byte by byte: nginx's own parser
 * ignores case, which lets a sub-domain's `__HOST-x` pass for `__Host-x`. Allocates nothing.
 */
template <class Visit>
void forEachCookie(std::string_view header, Visit&& visit)
{
    while (!header.empty()) {
        const std::size_t end = header.find(';');
        const std::string_view pair = trimmed(header.substr(0, end));
        header = end == std::string_view::npos ? std::string_view() : header.substr(end + 1);

        const std::size_t equals = pair.find('=');
        if (equals != std::string_view::npos) {
            visit(pair.substr(0, equals), pair.substr(equals + 1));
        }
    }
}

/**
 * The header without the pairs for which drop(name) is true, whatever else is odd about them; names
 * are without the blanks around them. The header itself when there is none; else what is left
 * stands, in its order and spelling, in the memory that room() gives: as many bytes as the header
 * has. data() is nullptr when room() gives none.
 */
template <class Drop, class Room>
std::string_view withoutPairs(std::string_view header, Drop&& drop, Room&& room)
{
    const std::string_view whole = header;
    char* begin = nullptr;
    char* out = nullptr;
    std::size_t kept = 0;  // bytes at the front of the header, before the first pair is dropped

    while (!header.empty()) {
        const std::size_t end = std::min(header.find(';'), header.size());
        const std::string_view written = header.substr(0, end);
        header.remove_prefix(std::min(end + 1, header.size()));

        std::string_view pair = written;
        pair.remove_prefix(std::min(pair.find_first_not_of(" \t"), pair.size()));
        if (!pair.empty() && drop(trimmed(pair.substr(0, pair.find('='))))) {
            if (begin == nullptr) {
                begin = room();
                if (begin == nullptr) {
                    return {};
                }
                out = std::copy_n(whole.data(), kept, begin);
            }
        } else if (begin == nullptr) {
            kept = pair.empty()
                       ? kept
                       : static_cast<std::size_t>(pair.data() + pair.size() - whole.data());
        } else if (!pair.empty()) {
            // never more than was read, or it would not fit: one ';' and the pair as it is written
            if (out == begin) {
                out = std::copy(pair.begin(), pair.end(), out);
            } else {
                *out++ = ';';
                out = std::copy(written.begin(), written.end(), out);
            }
        }
    }
    return begin == nullptr ? whole
                            : std::string_view(begin, static_cast<std::size_t>(out - begin));
}

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

}  // namespace scalekit
