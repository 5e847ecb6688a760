#include "base/json_number.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace scalekit {

namespace {

template <class Number>
std::errc convert(std::string_view text, Number& number) noexcept
{
    return std::from_chars(text.data(), text.data() + text.size(), number).ec;
}

/**
 * Of what no double can hold: whether it is too large, not too small. The first digit's place
 * tells, which is hundreds away from the point.
 */
bool isLarge(std::string_view text) noexcept
{
    const std::size_t end = std::min(text.find_first_of("eE"), text.size());
    const std::string_view digits = text.substr(0, end);
    const std::size_t first = digits.find_first_of("123456789");
    if (first == std::string_view::npos) {
        return false;
    }

    std::string_view exponent = text.substr(std::min(end + 1, text.size()));
    if (exponent.starts_with('+')) {
        exponent.remove_prefix(1);
    }
    std::int32_t shift = 0;
    if (!exponent.empty() && convert(exponent, shift) == std::errc::result_out_of_range) {
        return !exponent.starts_with('-');
    }
    const auto point = static_cast<std::int64_t>(std::min(digits.find('.'), digits.size()));
    return point - static_cast<std::int64_t>(first) + shift > 0;
}

}  // namespace

std::optional<std::int64_t> jsonInteger(std::string_view text) noexcept
{
    std::int64_t integer = 0;
    return convert(text, integer) == std::errc() ? std::optional(integer) : std::nullopt;
}

std::optional<double> jsonReal(std::string_view text) noexcept
{
    double real = 0;
    if (convert(text, real) != std::errc()) {
        // from_chars() does not say which it is, too large or too small
        return isLarge(text) ? std::nullopt : std::optional(text.starts_with('-') ? -0.0 : 0.0);
    }
    return std::isfinite(real) ? std::optional(real) : std::nullopt;
}

}  // namespace scalekit
