#include "nginx/shared/store.hpp"

#include "nginx/ngx/interop.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <utility>

namespace scalekit {

namespace {

constexpr std::size_t bucketSize = 8;

// milliseconds
constexpr std::int64_t coolDown = 10'000;
constexpr std::int64_t firstRetry = 1'000;
constexpr std::int64_t longestRetry = 10'000;

struct Text {
    char* data;
    std::size_t size;
};

static_assert(loginIdSize == spentIdSize && sessionIdSize == spentIdSize);

struct SpentId {
    unsigned char id[spentIdSize];
    std::int64_t until;  // seconds; 0: free
};

}  // namespace

/** Changed under the lock; what is atomic is read without it. All times in milliseconds. */
struct SharedEnvironment {
    SharedEnvironment* next = nullptr;
    Text key{};  // name and issuer
    Text discovery{};
    Text keys{};
    std::atomic<std::uint64_t> generation{0};
    std::atomic<std::uint64_t> fetches{0};
    std::atomic<std::int64_t> fetchedAt{0};
    std::atomic<std::int64_t> fetchUntil{0};  // 0: nobody fetches
    std::atomic<std::int64_t> nextFetch{0};   // when one is granted: the scheduled,
    std::atomic<std::int64_t> loginAfter{0};  // and those ahead of schedule
    std::atomic<std::int64_t> tokenAfter{0};
    std::int64_t retry = firstRetry;  // to wait after the next failure
    bool replacing = false;           // left behind by a worker that died in the middle of it
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free &&
                  std::atomic<std::int64_t>::is_always_lock_free,
              "processes share them");

namespace {

/** The root of the zone; ngx_slab_pool_t.data points here. */
struct Store {
    SharedEnvironment* environments;
    std::size_t buckets;
    SpentId* spent;  // buckets * bucketSize
};

class Lock {
  public:
    explicit Lock(ngx_slab_pool_t* pool) noexcept : pool_(pool) { ngx_shmtx_lock(&pool_->mutex); }
    ~Lock() { ngx_shmtx_unlock(&pool_->mutex); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

  private:
    ngx_slab_pool_t* pool_;
};

ngx_slab_pool_t* slab(ngx_shm_zone_t* zone) noexcept
{
    return reinterpret_cast<ngx_slab_pool_t*>(zone->shm.addr);
}

Store* root(ngx_slab_pool_t* pool) noexcept
{
    return static_cast<Store*>(pool->data);
}

/** A copy in the slab; data is nullptr when it is full. */
Text keep(ngx_slab_pool_t* pool, std::string_view value) noexcept
{
    auto* data =
        static_cast<char*>(ngx_slab_alloc_locked(pool, std::max<std::size_t>(value.size(), 1)));
    if (data != nullptr) {
        std::memcpy(data, value.data(), value.size());
    }
    return {data, value.size()};
}

void drop(ngx_slab_pool_t* pool, const Text& text) noexcept
{
    if (text.data != nullptr) {
        ngx_slab_free_locked(pool, text.data);
    }
}

std::string_view view(const Text& text) noexcept
{
    return {text.data, text.size};
}

/** False when the slab is full: then both texts are as before. */
bool replaceBoth(ngx_slab_pool_t* pool, SharedEnvironment& shared, std::string_view discovery,
                 std::string_view keys) noexcept
{
    const Text newDiscovery = keep(pool, discovery);
    const Text newKeys = keep(pool, keys);
    if (newDiscovery.data == nullptr || newKeys.data == nullptr) {
        drop(pool, newDiscovery);
        drop(pool, newKeys);
        return false;
    }
    drop(pool, std::exchange(shared.discovery, newDiscovery));
    drop(pool, std::exchange(shared.keys, newKeys));
    return true;
}

std::string environmentKey(const Environment& environment)
{
    const ProviderSettings& p = environment.provider;
    std::string key = environment.name;
    for (const std::string* part :
         {&p.issuer, &p.authorizationEndpoint, &p.tokenEndpoint, &p.jwksUri}) {
        key += '\n';
        key += *part;
    }
    return key;
}

SharedEnvironment* findShared(Store* store, std::string_view key) noexcept
{
    for (SharedEnvironment* shared = store->environments; shared != nullptr;
         shared = shared->next) {
        if (view(shared->key) == key) {
            return shared;
        }
    }
    return nullptr;
}

bool addEnvironment(ngx_slab_pool_t* pool, const Environment& environment)
{
    Store* store = root(pool);
    const std::string key = environmentKey(environment);
    if (findShared(store, key) != nullptr) {
        return true;
    }
    void* memory = ngx_slab_alloc_locked(pool, sizeof(SharedEnvironment));
    if (memory == nullptr) {
        return false;
    }
    auto* shared = new (memory) SharedEnvironment;
    shared->key = keep(pool, key);
    if (shared->key.data == nullptr) {
        return false;
    }
    shared->next = store->environments;
    store->environments = shared;
    return true;
}

bool createStore(ngx_slab_pool_t* pool, std::size_t zoneSize)
{
    auto* store = static_cast<Store*>(ngx_slab_calloc_locked(pool, sizeof(Store)));
    if (store == nullptr) {
        return false;
    }
    pool->log_nomem = 0;  // a full zone is told of in our own words
    store->buckets = zoneSize / 8 / (bucketSize * sizeof(SpentId));
    store->spent = static_cast<SpentId*>(
        ngx_slab_calloc_locked(pool, store->buckets * bucketSize * sizeof(SpentId)));
    pool->data = store;
    return store->spent != nullptr;
}

/** Ids are random: their first bytes spread evenly. */
SpentId* bucketOf(const Store& store, std::string_view id) noexcept
{
    std::uint32_t hash = 0;
    std::memcpy(&hash, id.data(), sizeof(hash));
    return store.spent + hash % store.buckets * bucketSize;
}

SpentId* findSpent(SpentId* bucket, std::string_view id, std::chrono::sys_seconds now) noexcept
{
    for (SpentId* entry = bucket; entry != bucket + bucketSize; ++entry) {
        if (entry->until > now.time_since_epoch().count() &&
            std::memcmp(entry->id, id.data(), spentIdSize) == 0) {
            return entry;
        }
    }
    return nullptr;
}

/**
 * The zone's init function (ngx_shm_zone_init_pt): runs in the master, `oldData` is set when a
 * reload keeps the memory.
 */
ngx_int_t initStore(ngx_shm_zone_t* zone, void* oldData) noexcept
try {
    auto* main = static_cast<MainConf*>(zone->data);
    ngx_slab_pool_t* pool = slab(zone);
    const Lock lock(pool);

    if (oldData == nullptr && !zone->shm.exists && !createStore(pool, zone->shm.size)) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "scalekit_zone is too small; make it larger");
        return NGX_ERROR;
    }
    for (const auto& environment : main->environments) {
        if (!addEnvironment(pool, *environment)) {
            ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0, "scalekit_zone is full; make it larger");
            return NGX_ERROR;
        }
    }
    return NGX_OK;
} catch (...) {
    return NGX_ERROR;
}

}  // namespace

