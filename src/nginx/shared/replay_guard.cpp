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

/** At most once a minute in each worker. */
void warnOfFullTable(std::chrono::sys_seconds now, const char* what) noexcept
{
    static std::chrono::sys_seconds next{};
    if (now >= next) {
        next = now + betweenWarnings;
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "scalekit: too many %s at a time, some are forgotten early; make "
                      "scalekit_zone larger",
                      what);
    }
}

/** False for an id that was there. */
bool remember(ngx_shm_zone_t* zone, shared::Link Root::*link, std::string_view id,
              std::chrono::sys_seconds now, std::chrono::sys_seconds end, const char* what) noexcept
{
    Table::Inserted inserted;
    {
        const shared::Lock lock(zone);
        inserted = table(shared::root(zone).*link).insert(id, {}, now, end);
    }
    if (inserted == Table::Inserted::full) {
        warnOfFullTable(now, what);
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
    return remember(zone, &Root::spentLogins, id, now, end, "completed logins");
}

void revokeSession(ngx_shm_zone_t* zone, std::string_view id, std::chrono::sys_seconds now,
                   std::chrono::sys_seconds end) noexcept
{
    remember(zone, &Root::endedSessions, id, now, end, "ended sessions");
}

bool sessionRevoked(ngx_shm_zone_t* zone, std::string_view id,
                    std::chrono::sys_seconds now) noexcept
{
    const shared::Lock lock(zone);
    return table(shared::root(zone).endedSessions).find(id, now).data() != nullptr;
}

}  // namespace scalekit
