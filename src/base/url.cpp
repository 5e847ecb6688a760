#include "base/url.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace scalekit {

namespace {

/** RFC 3986 section 2.3. */
constexpr PlainBytes unreserved = [] {
    PlainBytes is{};
    for (std::size_t c = 0; c < is.size(); ++c) {
        const char character = static_cast<char>(c);
        is[c] = isAlphanumeric(character) ||
                std::string_view("-._~").find(character) != std::string_view::npos;
    }
    return is;
}();

/** Printable ASCII without the space and without the backslash, which browsers read as a slash. */
bool isPlain(std::string_view text) noexcept
{
    return std::ranges::all_of(text,
                               [](char c) { return isPrintable(c) && c != ' ' && c != '\\'; });
}

bool isHostName(std::string_view host) noexcept
{
    return !host.empty() && host.front() != '.' && host.find("..") == std::string_view::npos &&
           consistsOf(host, "-._");
}

bool isBracketedAddress(std::string_view host) noexcept
{
    if (host.size() < 4 || host.front() != '[' || host.back() != ']') {
        return false;
    }
    host = host.substr(1, host.size() - 2);
    return host.find(':') != std::string_view::npos && std::ranges::all_of(host, [](char c) {
               return hexValue(c) >= 0 || c == ':' || c == '.';
           });
}

bool isPort(std::string_view port) noexcept
{
    std::uint16_t number = 0;
    const char* const end = port.data() + port.size();
    const std::from_chars_result read = std::from_chars(port.data(), end, number);
    return read.ec == std::errc() && read.ptr == end && !port.starts_with('0');
}

/** Takes one dot from the front, written "." or "%2e", as WHATWG reads it. */
bool takeDot(std::string_view& segment) noexcept
{
    return takePrefix(segment, ".") || takePrefix(segment, "%2e") || takePrefix(segment, "%2E");
}

bool isDotSegment(std::string_view segment) noexcept
{
    return takeDot(segment) && (segment.empty() || (takeDot(segment) && segment.empty()));
}

bool hasDotSegment(std::string_view path) noexcept
{
    while (!path.empty()) {
        if (isDotSegment(takeUntil(path, '/'))) {
            return true;
        }
    }
    return false;
}

}  // namespace

std::optional<Url> parseUrl(std::string_view text) noexcept
{
    if (!isPlain(text) || text.find('#') != std::string_view::npos) {
        return std::nullopt;
    }

    Url url;
    const std::size_t colon = text.find("://");
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    url.scheme = text.substr(0, colon);
    if (url.scheme != "https" && url.scheme != "http") {
        return std::nullopt;
    }
    text.remove_prefix(colon + 3);

    const std::size_t question = text.find('?');
    if (question != std::string_view::npos) {
        url.query = text.substr(question + 1);
        text = text.substr(0, question);
    }

    const std::size_t slash = text.find('/');
    if (slash != std::string_view::npos) {
        url.path = text.substr(slash);
        text = text.substr(0, slash);
    }

    // What is left is the authority; a port's colon stands after the bracket of an IPv6 address.
    const std::size_t bracket = text.find(']');
    const std::size_t port = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (port != std::string_view::npos) {
        url.port = text.substr(port + 1);
        if (!isPort(url.port)) {
            return std::nullopt;
        }
    }
    url.host = text.substr(0, port);
    if (!isHostName(url.host) && !isBracketedAddress(url.host)) {
        return std::nullopt;
    }

    return url;
}

std::string percentEncode(std::string_view text)
{
    std::string encoded;
    appendPercentEncoded(encoded, text);
    return encoded;
}

void appendPercentEncoded(std::string& out, std::string_view text)
{
    appendPercentEncoded(out, text, unreserved);
}

void appendPercentEncoded(std::string& out, std::string_view text, const PlainBytes& plain)
{
    static const char digits[] = "0123456789ABCDEF";
    const auto isPlain = [&plain](char c) { return plain[static_cast<unsigned char>(c)]; };

    for (auto rest = text.begin(); rest != text.end();) {
        const auto end = std::find_if_not(rest, text.end(), isPlain);
        out.append(rest, end);
        rest = end;
        for (; rest != text.end() && !isPlain(*rest); ++rest) {
            const auto byte = static_cast<unsigned char>(*rest);
            out.append({'%', digits[byte >> 4], digits[byte & 15]});
        }
    }
}

void appendFieldValue(std::string& out, std::string_view text, const PlainBytes& plain)
{
    const auto appendBlanks = [&out](std::size_t count) {
        for (; count > 0; --count) {
            out += "%20";
        }
    };
    const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
    const std::size_t end = std::max(begin, text.find_last_not_of(' ') + 1);
    appendBlanks(begin);
    appendPercentEncoded(out, text.substr(begin, end - begin), plain);
    appendBlanks(text.size() - end);
}

std::optional<std::string> percentDecode(std::string_view text, Plus plus)
{
    std::string decoded;
    decoded.reserve(text.size());

    for (std::size_t i = 0; i < text.size(); i++) {
        if (text[i] == '+' && plus == Plus::space) {
            decoded += ' ';
        } else if (text[i] != '%') {
            decoded += text[i];
        } else {
            const int high = text.size() - i > 2 ? hexValue(text[i + 1]) : -1;
            const int low = text.size() - i > 2 ? hexValue(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return std::nullopt;
            }
            decoded += static_cast<char>(high << 4 | low);
            i += 2;
        }
    }

    return decoded;
}

std::string safeReturnUrl(std::string_view text)
{
    if (!isPlain(text) || !text.starts_with('/') || text.starts_with("//")) {
        return "/";
    }

    text = text.substr(0, text.find('#'));
    const std::string_view path = text.substr(0, text.find('?'));

    // Resolving dot segments only takes segments away, so the result can start with "//" only where
    // "//" stands in the path already: a path with both is refused ("/.//evil.example",
    // "/a/%2e%2e//evil.example").
    if (path.find("//") != std::string_view::npos && hasDotSegment(path)) {
        return "/";
    }

    if (text.size() <= maxReturnUrl) {
        return std::string(text);
    }
    return path.size() <= maxReturnUrl ? std::string(path) : "/";
}

}  // namespace scalekit
