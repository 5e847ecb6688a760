#pragma once

#include <algorithm>
#include <string_view>

namespace scalekit {

/** ASCII letters in any case, every other byte exactly. */
inline bool equalIgnoringCase(std::string_view a, std::string_view b) noexcept
{
    constexpr auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    };
    return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace scalekit
