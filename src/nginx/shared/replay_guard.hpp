#pragma once

#include "nginx/ngx/ngx.hpp"

#include <chrono>
#include <string_view>

/**
 * Logins and sessions that are over, for all workers. Ids are 16 random bytes. When there are too
 * many, those that would be forgotten first are forgotten early, and a warning says so; logins and
 * sessions do not take each other's room.
 */
namespace scalekit {

namespace shared {
struct Root;
}

/** Makes room in a new zone of this size; false when it is too small. */
bool createReplayGuard(shared::Root& root, std::size_t zoneSize) noexcept;

/** True exactly once over all workers for a login. It is remembered until its end. */
bool spendLogin(ngx_shm_zone_t* zone, std::string_view id, std::chrono::sys_seconds now,
                std::chrono::sys_seconds end) noexcept;

/** The session was ended by its person; `end` is when it would have ended at the latest. */
void revokeSession(ngx_shm_zone_t* zone, std::string_view id, std::chrono::sys_seconds now,
                   std::chrono::sys_seconds end) noexcept;

bool sessionRevoked(ngx_shm_zone_t* zone, std::string_view id,
                    std::chrono::sys_seconds now) noexcept;

}  // namespace scalekit
