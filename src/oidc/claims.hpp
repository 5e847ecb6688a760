#pragma once

#include "base/identity.hpp"
#include "base/result.hpp"
#include "jose/jwt.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace scalekit {

/** What an ID token must say (OIDC Core 3.1.3.7). Views live as long as the call. */
struct IdTokenRules {
    const std::vector<std::string>* issuers;  // accepted ones, byte-exact
    std::string_view clientId;
    std::string_view nonce;
    std::string_view code;         // for c_hash
    std::string_view accessToken;  // for at_hash
    std::chrono::sys_seconds now;
    std::chrono::seconds skew;
};

/**
 * The rules one by one, in the order of the specification; Reason::none when all hold. The
 * signature was checked before. Stricter than the text: any audience besides ours is untrusted, a
 * nonce is always required, and a token whose "typ" is not JWT, or which holds "events", is of
 * another profile (RFC 8725 3.11, 3.12).
 */
Reason checkIdToken(const Jwt& token, const IdTokenRules& rules);

/** Claims about the token itself: judged, and not kept. */
bool isProtocolClaim(std::string_view name) noexcept;

/**
 * Who the token is about. The profile maps as in Scalekit's Auth.js provider; the remaining claims
 * are flattened: objects by dotted path (five levels), arrays of scalars as lists, numbers and
 * booleans as text. Left out are protocol claims (iss, aud, exp, iat, nonce, hashes...), null, and
 * what is nested in arrays.
 */
Identity identityFrom(JsonValue claims);

}  // namespace scalekit
