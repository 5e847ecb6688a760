#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/** Values of JSON numbers. The text keeps to the grammar of RFC 8259 section 6. */
namespace scalekit {

/** Of a number without fraction and exponent; nullopt beyond 64 bits. */
std::optional<std::int64_t> jsonInteger(std::string_view text) noexcept;

/** nullopt for what is too large for a double; what is too small is zero, with its sign. */
std::optional<double> jsonReal(std::string_view text) noexcept;

}  // namespace scalekit
