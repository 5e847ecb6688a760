#pragma once

#include "base/ascii.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace scalekit {

/**
 * A pair of a Cookie header (RFC 6265 4.2.1). A quoted value keeps its quotes. Names are to be
 * compared byte by byte: nginx's own parser ignores case, which lets a sub-domain's `__HOST-x` pass
 * for `__Host-x`.
 */
struct CookiePair {
    std::string_view written;  // up to the ';', blanks included
    std::string_view name;
    std::string_view value;  // data() is nullptr where there is no '='
};

/** Calls visit(pair) for every pair of a Cookie header in order. Allocates nothing. */
template <class Visit>
void forEachCookie(std::string_view header, Visit&& visit)
{
    while (!header.empty()) {
        const std::string_view written = takeUntil(header, ';');
        const std::string_view pair = trimmed(written);
        const std::size_t equals = pair.find('=');
        if (!pair.empty()) {
            visit(CookiePair{written, pair.substr(0, equals),
                             equals == std::string_view::npos ? std::string_view()
                                                              : pair.substr(equals + 1)});
        }
    }
}

/**
 * The header without the pairs for which drop(pair) is true, whatever else is odd about them. The
 * header itself when there is none; else what is left stands, in its order and spelling, in the
 * memory that room() gives: as many bytes as the header has. data() is nullptr when room() gives
 * none.
 */
template <class Drop, class Room>
std::string_view withoutPairs(std::string_view header, Drop&& drop, Room&& room)
{
    char* begin = nullptr;
    char* out = nullptr;
    std::size_t kept = 0;  // bytes at the front of the header, before the first pair is dropped
    bool dropped = false;

    forEachCookie(header, [&](const CookiePair& pair) {
        if (drop(pair)) {
            if (!dropped) {
                dropped = true;
                begin = room();
                out = begin == nullptr ? nullptr : std::copy_n(header.data(), kept, begin);
            }
        } else if (!dropped) {
            kept =
                static_cast<std::size_t>(pair.written.data() + pair.written.size() - header.data());
        } else if (out == begin && out != nullptr) {
            out = std::copy(pair.name.data(), pair.written.data() + pair.written.size(), out);
        } else if (out != nullptr) {
            // never more than was read, or it would not fit: one ';' and the pair as it is written
            *out++ = ';';
            out = std::copy(pair.written.begin(), pair.written.end(), out);
        }
    });
    return dropped ? std::string_view(begin, static_cast<std::size_t>(out - begin)) : header;
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

/** Whether browsers keep a cookie of this domain at the host: RFC 6265 5.1.3, for names. */
bool domainMatches(std::string_view host, std::string_view domain) noexcept;

}  // namespace scalekit
