#pragma once

#include "jose/jwk.hpp"
#include "nginx/conf.hpp"
#include "nginx/http_client.hpp"
#include "nginx/store.hpp"

#include <memory>
#include <vector>

/**
 * Every environment's provider metadata and key set, ready in the worker: fetched ahead of need,
 * once for all workers (see store.hpp), parsed per worker, refreshed in the background, the last
 * good ones kept while the provider is away.
 */
namespace scalekit {

class ProviderCache {
  public:
    /**
     * One per worker, made in init_process; the first fetches begin with the event loop. Throws
     * std::bad_alloc.
     */
    ProviderCache(const MainConf& main, HttpClient& client, ngx_log_t* log);
    ~ProviderCache();
    ProviderCache(const ProviderCache&) = delete;
    ProviderCache& operator=(const ProviderCache&) = delete;

    struct Snapshot {
        std::shared_ptr<const Provider> provider;
        std::shared_ptr<const KeySet> keys;
    };

    /**
     * What is known of the environment's provider now; nullptr before the first success and beyond
     * the stale limit.
     */
    const Snapshot* current(const Environment& environment);

    /**
     * True when waiting is worth it: a fetch is under way or due. False between the tries of a
     * provider that is down.
     */
    bool promising(const Environment& environment) const;

    /**
     * Something that waits; embedded in a request's context, whose owner cancels it before it goes.
     */
    struct Waiter {
        ngx_queue_t link{};
        // called once, from the event loop, never from await...()
        void (*wake)(void* data) noexcept = nullptr;
        void* data = nullptr;
        Milliseconds deadline{0};
        std::uint64_t generation = 0;  // satisfied by a later one
        std::uint64_t failures = 0;    // given up after a later one
        bool waiting = false;

        ~Waiter() { cancel(); }
        void cancel() noexcept;
    };

    /**
     * Wakes the waiter when current() has something, or when it is clear that it will not within
     * `timeout`.
     */
    void awaitProvider(const Environment& environment, Waiter& waiter,
                       std::chrono::milliseconds timeout);

    /**
     * The same for a key set newer than the present one; fetched at most once per cool-down over
     * all workers.
     */
    void awaitKeys(const Environment& environment, Waiter& waiter,
                   std::chrono::milliseconds timeout);

  private:
    struct Entry;

    static void onTick(ngx_event_t* event) noexcept;
    static void onDiscovery(void* data, const HttpResponse& response) noexcept;
    static void onKeys(void* data, const HttpResponse& response) noexcept;

    void await(Entry& entry, Waiter& waiter, std::chrono::milliseconds timeout);
    void tick(Entry& entry);
    void schedule(Entry& entry);
    void adopt(Entry& entry);
    void wakeWaiters(Entry& entry);
    bool fetch(Entry& entry, const std::string& url, HttpClient::Done done);
    void beginFetch(Entry& entry);
    void fetchKeys(Entry& entry, const std::string& jwksUri);
    void fail(Entry& entry, std::string_view what, std::string_view why);

    HttpClient& client_;
    ngx_log_t* log_;
    std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace scalekit
