#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace scalekit {

/** An absolute http(s) URL, split; views into the text it was parsed from. */
struct Url {
    std::string_view scheme;  // "https" or "http", as written in lower case
    std::string_view host;    // without port; IPv6 in brackets
    std::string_view port;    // empty when not written
    std::string_view path;    // "" or "/..."
    std::string_view query;   // without '?'

    bool https() const noexcept { return scheme == "https"; }
};

/**
 * Parses configuration and provider metadata: https://host[:port][/path][?query]. No user info, no
 * fragment, no control characters, spaces or backslashes, port 1-65535. nullopt otherwise.
 */
std::optional<Url> parseUrl(std::string_view text) noexcept;

/** Percent-encodes everything but RFC 3986 unreserved characters. */
std::string percentEncode(std::string_view text);

/** Which bytes stand for themselves; all others are percent-encoded. */
using PlainBytes = std::array<bool, 256>;

/** At the end of a text. */
void appendPercentEncoded(std::string& out, std::string_view text, const PlainBytes& plain);
void appendPercentEncoded(std::string& out, std::string_view text);

/** The same for the value of a header field, with the blanks at its ends, which HTTP takes off. */
void appendFieldValue(std::string& out, std::string_view text, const PlainBytes& plain);

/** Decodes %XX; with `plus`, '+' is a space (form encoding). nullopt on a broken escape. */
enum class Plus { literal, space };
std::optional<std::string> percentDecode(std::string_view text, Plus plus = Plus::literal);

constexpr std::size_t maxReturnUrl = 2000;  // bytes

/**
 * The part of a URL to which a login may return: path and query of our own origin, or "/" when the
 * text is anything else. Refused are: not starting with "/", a second "/" or "\" (an authority to
 * browsers), backslashes, control characters, spaces and non-ASCII anywhere, and dot segments that
 * would make the path start with "//" when resolved (WHATWG URL). A fragment is cut. Above
 * maxReturnUrl bytes the query is dropped; a path still longer becomes "/".
 */
std::string safeReturnUrl(std::string_view text);

}  // namespace scalekit
