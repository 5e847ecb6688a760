#include "nginx/shared/replay_guard.hpp"

#include "nginx/ngx/interop.hpp"
#include "nginx/shared/root.hpp"
#include "nginx/shared/table.hpp"
#include "oidc/login.hpp"
#include "session/session.hpp"

namespace scalekit {

namespace {

using shared::Root;
using shared::Table;

static_assert(loginIdSize == Table::keySize && sessionIdSize == Table::keySize);

constexpr std::chrono::minutes betweenWarnings{1};

Table& table(const shared::Link& link) noexcept
{
    return *static_cast<Table*>(link.load(std::memory_order_relaxed));
}

bool createTable(shared::Arena& arena, shared::Link& link, std::size_t size) noexcept
{
    void* memory = arena.allocate(size, link);
    link = memory == nullptr ? nullptr : Table::create(memory, size, 0);
    return link != nullptr;
}

/** One of the two tables. */
struct Kind {
    shared::Link Root::*link;
    const char* what;
    std::chrono::sys_seconds nextWarning{};  // of this worker
};

Kind logins{&Root::spentLogins, "completed logins"};
Kind sessions{&Root::endedSessions, "ended sessions"};

/** At most once a minute. */
void warnOfFullTable(Kind& kind, std::chrono::sys_seconds now) noexcept
{
    if (now >= kind.nextWarning) {
        kind.nextWarning = now + betweenWarnings;
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "scalekit: too many %s at a time, some are forgotten early; make "
                      "scalekit_zone larger",
                      kind.what);
    }
}

/** False for an id that was there. */
bool remember(ngx_shm_zone_t* zone, Kind& kind, std::string_view id, std::chrono::sys_seconds now,
              std::chrono::sys_seconds end) noexcept
{
    Table::Inserted inserted;
    {
        const shared::Lock lock(zone);
        inserted = table(shared::root(zone).*kind.link).insert(id, {}, now, end);
    }
    if (inserted == Table::Inserted::full) {
        warnOfFullTable(kind, now);
    }
    return inserted != Table::Inserted::exists;
}

}  // namespace

bool createReplayGuard(Root& root, std::size_t zoneSize) noexcept
{
    return createTable(*root.arena, root.spentLogins, zoneSize / 8) &&
           createTable(*root.arena, root.endedSessions, zoneSize / 16);
}

bool spendLogin(ngx_shm_zone_t* zone, std::string_view id, std::chrono::sys_seconds now,
                std::chrono::sys_seconds end) noexcept
{
    return remember(zone, logins, id, now, end);
}

void revokeSession(ngx_shm_zone_t* zone, std::string_view id, std::chrono::sys_seconds now,
                   std::chrono::sys_seconds end) noexcept
{
    remember(zone, sessions, id, now, end);
}

bool sessionRevoked(ngx_shm_zone_t* zone, std::string_view id,
                    std::chrono::sys_seconds now) noexcept
{
    const shared::Lock lock(zone);
    return table(shared::root(zone).endedSessions).find(id, now) != nullptr;
}

}  // namespace scalekit
