#pragma once

#include "base/json_document.hpp"
#include "base/result.hpp"
#include "crypto/openssl.hpp"
#include "jose/algorithm.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace scalekit {

/** A public key for verifying signatures (RFC 7517 section 4), for one thread. */
struct Jwk {
    /** A verification made ready, for any number of signatures of digests. */
    struct Verifier {
        const Algorithm* algorithm;
        PkeyContext context;
    };

    std::string id;                        // "kid", may be empty
    KeyType type = KeyType::rsa;           // "kty"
    std::string curve;                     // "crv" of EC and OKP keys
    std::size_t modulusSize = 0;           // RSA, bytes
    const Algorithm* algorithm = nullptr;  // "alg"; nullptr: any that fits type and curve
    Pkey pkey;
    std::vector<Verifier> verifiers;  // one for each algorithm that the key allows, but for EdDSA

    /** True when the key may check signatures of this algorithm. */
    bool allows(const Algorithm& wanted) const noexcept;

    /**
     * For EVP_PKEY_verify(); nullptr for an algorithm that the key does not allow, and for Ed25519,
     * which signs the message itself. Borrowed.
     */
    EVP_PKEY_CTX* verifier(const Algorithm& wanted) const noexcept;

    /** Bytes of a signature that this key makes with an algorithm it allows. */
    std::size_t signatureSize(const Algorithm& used) const noexcept;
};

constexpr int minModulusBits = 2048;  // RFC 7518 sections 3.3 and 3.5
constexpr int maxModulusBits = 8192;  // one check takes 0.6 ms
constexpr int maxExponentBits = 64;   // OpenSSL's own limit for large moduli, here for all of them

/**
 * One key. Reason::key_unusable for what must not verify: unknown kty or curve, an RSA modulus
 * outside the limits above, even or of the ROCA kind, an exponent that is even, below 3 or too
 * long, a point off the curve or a coordinate of another length than the curve's, private or
 * symmetric members, "use" other than "sig", "key_ops" without "verify" or with anything twice, an
 * "alg" that is unknown or does not fit the key, members that are not strict base64url.
 */
Result<Jwk> parseJwk(JsonValue jwk);

constexpr int maxKeys = 100;              // in a set
constexpr std::size_t maxCandidates = 4;  // keys that are tried for one token

/** A JWK Set (RFC 7517 section 5): the usable signature keys of it. */
class KeySet {
  public:
    /**
     * Keys that parseJwk() refuses are left out, as section 5 asks; Reason::key_set_invalid for
     * text that is no key set, has no usable key at all, or more than maxKeys entries.
     */
    static Result<KeySet> parse(std::string_view json);

    const std::vector<Jwk>& keys() const noexcept { return keys_; }

    /**
     * The keys that may have signed a token with this header, at most maxCandidates: those of the
     * same kid that allow the algorithm; without a kid in the header, the only key that allows it
     * (several: none). Never tries keys of another kid. The pointers live as long as the set.
     */
    std::vector<const Jwk*> candidates(std::string_view kid, const Algorithm& algorithm) const;

    /** Whether any key carries this kid; false for the empty one. */
    bool hasKid(std::string_view kid) const noexcept;

  private:
    std::vector<Jwk> keys_;
};

/** The keys that KeySet::parse() leaves out of a set, each with the reason, for the log. */
std::vector<std::string> keysLeftOut(std::string_view json);

}  // namespace scalekit
