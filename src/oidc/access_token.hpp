#pragma once

#include "base/identity.hpp"
#include "base/result.hpp"
#include "jose/jwt.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace scalekit {

/** What an access token must say. The lists are borrowed for the call. */
struct AccessTokenRules {
    const std::vector<std::string>* issuers;              // accepted ones, byte-exact
    const std::vector<std::string>* audiences = nullptr;  // one of them; nullptr: any, or none
    std::chrono::sys_seconds now;
    std::chrono::seconds skew;
};

/**
 * The rules one by one; Reason::none when all hold. The signature was checked before. A token that
 * says it is one ("typ" at+jwt) is held to RFC 9068 section 4; one of type JWT, or of none, to
 * the shapes of Scalekit's access tokens: then it must show that it is one, by "scope", "scopes" or
 * by "jti" with "client_id", and must not carry what only ID tokens and logout tokens do (RFC 8725
 * 3.12). Every other type is of another profile.
 */
Reason checkAccessToken(const Jwt& token, const AccessTokenRules& rules);

/** When a token that passed checkAccessToken() ends (exp). */
std::chrono::sys_seconds expiryOf(JsonValue claims) noexcept;

/**
 * Who the token was issued to: as identityFrom() reads an ID token, and client_id as a claim, by
 * which machine clients are known.
 */
Identity identityFromAccessToken(JsonValue claims);

/**
 * Adds to an identity what only the access token of the same login says: roles, permissions, scope
 * and scopes, each value once. The token must be verified, of `issuers`, alive, and about the same
 * subject (else subject_missing), organization and client; otherwise the identity stays as it is
 * and the answer says why. No audience need be ours: `audiences` is nullptr at a login.
 */
Reason addAccessTokenClaims(Identity& identity, const Jwt& token, const AccessTokenRules& rules,
                            std::string_view clientId);

}  // namespace scalekit
