#include "base/cache_control.hpp"

#include <algorithm>
#include <cstddef>

namespace scalekit {

namespace {

bool named(std::string_view text, std::string_view lowerCaseName) noexcept
{
    return std::ranges::equal(text, lowerCaseName, [](char c, char lower) {
        return (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) == lower;
    });
}

std::string_view trimmed(std::string_view text) noexcept
{
    constexpr std::string_view blanks = " \t";
    const std::size_t first = text.find_first_not_of(blanks);
    return first == std::string_view::npos
               ? std::string_view()
               : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/** Takes the first directive off a list; a comma between quotes is part of it. */
std::string_view takeDirective(std::string_view& rest) noexcept
{
    bool quoted = false;
    std::size_t end = 0;
    for (; end < rest.size() && (quoted || rest[end] != ','); ++end) {
        if (quoted && rest[end] == '\\') {
            ++end;
        } else if (rest[end] == '"') {
            quoted = !quoted;
        }
    }
    const std::string_view directive = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return trimmed(directive);
}

}  // namespace

void CacheControl::add(std::string_view line) noexcept
{
    while (!line.empty()) {
        const std::string_view directive = takeDirective(line);
        const std::size_t equals = directive.find('=');
        const std::string_view name = trimmed(directive.substr(0, equals));
        if (equals != std::string_view::npos) {
            // private="X" and no-cache="X" speak of single headers
            const std::string_view value = trimmed(directive.substr(equals + 1));
            if (named(name, "max-age")) {
                maxAge_ = std::max(maxAge_, ageOf(value));
            } else if (named(name, "s-maxage")) {
                sharedMaxAge_ = std::max(sharedMaxAge_, ageOf(value));
            }
        } else if (named(name, "private")) {
            private_ = true;
        } else if (named(name, "no-store")) {
            noStore_ = true;
        } else if (named(name, "no-cache")) {
            noCache_ = true;
        } else if (named(name, "must-understand")) {
            mustUnderstand_ = true;  // caches that understand the status ignore no-store
        }
    }
}

bool CacheControl::servesOthers(bool expires) const noexcept
{
    if (keepsOthersOut() || noCache_) {
        return false;
    }
    const Age age = sharedMaxAge_ != Age::unsaid ? sharedMaxAge_ : maxAge_;
    return age == Age::unsaid ? expires : age == Age::positive;
}

/** Whatever is not plainly zero may be taken for a time. */
CacheControl::Age CacheControl::ageOf(std::string_view seconds) noexcept
{
    return seconds.find_first_not_of("\"0") == std::string_view::npos &&
                   seconds.find('0') != std::string_view::npos
               ? Age::zero
               : Age::positive;
}

}  // namespace scalekit
