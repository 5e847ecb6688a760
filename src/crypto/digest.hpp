#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace scalekit {

enum class Hash : std::size_t { sha256, sha384, sha512 };

/** The digest; empty when OpenSSL fails (out of memory). */
std::string digest(Hash hash, std::string_view bytes);

/** HKDF-SHA256 (RFC 5869), `size` bytes; empty on failure. */
std::string hkdfSha256(std::string_view secret, std::string_view salt, std::string_view info,
                       std::size_t size);

/** Constant time in the content; differing lengths are unequal at once. */
bool equalSecrets(std::string_view a, std::string_view b) noexcept;

}  // namespace scalekit
