#pragma once

#include "crypto/digest.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace scalekit {

enum class KeyType { rsa, ec, okp };
enum class Padding { none, pkcs1, pss };

/** A row of the table of signature algorithms (RFC 7518 3.1, RFC 8037 3.1, RFC 9864 2.2). */
struct Algorithm {
    std::string_view name;      // "alg"
    KeyType keyType;            // "kty"
    std::string_view curve;     // "crv", empty for RSA
    Padding padding;            // RSA only
    const char* digest;         // OpenSSL's name; nullptr where the signature scheme has its own
    std::size_t signatureSize;  // bytes; 0: the size of the RSA modulus
    Hash hash;                  // of at_hash and c_hash (OIDC Core 3.1.3.6)
};

/** RS/PS/ES 256, 384, 512 and Ed25519 by both of its names. No "none", no HMAC. */
std::span<const Algorithm> algorithms() noexcept;

/** The row with exactly this name, nullptr for every other text. */
const Algorithm* findAlgorithm(std::string_view name) noexcept;

}  // namespace scalekit
