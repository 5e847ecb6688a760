#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace scalekit {

/** Unpadded base64url (RFC 4648 section 5, RFC 7515 section 2). */
std::string base64urlEncode(std::string_view bytes);

/** Number of characters base64urlEncode() makes of `size` bytes. */
constexpr std::size_t base64urlLength(std::size_t size) noexcept
{
    return size / 3 * 4 + (size % 3 == 0 ? 0 : size % 3 + 1);
}

/**
 * Strict: no padding, no white space, no other alphabet, no non-zero trailing bits (one encoding
 * per byte string).
 */
std::optional<std::string> base64urlDecode(std::string_view text);

/**
 * The same into the caller's memory, which holds at least text.size() * 3 / 4 bytes.
 * Returns the number of bytes, or -1 when the text is not strict base64url.
 */
std::ptrdiff_t base64urlDecode(std::string_view text, unsigned char* out) noexcept;

/** Padded standard base64 (RFC 4648 section 4), for HTTP Basic. */
std::string base64Encode(std::string_view bytes);

}  // namespace scalekit
