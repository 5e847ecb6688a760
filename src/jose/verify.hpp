#pragma once

#include "jose/jwk.hpp"
#include "jose/jwt.hpp"

#include <string_view>

namespace scalekit {

/**
 * Checks the signature with the key that the set names for the token (RFC 7515 section 5.2) and
 * only then parses the payload as claims. Reason::key_unknown when the set does not tell which key
 * to use: none of the token's kid, or no kid and not exactly one fitting key (the caller may
 * refresh the set once); algorithm_not_allowed when the key is for another algorithm;
 * signature_invalid; claims_malformed.
 */
Result<Jwt> verify(const UnverifiedJwt& token, const KeySet& keys);

/**
 * Checks one signature over `message`: key and sizes first (RFC 7518 section 3.4), then the
 * mathematics.
 */
bool verifySignature(const Algorithm& algorithm, const Jwk& key, std::string_view message,
                     std::string_view signature);

}  // namespace scalekit