ngx_shm_zone_t* addStoreZone(ngx_conf_t* cf, std::size_t size, MainConf* main) noexcept
{
    ngx_str_t name = borrow("scalekit");
    ngx_shm_zone_t* zone = ngx_shared_memory_add(cf, &name, size, &ngx_http_scalekit_module);
    if (zone != nullptr) {
        zone->init = initStore;
        zone->data = main;
    }
    return zone;
}

SharedDocuments::SharedDocuments(ngx_shm_zone_t* zone, const Environment& environment) noexcept
    : pool_(slab(zone)), shared_(nullptr)
{
    const Lock lock(pool_);
    shared_ = findShared(root(pool_), environmentKey(environment));
}

std::uint64_t SharedDocuments::generation() const noexcept
{
    return shared_->generation;
}

Milliseconds SharedDocuments::fetchedAt() const noexcept
{
    return Milliseconds(shared_->fetchedAt);
}

std::uint64_t SharedDocuments::fetches() const noexcept
{
    return shared_->fetches;
}

SharedDocuments::Copy SharedDocuments::read() const
{
    const Lock lock(pool_);
    return {shared_->generation, std::string(view(shared_->discovery)),
            std::string(view(shared_->keys))};
}

namespace {

std::atomic<std::int64_t>& dueTime(SharedEnvironment& shared, SharedDocuments::Want want) noexcept
{
    switch (want) {
    case SharedDocuments::Want::login:
        return shared.loginAfter;
    case SharedDocuments::Want::token:
        return shared.tokenAfter;
    case SharedDocuments::Want::scheduled:
        break;
    }
    return shared.nextFetch;
}

}  // namespace

