#pragma once

#include <algorithm>
#include <initializer_list>
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

/** The texts in one, with a separator between them. */
template <class Texts>
std::string joined(const Texts& texts, std::string_view separator)
{
    std::string whole;
    for (const std::string_view text : texts) {
        whole += whole.empty() ? "" : separator;
        whole += text;
    }
    return whole;
}

inline std::string concat(std::initializer_list<std::string_view> texts)
{
    return joined(texts, "");
}

}  // namespace scalekit
