#include "nginx/shared/replay_guard.hpp"

#include "nginx/shared/root.hpp"
#include "oidc/login.hpp"
#include "session/session.hpp"

#include <algorithm>
#include <array>

namespace scalekit {

namespace {

using shared::FlightTable;
using shared::Root;
using shared::Table;

static_assert(loginIdSize == Table::keySize && sessionIdSize == Table::keySize);

constexpr std::chrono::minutes betweenWarnings{1};

FlightTable& logins(ngx_shm_zone_t* zone) noexcept
{
    return *static_cast<FlightTable*>(
        shared::root(zone).spentLogins.load(std::memory_order_relaxed));
}

Table& sessions(ngx_shm_zone_t* zone) noexcept
{
    return *static_cast<Table*>(shared::root(zone).endedSessions.load(std::memory_order_relaxed));
}

FlightTable::Now clocks() noexcept
{
    return {wallClock(), monotonicNow()};
}

/** At most once a minute in this worker; each caller has a time of its own for that. */
void warnOfFullTable(const char* what, std::chrono::sys_seconds& nextWarning) noexcept
{
    if (wallClock() >= nextWarning) {
        nextWarning = wallClock() + betweenWarnings;
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "scalekit: too many %s at a time, some are forgotten early; make "
                      "scalekit_zone larger",
                      what);
    }
}

void rememberSession(ngx_shm_zone_t* zone, std::string_view key, std::chrono::sys_seconds now,
                     std::chrono::sys_seconds end) noexcept
{
    static std::chrono::sys_seconds nextWarning{};
    Table::Inserted inserted;
    {
        const shared::Lock lock(zone);
        // first: who sees the new number waits for the lock, and a worker that dies here ends
        // nothing
        shared::root(zone).endedSessionsEpoch.fetch_add(1, std::memory_order_seq_cst);
        inserted = sessions(zone).insert(key, {}, now, end);
    }
    if (inserted == Table::Inserted::full) {
        warnOfFullTable("ended sessions", nextWarning);
    }
}

/** The complement of an id: as random, and never another session's. */
std::array<char, sessionIdSize> replacedKey(std::string_view id) noexcept
{
    std::array<char, sessionIdSize> key;
    std::ranges::transform(id, key.begin(), [](char c) { return static_cast<char>(~c); });
    return key;
}

}  // namespace

bool createReplayGuard(Root& root, std::size_t zoneSize) noexcept
{
    const std::size_t loginsSize = zoneSize / 4;
    void* memory = root.arena->allocate(loginsSize, root.spentLogins);
    root.spentLogins = memory == nullptr ? nullptr : FlightTable::create(memory, loginsSize);

    const std::size_t sessionsSize = zoneSize / 16;
    memory = root.arena->allocate(sessionsSize, root.endedSessions);
    root.endedSessions = memory == nullptr ? nullptr : Table::create(memory, sessionsSize, 0);

    return root.spentLogins != nullptr && root.endedSessions != nullptr;
}

std::uint64_t spendLogin(ngx_shm_zone_t* zone, std::string_view id, Milliseconds leaseEnd,
                         std::chrono::sys_seconds end) noexcept
{
    static std::chrono::sys_seconds nextWarning{};
    FlightTable::Begun begun;
    {
        const shared::Lock lock(zone);
        begun = logins(zone).begin(id, clocks(), end, leaseEnd);
    }
    if (begun.full) {
        warnOfFullTable("completed logins", nextWarning);
    }
    return begun.lease;
}

SpentLogin findSpentLogin(ngx_shm_zone_t* zone, std::string_view id)
{
    const shared::Lock lock(zone);
    const FlightTable::Found found = logins(zone).find(id, clocks());
    return {found.state, std::string(found.outcome)};
}

void landLogin(ngx_shm_zone_t* zone, std::string_view id, std::uint64_t lease,
               std::string_view outcome) noexcept
{
    const shared::Lock lock(zone);
    logins(zone).land(id, lease, outcome, clocks());
}

void revokeSession(ngx_shm_zone_t* zone, std::string_view id, std::chrono::sys_seconds now,
                   std::chrono::sys_seconds end) noexcept
{
    rememberSession(zone, id, now, end);
}

bool sessionRevoked(ngx_shm_zone_t* zone, std::string_view id,
                    std::chrono::sys_seconds now) noexcept
{
    const shared::Lock lock(zone);
    return sessions(zone).find(id, now) != nullptr;
}

void replaceSession(ngx_shm_zone_t* zone, std::string_view id, std::chrono::sys_seconds now,
                    std::chrono::sys_seconds end) noexcept
{
    const auto key = replacedKey(id);
    rememberSession(zone, {key.data(), key.size()}, now, end);
}

bool sessionReplaced(ngx_shm_zone_t* zone, std::string_view id,
                     std::chrono::sys_seconds now) noexcept
{
    const auto key = replacedKey(id);
    return sessionRevoked(zone, {key.data(), key.size()}, now);
}

std::uint64_t revocationEpoch(ngx_shm_zone_t* zone) noexcept
{
    return shared::root(zone).endedSessionsEpoch.load(std::memory_order_acquire);
}

}  // namespace scalekit
