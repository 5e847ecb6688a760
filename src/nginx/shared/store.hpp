#pragma once

#include "nginx/conf/conf.hpp"
#include "nginx/ngx/interop.hpp"

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

/**
 * One environment's provider documents and who fetches them. A view over shared memory, cheap to
 * copy. What a request asks takes no lock: counters and times are atomic.
 *
 * While there are documents, fetches that fail and fetches ahead of schedule keep a cool-down of 10
 * seconds between them, over all workers; without documents the tries follow each other sooner.
 */
class SharedDocuments {
  public:
    SharedDocuments(ngx_shm_zone_t* zone, const Environment& environment) noexcept;

    /** Counts the changes of the documents. 0: there are none yet. */
    std::uint64_t generation() const noexcept;

    /** When the keys were last fetched, also if they had not changed. */
    Milliseconds fetchedAt() const noexcept;

    /** Counts the fetches that came to an end, good or bad. */
    std::uint64_t fetches() const noexcept;

    /** Both documents of one generation. */
    struct Copy {
        std::uint64_t generation = 0;
        std::string discovery;
        std::string keys;
    };
    Copy read() const;

    /**
     * True for one worker at a time: it now has to fetch, and to call store() or fail(). A fetch
     * that did not come back within `limit` (its worker died) is given to the next who asks.
     * `token` and `login` ask for keys ahead of schedule, because of a bearer token or an ID token,
     * and are granted once per cool-down each: anybody can send a token, and that must not keep
     * people from signing in. A scheduled fetch that succeeded does not stand in their way.
     */
    enum class Want { scheduled, login, token };
    bool beginFetch(Want want, Milliseconds now, Milliseconds limit) noexcept;

    /** What came, and when the next scheduled fetch is due. */
    struct Fetched {
        std::string_view discovery;
        std::string_view keys;
        Milliseconds next;
    };

    /** False when shared memory is full: the old documents stay, and fail() is due. */
    bool store(const Fetched& fetched, Milliseconds now) noexcept;

    /** The fetch failed: the last good documents stay, and whoever wants others has to wait. */
    void fail(Milliseconds now) noexcept;

    /** Gives a fetch back that will not be finished here: its worker is leaving. */
    void abandonFetch(Want want) noexcept;

    /** True while another worker (or this one) fetches. */
    bool fetching(Milliseconds now) const noexcept;

    /** When the next scheduled fetch is due. */
    Milliseconds nextFetch() const noexcept;

  private:
    void endFetch() noexcept;

    ngx_slab_pool_t* pool_;
    SharedEnvironment* shared_;
    std::int64_t granted_ = 0;  // until when the fetch is ours, in milliseconds
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