bool SharedDocuments::beginFetch(Want want, Milliseconds now, Milliseconds limit) noexcept
{
    std::atomic<std::int64_t>& due = dueTime(*shared_, want);
    if (fetching(now) || now.count() < due) {
        return false;  // most who ask, without the lock
    }
    const Lock lock(pool_);
    if (fetching(now) || now.count() < due) {
        return false;
    }
    if (want != Want::scheduled) {
        due = now.count() + coolDown;
    }
    granted_ = (now + limit).count();
    shared_->fetchUntil = granted_;
    return true;
}

bool SharedDocuments::store(const Fetched& fetched, Milliseconds now) noexcept
{
    const Lock lock(pool_);
    const bool changed = shared_->generation == 0 || shared_->replacing ||
                         fetched.keys != view(shared_->keys) ||
                         fetched.discovery != view(shared_->discovery);
    shared_->replacing = changed;
    if (changed && !replaceBoth(pool_, *shared_, fetched.discovery, fetched.keys)) {
        shared_->replacing = false;
        return false;
    }
    shared_->fetchedAt = now.count();
    shared_->nextFetch = fetched.next.count();
    shared_->retry = firstRetry;
    if (changed) {
        ++shared_->generation;
        shared_->replacing = false;
    }
    endFetch();
    ++shared_->fetches;
    return true;
}

void SharedDocuments::fail(Milliseconds now) noexcept
{
    const Lock lock(pool_);
    if (shared_->generation == 0) {
        shared_->nextFetch = now.count() + shared_->retry;
        shared_->retry = std::min(shared_->retry * 2, longestRetry);
    } else {
        shared_->loginAfter = now.count() + coolDown;
        shared_->tokenAfter = now.count() + coolDown;
        shared_->nextFetch = std::max<std::int64_t>(shared_->nextFetch, now.count() + coolDown);
    }
    endFetch();
    ++shared_->fetches;
}

void SharedDocuments::abandonFetch(Want want) noexcept
{
    const Lock lock(pool_);
    if (shared_->fetchUntil == granted_ && want != Want::scheduled) {
        dueTime(*shared_, want) = 0;  // whoever waits for it may begin another one
    }
    endFetch();
}

/** Unless the time was up, and the fetch is another worker's now. */
void SharedDocuments::endFetch() noexcept
{
    if (shared_->fetchUntil == granted_) {
        shared_->fetchUntil = 0;
    }
}

bool SharedDocuments::fetching(Milliseconds now) const noexcept
{
    return shared_->fetchUntil > now.count();
}

Milliseconds SharedDocuments::nextFetch() const noexcept
{
    return Milliseconds(shared_->nextFetch);
}

bool spendId(ngx_shm_zone_t* zone, std::string_view id, std::chrono::sys_seconds now,
             std::chrono::sys_seconds until) noexcept
{
    ngx_slab_pool_t* pool = slab(zone);
    const Lock lock(pool);
    SpentId* bucket = bucketOf(*root(pool), id);
    if (findSpent(bucket, id, now) != nullptr) {
        return false;
    }
    SpentId* oldest =
        std::min_element(bucket, bucket + bucketSize,
                         [](const SpentId& a, const SpentId& b) { return a.until < b.until; });
    std::memcpy(oldest->id, id.data(), spentIdSize);
    oldest->until = until.time_since_epoch().count();
    return true;
}

bool spentId(ngx_shm_zone_t* zone, std::string_view id, std::chrono::sys_seconds now) noexcept
{
    ngx_slab_pool_t* pool = slab(zone);
    const Lock lock(pool);
    return findSpent(bucketOf(*root(pool), id), id, now) != nullptr;
}

}  // namespace scalekit
