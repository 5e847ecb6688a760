#include "jose/algorithm.hpp"

#include <array>

namespace scalekit {

namespace {

using enum KeyType;
using enum Padding;
using enum Hash;

// Pointers to rows are the algorithms' identities: there is one table.
constexpr auto table = std::to_array<Algorithm>({
    // RFC 7518 section 3.3
    {"RS256", rsa, "", pkcs1, "SHA256", 0, sha256},
    {"RS384", rsa, "", pkcs1, "SHA384", 0, sha384},
    {"RS512", rsa, "", pkcs1, "SHA512", 0, sha512},
    // RFC 7518 section 3.4
    {"ES256", ec, "P-256", none, "SHA256", 64, sha256},
    {"ES384", ec, "P-384", none, "SHA384", 96, sha384},
    {"ES512", ec, "P-521", none, "SHA512", 132, sha512},
    // RFC 7518 section 3.5
    {"PS256", rsa, "", pss, "SHA256", 0, sha256},
    {"PS384", rsa, "", pss, "SHA384", 0, sha384},
    {"PS512", rsa, "", pss, "SHA512", 0, sha512},
    // RFC 8037 section 3.1 (of its two curves Ed25519 alone), RFC 9864 section 2.2
    {"EdDSA", okp, "Ed25519", none, nullptr, 64, sha512},
    {"Ed25519", okp, "Ed25519", none, nullptr, 64, sha512},
});

}  // namespace

std::span<const Algorithm> algorithms() noexcept
{
    return table;
}

const Algorithm* findAlgorithm(std::string_view name) noexcept
{
    for (const Algorithm& row : table) {
        if (row.name == name) {
            return &row;
        }
    }
    return nullptr;
}

}  // namespace scalekit
