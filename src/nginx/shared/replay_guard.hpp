#pragma once

#include "nginx/ngx/interop.hpp"
#include "nginx/shared/flight_table.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

/**
 * Logins whose code is being exchanged or was, and sessions that are over, for all workers. Ids are
 * 16 random bytes. When there are too many, what would be forgotten first is forgotten early, and a
 * warning says so; logins and sessions do not take each other's room.
 */
namespace scalekit {

namespace shared {
struct Root;
}

/** Makes room in a new zone of this size; false when it is too small. */
bool createReplayGuard(shared::Root& root, std::size_t zoneSize) noexcept;

/**
 * Not 0 exactly once over all workers for a login: its code is the caller's to exchange, until then
 * and under this number. The login is remembered until its end.
 */
std::uint64_t spendLogin(ngx_shm_zone_t* zone, std::string_view id, Milliseconds leaseEnd,
                         std::chrono::sys_seconds end) noexcept;

/** What is known of a login that was spent, and its outcome as landLogin() has it. */
struct SpentLogin {
    shared::FlightTable::State state;
    std::string outcome;
};
SpentLogin findSpentLogin(ngx_shm_zone_t* zone, std::string_view id);

/** Shows the others the outcome, unless the lease is over by now. It has to be sealed. */
void landLogin(ngx_shm_zone_t* zone, std::string_view id, std::uint64_t lease,
               std::string_view outcome) noexcept;

/** The session is over; `end` is when it would have ended at the latest. */
void revokeSession(ngx_shm_zone_t* zone, std::string_view id, std::chrono::sys_seconds now,
                   std::chrono::sys_seconds end) noexcept;

bool sessionRevoked(ngx_shm_zone_t* zone, std::string_view id,
                    std::chrono::sys_seconds now) noexcept;

/**
 * Another session took its place in the browser: it lives on for requests that are under way, but
 * no answer may set its cookie again.
 */
void replaceSession(ngx_shm_zone_t* zone, std::string_view id, std::chrono::sys_seconds now,
                    std::chrono::sys_seconds end) noexcept;

bool sessionReplaced(ngx_shm_zone_t* zone, std::string_view id,
                     std::chrono::sys_seconds now) noexcept;

/**
 * Another number after each revokeSession(), read without the lock: a session that lived at this
 * number lives as long as it stands.
 */
std::uint64_t revocationEpoch(ngx_shm_zone_t* zone) noexcept;

}  // namespace scalekit
