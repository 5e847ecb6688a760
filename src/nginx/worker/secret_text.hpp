#pragma once

#include "crypto/digest.hpp"

#include <cstdint>
#include <cstring>
#include <string_view>

/** Sealed or signed text as a key of what a worker remembers: its end is as good as random. */
namespace scalekit {

inline std::size_t hashOfEnd(std::string_view text) noexcept
{
    std::uint64_t end = 0;
    if (text.size() >= sizeof(end)) {
        std::memcpy(&end, text.data() + text.size() - sizeof(end), sizeof(end));
    }
    return static_cast<std::size_t>(end * 0x9e3779b97f4a7c15ull >> 32);
}

/**
 * The last characters, which nobody can guess, are compared without a hint by timing. Who knows
 * them has the text, so the rest may be compared the fast way.
 */
inline bool sameText(std::string_view a, std::string_view b, std::size_t secret) noexcept
{
    return a.size() == b.size() && a.size() > secret &&
           equalSecrets(a.substr(a.size() - secret), b.substr(b.size() - secret)) && a == b;
}

}  // namespace scalekit
