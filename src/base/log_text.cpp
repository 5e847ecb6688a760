#include "base/log_text.hpp"

#include "base/ascii.hpp"

#include <algorithm>

namespace scalekit {

std::string quotedForLog(std::string_view text, std::size_t most)
{
    constexpr char digits[] = "0123456789ABCDEF";
    std::string quoted = "\"";
    for (const char c : text.substr(0, most)) {
        if (isPrintable(c) && c != '"' && c != '\\') {
            quoted += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            quoted += "\\x";
            quoted += digits[byte >> 4];
            quoted += digits[byte & 0xf];
        }
    }
    quoted += text.size() > most ? "...\"" : "\"";
    return quoted;
}

std::string quotedPath(std::string_view target)
{
    constexpr std::string_view ends[] = {"?", "#", "%3f", "%253f"};
    std::size_t size = 0;
    while (size < target.size() && std::ranges::none_of(ends, [&](std::string_view end) {
               return startsWithIgnoringCase(target.substr(size), end);
           })) {
        ++size;
    }
    return quotedForLog(target.substr(0, size), 256);
}

std::string expectedAndFound(std::string_view what, std::string_view expected,
                             std::string_view found)
{
    std::string text(what);
    text += expected.empty() ? ": " : ": expected " + quotedForLog(expected) + ", ";
    text += "found " + quotedForLog(found);
    return text;
}

}  // namespace scalekit
