#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace scalekit {

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
