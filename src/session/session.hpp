#pragma once

#include "session/identity_record.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

/**
 * A session as bytes, the record that cookies carry:
 *
 *     version(1) | created(8) | seen(8) | id(16) | identity
 *
 * with times in seconds since the epoch. Fields that came later stand in the first claim of the
 * identity, under a name that no JSON text can have: a list of number(1) | value. So machines with
 * an older and a newer module open each other's sessions, and renew them without losing a field.
 */
namespace scalekit {

constexpr std::size_t sessionIdSize = 16;  // bytes

/**
 * What a session knows besides its times and its identity; not written where empty or zero. When
 * and how the person proved who they are stands in the identity's claims: auth_time, acr, amr.
 */
struct SessionFields {
    std::int64_t revocation = 0;      // number of the newest one that was known at the login
    std::string_view accessToken{};   // of the provider
    std::int64_t accessTokenEnd = 0;  // seconds since the epoch
    std::string_view refreshToken{};
    std::int64_t refreshTokenEnd = 0;

    bool operator==(const SessionFields&) const = default;
};

/** A session read in place: its views lie in the record. */
struct SessionView {
    std::chrono::sys_seconds created;
    std::chrono::sys_seconds seen;  // when the record was last sealed
    std::string_view id;            // random, names the session for revocation
    SessionFields fields;
    IdentityView identity;
};

/**
 * A record for an identity that signed in now; `id` is sessionIdSize fresh random bytes. Errors as
 * of writeIdentity().
 */
Result<std::string> writeSession(const Identity& identity, std::chrono::sys_seconds now,
                                 std::string_view id, const SessionFields& fields = {});

/** Reason::session_invalid unless the bytes are exactly one record of the known version. */
Result<SessionView> readSession(std::string_view record) noexcept;

/**
 * The same record, seen now: what an idle refresh seals. The record must be one that readSession()
 * accepts.
 */
std::string touchSession(std::string_view record, std::chrono::sys_seconds now);

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

}  // namespace scalekit
