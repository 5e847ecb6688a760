#pragma once

#include "jose/jwk.hpp"
#include "nginx/conf/conf.hpp"
#include "nginx/fetch/http_client.hpp"
#include "nginx/shared/provider_documents.hpp"
#include "nginx/worker/waiting_list.hpp"

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
    ProviderCache(const MainConf& main, HttpClient& client, ngx_log_t* log);
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
     * True when waiting is worth it: a fetch is under way or due. False between the tries of a
     * provider that is down.
     */
    bool fetchExpected(const Environment& environment) const;

    /**
     * Wakes the waiter when current() has something, or when it is clear that it will not within
     * `timeout`.
     */
    void awaitProvider(const Environment& environment, Waiter& waiter,
                       std::chrono::milliseconds timeout);

    /**
     * The same for a key set newer than the present one, which a login or a bearer token wants;
     * fetched at most once per cool-down over all workers for each of the two. False, and nobody
     * waits, when none is to be had now: the present keys are the answer.
     */
    bool awaitKeys(const Environment& environment, Waiter& waiter,
                   std::chrono::milliseconds timeout, ProviderDocuments::Want want);

    /** Fetches newer keys for bearer tokens, within the same bounds, for who cannot wait. */
    void askForKeys(const Environment& environment);

  private:
    struct Entry;

    static void onTick(ngx_event_t* event) noexcept;
    static void onDiscovery(void* data, const HttpResponse& response) noexcept;
    static void onKeys(void* data, const HttpResponse& response) noexcept;

    void tick(Entry& entry);
    void schedule(Entry& entry);
    void reload(Entry& entry);
    std::uint64_t changes(const Entry& entry) const noexcept;
    bool underWay(const Entry& entry) const noexcept;
    bool keysExpected(Entry& entry, ProviderDocuments::Want want);
    bool startEarlyFetch(Entry& entry, ProviderDocuments::Want want);
    void startScheduledFetch(Entry& entry);
    bool fetch(Entry& entry, const std::string& url, HttpClient::Done done);
    void fetchKeys(Entry& entry, const std::string& jwksUri);
    void store(Entry& entry, const std::string& keys);
    void withoutDiscovery(Entry& entry, std::string_view why);
    void fail(Entry& entry, std::string_view what, std::string_view why);
    void report(const Entry& entry, std::string_view what, std::string_view why);
    void giveUp(Entry& entry) noexcept;

    HttpClient& client_;
    ngx_log_t* log_;
    std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace scalekit
