#pragma once

#include "jose/jwk.hpp"
#include "nginx/conf/conf.hpp"
#include "nginx/fetch/http_client.hpp"
#include "nginx/shared/provider_documents.hpp"
#include "nginx/worker/flight.hpp"

#include <memory>
#include <vector>

/**
 * Every environment's provider metadata and key set, ready in the worker: fetched ahead of need,
 * once for all workers (see ProviderDocuments), parsed per worker, refreshed in the background, the
 * last good ones kept while the provider is away.
 */
namespace scalekit {

class ProviderCache {
  public:
    /**
     * One per worker, made in init_process; the first fetches begin with the event loop. Throws
     * std::bad_alloc.
     */
    ProviderCache(const MainConf& main, HttpClient& client, Flights& flights, ngx_log_t* log);
    ~ProviderCache();
    ProviderCache(const ProviderCache&) = delete;
    ProviderCache& operator=(const ProviderCache&) = delete;

    struct Snapshot {
        std::shared_ptr<const Provider> provider;
        std::shared_ptr<const KeySet> keys;  // nullptr while the first ones are on their way
        std::uint64_t generation = 0;        // another one whenever the documents changed
    };

    /**
     * What is known of the environment's provider now; nullptr before the first success and beyond
     * the stale limit.
     */
    const Snapshot* current(const Environment& environment);

    /**
     * Wakes the waiter when current() has something, or when it is clear that it will not within
     * `timeout`. False, and nobody waits, when no fetch is under way or due: between the tries of a
     * provider that is down.
     */
    bool awaitProvider(const Environment& environment, Waiter& waiter,
                       std::chrono::milliseconds timeout);

    /**
     * The same for a key set newer than the present one, which a login or a bearer token wants;
     * fetched at most once per cool-down over all workers for each of the two. False when none is
     * to be had now: the present keys are the answer.
     */
    using Want = ProviderDocuments::Want;
    bool awaitKeys(const Environment& environment, Waiter& waiter,
                   std::chrono::milliseconds timeout, Want want);

    /** Fetches newer keys for bearer tokens, within the same bounds, for who cannot wait. */
    void askForKeys(const Environment& environment);

  private:
    struct Entry;
    class Arrival;
    using Take = void (ProviderCache::*)(Entry& entry, const HttpResponse& response);

    static void onTick(ngx_event_t* event) noexcept;
    static void onDiscovery(void* data, const HttpResponse& response) noexcept;
    static void onKeys(void* data, const HttpResponse& response) noexcept;

    void tick(Entry& entry);
    void schedule(Entry& entry) noexcept;
    void reload(Entry& entry);
    bool await(Entry& entry, Want want, std::uint64_t seen, Waiter& waiter,
               std::chrono::milliseconds timeout);
    bool underWay(const Entry& entry) const noexcept;
    bool expected(Entry& entry, Want want);
    bool startFetch(Entry& entry, Want want);
    void take(Entry& entry, const HttpResponse& response, Take take) noexcept;
    void takeDiscovery(Entry& entry, const HttpResponse& response);
    void takeKeys(Entry& entry, const HttpResponse& response);
    bool fetch(Entry& entry, const std::string& url, HttpClient::Done done);
    void fetchKeys(Entry& entry, const std::string& jwksUri);
    void store(Entry& entry, const std::string& keys);
    void withoutDiscovery(Entry& entry, std::string_view why);
    void fail(Entry& entry, std::string_view what, std::string_view why);
    void report(const Entry& entry, std::string_view what, std::string_view why);
    void giveUp(Entry& entry) noexcept;

    HttpClient& client_;
    Flights& flights_;
    ngx_log_t* log_;
    std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace scalekit
