#pragma once

#include "base/identity.hpp"
#include "base/result.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

/** An identity as bytes: what a session's record ends with, and what is kept of a bearer token. */
namespace scalekit {

/**
 * An identity read in place: every member is a view into the bytes, nothing is copied or parsed
 * into a tree. They are
 *
 *     subject | organization | connection | provider session | email | name | picture | claims
 *
 * with u16-length-prefixed strings. A claim is list(1) | name | count(2) | values, where the values
 * are such strings inside one such string.
 */
struct IdentityView {
    std::string_view subject;
    std::string_view organization;
    std::string_view connection;
    std::string_view providerSession;
    std::string_view email;
    std::string_view name;
    std::string_view picture;
    std::string_view claims;  // encoded; read with findClaim()
};

/** The values of one claim, views into the bytes. */
struct ClaimView {
    std::string_view name;
    bool list = false;
    std::uint16_t count = 0;
    std::string_view values;  // `count` u16-length-prefixed strings
};

/**
 * Strings above 65,535 bytes are session_too_large, an identity without a subject subject_missing.
 * `first` is a claim to stand before the identity's own; nullptr for none.
 */
Result<std::string> writeIdentity(const Identity& identity, const Claim* first = nullptr);

/** Reason::session_invalid unless the bytes are exactly one identity. */
Result<IdentityView> readIdentity(std::string_view bytes) noexcept;

/**
 * A claim by its name or dotted path, the profile's by theirs: sub, oid, sid, email, name, picture.
 * A nullptr-named view (name.data() == nullptr) when the identity has no such claim. `name` of the
 * answer is not the caller's memory.
 */
ClaimView findClaim(const IdentityView& identity, std::string_view name) noexcept;

/** Takes the first claim off encoded claims; a nullptr-named view at their end. */
ClaimView takeClaim(std::string_view& claims) noexcept;

/** Calls visit(std::string_view value) for each value of a claim. */
template <class Visit>
void forEachValue(const ClaimView& claim, Visit&& visit)
{
    std::string_view rest = claim.values;
    for (std::uint16_t i = 0; i < claim.count && rest.size() >= 2; ++i) {
        const std::size_t size = static_cast<std::size_t>(static_cast<unsigned char>(rest[0]))
                                     << 8 |
                                 static_cast<unsigned char>(rest[1]);
        visit(rest.substr(2, size));
        rest.remove_prefix(std::min(rest.size(), 2 + size));
    }
}

/** The tenant that a location is for; empty members allow any. */
struct TenantConstraint {
    std::string_view organization;
    std::string_view connection;
};

/** Reason::none, organization_mismatch or connection_mismatch; byte-exact. */
Reason checkTenant(const IdentityView& identity, const TenantConstraint& tenant) noexcept;

}  // namespace scalekit
