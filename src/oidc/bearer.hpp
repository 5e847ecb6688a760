#pragma once

#include <string>
#include <string_view>

/** Bearer tokens on the wire (RFC 6750): how they come in, and what a request without a good one is
 * told. */
namespace scalekit {

/** What a request offers to prove who it is. */
struct Credentials {
    enum class Kind {
        none,       // nothing, or a scheme that is not ours to judge
        token,      // a bearer token, or what only isBearerToken() shows to be none
        malformed,  // "Bearer" and nothing
    };
    Kind kind = Kind::none;
    std::string_view token{};  // a view into what was read
};

/** The value of an Authorization field: "Bearer" in any case, spaces, a token (section 2.1). */
Credentials readAuthorization(std::string_view field) noexcept;

/** A token without a scheme, as a cookie or another header brings it; empty: none. */
Credentials readToken(std::string_view text) noexcept;

/**
 * True for text that has the form of a bearer token (b64token); else the request is malformed. Left
 * to the caller, who need not ask about a token that was good before.
 */
bool isBearerToken(std::string_view text) noexcept;

/** What WWW-Authenticate says (section 3, RFC 9728 5.1); empty members are left out. */
struct Challenge {
    std::string_view realm{};
    std::string_view error{};
    std::string_view description{};
    std::string_view scope{};
    std::string_view resourceMetadata{};
};

/** `Bearer realm="..."[, error="..."]...`; what a quoted-string cannot hold is escaped or dropped.
 */
std::string bearerChallenge(const Challenge& challenge);

}  // namespace scalekit
