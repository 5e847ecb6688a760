#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace scalekit {

/** ASCII letters in any case, every other byte exactly. */
inline bool equalIgnoringCase(std::string_view a, std::string_view b) noexcept
{
    constexpr auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    };
    return std::ranges::equal(a, b, {}, lower, lower);
}

inline bool contains(const std::vector<std::string>& list, std::string_view text) noexcept
{
    return std::ranges::find(list, text) != list.end();
}

inline void appendOnce(std::vector<std::string>& list, std::string_view text)
{
    if (!contains(list, text)) {
        list.emplace_back(text);
    }
}

}  // namespace scalekit
