#pragma once

#include "base/identity.hpp"
#include "base/result.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace scalekit {

constexpr std::size_t sessionIdSize = 16;  // bytes

/**
 * A session read in place: every member is a view into the record's bytes, nothing is copied or
 * parsed into a tree. The record is
 *
 *     version(1) | created(8) | seen(8) | id(16) | subject | organization | connection | provider
 * session | email | name | picture | claims
 *
 * with u16-length-prefixed strings and times in seconds since the epoch. A claim is list(1) | name
 * | count(2) | values, where the values are such strings inside one such string.
 */
struct SessionView {
    std::chrono::sys_seconds created;
    std::chrono::sys_seconds seen;  // when the record was last sealed
    std::string_view id;            // random, names the session for revocation
    std::string_view subject;
    std::string_view organization;
    std::string_view connection;
    std::string_view providerSession;
    std::string_view email;
    std::string_view name;
    std::string_view picture;
    std::string_view claims;  // encoded; read with findClaim()
};

/** The values of one claim, views into the record. */
struct ClaimView {
    std::string_view name;
    bool list = false;
    std::uint16_t count = 0;
    std::string_view values;  // `count` u16-length-prefixed strings
};

/**
 * A record for an identity that signed in now; `id` is sessionIdSize fresh random bytes. Strings
 * above 65,535 bytes are session_too_large, an identity without a subject subject_missing.
 */
Result<std::string> writeSession(const Identity& identity, std::chrono::sys_seconds now,
                                 std::string_view id);

/** Reason::session_invalid unless the bytes are exactly one record of the known version. */
Result<SessionView> readSession(std::string_view record) noexcept;

/**
 * The same record, seen now: what an idle refresh seals. The record must be one that readSession()
 * accepts.
 */
std::string touchSession(std::string_view record, std::chrono::sys_seconds now);

/**
 * A claim by its name or dotted path, the profile's by theirs: sub, oid, sid, email, name, picture.
 * A nullptr-named view (name.data() == nullptr) when the session has no such claim. `name` of the
 * answer is not the caller's memory.
 */
ClaimView findClaim(const SessionView& session, std::string_view name) noexcept;

/** Calls visit(std::string_view value) for each value of a claim. */
template <class Visit>
void forEachValue(const ClaimView& claim, Visit&& visit);

/** Takes the first claim off a session's encoded claims; a nullptr-named view at their end. */
ClaimView takeClaim(std::string_view& claims) noexcept;

struct SessionLimits {
    std::chrono::seconds lifetime;  // absolute, from created
    std::chrono::seconds idle;      // from seen
    std::chrono::seconds
        skew;  // how far in the future created and seen may lie (another machine's clock)
};

/**
 * Reason::none while the session lives, session_expired or session_idle after; a time beyond now +
 * skew is session_invalid.
 */
Reason checkLimits(const SessionView& session, const SessionLimits& limits,
                   std::chrono::sys_seconds now) noexcept;

/**
 * True when an eighth of the idle limit has passed since the record was sealed: it is time to seal
 * it again.
 */
bool refreshDue(const SessionView& session, const SessionLimits& limits,
                std::chrono::sys_seconds now) noexcept;

/** The tenant that a location is for; empty members allow any. */
struct TenantConstraint {
    std::string_view organization;
    std::string_view connection;
};

/** Reason::none, organization_mismatch or connection_mismatch; byte-exact. */
Reason checkTenant(const SessionView& session, const TenantConstraint& tenant) noexcept;

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

}  // namespace scalekit
