#include "nginx/shared/zone.hpp"

#include "nginx/ngx/interop.hpp"
#include "nginx/shared/provider_documents.hpp"
#include "nginx/shared/replay_guard.hpp"
#include "nginx/shared/root.hpp"

#include <new>
#include <utility>

namespace scalekit {

namespace {

using Keys = std::vector<std::string>;

/** Takes all of the slab's memory at once: nobody asks it again, and nobody can leave it torn. */
bool createRoot(ngx_slab_pool_t* pool, std::size_t zoneSize) noexcept
{
    const std::size_t size = pool->pfree << ngx_pagesize_shift;
    void* memory = ngx_slab_alloc_locked(pool, size);
    if (memory == nullptr || size < sizeof(shared::Root)) {
        return false;
    }
    auto* root = new (memory) shared::Root{};
    root->arena = shared::Arena::create(root + 1, size - sizeof(shared::Root));
    pool->data = root;
    return root->arena != nullptr && createReplayGuard(*root, zoneSize);
}

/**
 * The zone's init function (ngx_shm_zone_init_pt): runs in the master, `oldData` is set when a
 * reload keeps the memory.
 */
ngx_int_t initZone(ngx_shm_zone_t* zone, void* oldData) noexcept
{
    const shared::Lock lock(zone);
    if (oldData == nullptr && !zone->shm.exists &&
        !createRoot(shared::slabPool(zone), zone->shm.size)) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "scalekit_zone is too small; make it larger");
        return NGX_ERROR;
    }
    for (const std::string& key : *static_cast<const Keys*>(zone->data)) {
        if (!ProviderDocuments::makeRoom(shared::root(zone), key)) {
            ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0, "scalekit_zone is full; make it larger");
            return NGX_ERROR;
        }
    }
    return NGX_OK;
}

}  // namespace

ngx_shm_zone_t* addSharedZone(ngx_conf_t* cf, std::size_t size, Keys providerKeys) noexcept
{
    ngx_str_t name = borrow("ngx_http_scalekit");
    ngx_shm_zone_t* zone = ngx_shared_memory_add(cf, &name, size, &ngx_http_scalekit_module);
    Keys* keys = make<Keys>(cf->pool, std::move(providerKeys));
    if (zone == nullptr || keys == nullptr) {
        return nullptr;
    }
    zone->init = initZone;
    zone->data = keys;
    return zone;
}

}  // namespace scalekit
