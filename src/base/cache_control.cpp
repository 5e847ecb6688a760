#include "base/cache_control.hpp"

#include "base/ascii.hpp"

namespace scalekit {

namespace {

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
            if (equalIgnoringCase(name, "max-age")) {
                maxAge_ = std::max(maxAge_, ageOf(value));
            } else if (equalIgnoringCase(name, "s-maxage")) {
                sharedMaxAge_ = std::max(sharedMaxAge_, ageOf(value));
            }
        } else if (equalIgnoringCase(name, "private")) {
            private_ = true;
        } else if (equalIgnoringCase(name, "public")) {
            public_ = true;
        } else if (equalIgnoringCase(name, "no-store")) {
            noStore_ = true;
        } else if (equalIgnoringCase(name, "no-cache")) {
            noCache_ = true;
        } else if (equalIgnoringCase(name, "must-understand")) {
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
