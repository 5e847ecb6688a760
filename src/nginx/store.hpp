#pragma once

#include "nginx/conf.hpp"
#include "nginx/ngx.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

/**
 * What the workers share (scalekit_zone): every environment's provider documents, who fetches them,
 * and the logins and sessions that are over. Plain structs in a slab; a reload adopts them.
 */
namespace scalekit {

struct SharedEnvironment;  // in shared memory

/** Adds the shared memory zone during configuration; nullptr after an error was logged. */
ngx_shm_zone_t* addStoreZone(ngx_conf_t* cf, std::size_t size, MainConf* main) noexcept;

/** Milliseconds of the machine's monotonic clock, the same for all workers. */
using Milliseconds = std::chrono::duration<std::int64_t, std::milli>;

/**
 * One environment's provider documents. A view over shared memory, cheap to copy; every call takes
 * the zone's lock for a moment.
 */
class SharedDocuments {
  public:
    SharedDocuments(ngx_shm_zone_t* zone, const Environment& environment) noexcept;

    /** Counts the replacements of documents; read without the lock. 0: nothing was fetched yet. */
    std::uint64_t generation() const noexcept;

    /** Counts the fetches that failed, so that a waiter notices one. */
    std::uint64_t failures() const noexcept;

    /** Both documents of one generation. */
    struct Copy {
        std::uint64_t generation = 0;
        std::string discovery;
        std::string keys;
        Milliseconds fetchedAt{0};
    };
    Copy read() const;

    /**
     * True for one worker at a time: it now has to fetch, and to call store(), keep() or fail(). A
     * fetch that did not come back within `limit` (its worker died) is given to the next who asks.
     * `forced` asks for keys ahead of schedule and is granted once per cool-down.
     */
    enum class Want { scheduled, forced };
    bool beginFetch(Want want, Milliseconds now, Milliseconds limit) noexcept;

    /** New documents; false when shared memory is full: the old ones stay, and fail() is due. */
    bool store(std::string_view discovery, std::string_view keys, Milliseconds now,
               Milliseconds refresh) noexcept;

    /** The fetch failed: the last good documents stay, the next try waits longer each time. */
    void fail(Milliseconds now) noexcept;

    /** Gives a fetch back that will not be finished here: its worker is leaving. */
    void abandonFetch() noexcept;

    /** True while another worker (or this one) fetches. */
    bool fetching(Milliseconds now) const noexcept;

    /** When the next scheduled fetch is due. */
    Milliseconds nextFetch() const noexcept;

  private:
    ngx_slab_pool_t* pool_;
    SharedEnvironment* shared_;
};

constexpr std::size_t spentIdSize = 16;  // bytes, of logins and sessions alike

/**
 * Spends a random id until a time: true exactly once over all workers. With the table full the
 * oldest entry of the bucket is forgotten; for a login, the provider refuses a second use of the
 * code all the same.
 */
bool spendId(ngx_shm_zone_t* zone, std::string_view id, std::chrono::sys_seconds now,
             std::chrono::sys_seconds until) noexcept;

/** True for an id that was spent and whose time has not come. */
bool spentId(ngx_shm_zone_t* zone, std::string_view id, std::chrono::sys_seconds now) noexcept;

}  // namespace scalekit
