#pragma once

#include <algorithm>
#include <bitset>
#include <string>
#include <string_view>
#include <vector>

namespace scalekit {

/**
 * Names that are known beforehand: however many there are, a name of another length or beginning is
 * told from them at once.
 */
class NameSet {
  public:
    void add(std::string_view name)
    {
        const auto place = std::lower_bound(names_.begin(), names_.end(), name, shorter);
        if (place == names_.end() || *place != name) {
            names_.emplace(place, name);
            lengths_.set(name.size() % lengths_.size());
            beginnings_.set(beginningOf(name));
        }
    }

    bool contains(std::string_view name) const noexcept
    {
        return lengths_[name.size() % lengths_.size()] && beginnings_[beginningOf(name)] &&
               std::binary_search(names_.begin(), names_.end(), name, shorter);
    }

  private:
    static std::size_t beginningOf(std::string_view name) noexcept
    {
        return name.empty() ? 0 : static_cast<unsigned char>(name.front());
    }

    /** The order of the names: most comparisons look at the size alone. */
    static bool shorter(std::string_view a, std::string_view b) noexcept
    {
        return a.size() != b.size() ? a.size() < b.size() : a < b;
    }

    std::vector<std::string> names_;  // in that order
    std::bitset<64> lengths_;
    std::bitset<256> beginnings_;
};

}  // namespace scalekit
