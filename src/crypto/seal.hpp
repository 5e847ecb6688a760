#pragma once

#include "base/result.hpp"
#include "crypto/openssl.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace scalekit {

constexpr std::size_t minSecretSize = 32;  // bytes of one line of session_keys
constexpr std::size_t sealNonceSize = 12;  // bytes

/**
 * The keys of one purpose ("session", "login", "state"), derived by HKDF-SHA256 from the
 * administrator's secrets: the first seals, all of them open, so that keys can be rotated without
 * ending sessions. A sealed blob is
 *
 *     version(1) | key id(4) | nonce(12) | AES-256-GCM ciphertext | tag(16)
 *
 * with the first two fields and the caller's context under the tag. Key ids are derived from the
 * key, so they reveal nothing and survive reordering. Cipher contexts with expanded keys are kept;
 * an object is for one thread.
 */
class SealKeys {
  public:
    /**
     * Secrets of at least minSecretSize bytes, first one seals. Reason::internal when OpenSSL fails
     * or there is none.
     */
    static Result<SealKeys> derive(const std::vector<std::string>& secrets,
                                   std::string_view purpose);

    /** `nonce` is sealNonceSize fresh random bytes; `context` (AAD) must be the same to open. */
    Result<std::string> seal(std::string_view plaintext, std::string_view context,
                             std::string_view nonce) const;

    /**
     * The plaintext, or Reason::session_invalid for anything that seal() of these keys and this
     * context did not make.
     */
    Result<std::string> open(std::string_view sealed, std::string_view context) const;

    /**
     * The same into the caller's memory of at least sealed.size() bytes, which must not overlap the
     * sealed ones. Returns the plaintext as a view of `out`, data() == nullptr when it does not
     * open.
     */
    std::string_view open(std::string_view sealed, std::string_view context,
                          unsigned char* out) const noexcept;

    /** Bytes that sealing adds. */
    static constexpr std::size_t overhead = 1 + 4 + sealNonceSize + 16;

  private:
    struct Key {
        std::uint32_t id = 0;
        CipherContext sealer;
        CipherContext opener;
    };
    std::vector<Key> keys_;
};

}  // namespace scalekit
