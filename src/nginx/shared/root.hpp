#pragma once

#include "nginx/ngx/ngx.hpp"
#include "nginx/shared/arena.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

/**
 * What lies in the zone and its lock. The master makes it; workers, old and new, use it at the same
 * addresses. The lock is the zone's own, the only one that nginx opens when a worker dies. Whatever
 * the lock protects is therefore left in order by each single store, or can be made anew.
 */
namespace scalekit::shared {

/** The beginning of the zone's memory; ngx_slab_pool_t.data points here. The arena follows. */
struct alignas(std::max_align_t) Root {
    Arena* arena;
    Link providers;      // the first environment's documents
    Link spentLogins;    // FlightTable
    Link endedSessions;  // Table
    std::atomic<std::uint64_t> endedSessionsEpoch;
};

inline ngx_slab_pool_t* slabPool(ngx_shm_zone_t* zone) noexcept
{
    return reinterpret_cast<ngx_slab_pool_t*>(zone->shm.addr);
}

inline Root& root(ngx_shm_zone_t* zone) noexcept
{
    return *static_cast<Root*>(slabPool(zone)->data);
}

class Lock {
  public:
    explicit Lock(ngx_shm_zone_t* zone) noexcept : mutex_(slabPool(zone)->mutex)
    {
        ngx_shmtx_lock(&mutex_);
    }
    ~Lock() { ngx_shmtx_unlock(&mutex_); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

  private:
    ngx_shmtx_t& mutex_;
};

}  // namespace scalekit::shared
