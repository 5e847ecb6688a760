#include "nginx/provider_cache.hpp"

#include "nginx/interop.hpp"

#include <algorithm>

namespace scalekit {

namespace {

constexpr Milliseconds refreshInterval = std::chrono::minutes(10);
constexpr Milliseconds staleLimit = std::chrono::hours(24);
constexpr Milliseconds waitingTick{20};  // how soon a waiter learns what another worker fetched
constexpr Milliseconds watchingTick{1000};

Milliseconds now() noexcept
{
    return Milliseconds(static_cast<std::int64_t>(ngx_current_msec));
}

/** Why an answer is of no use, "" for one that is. */
std::string failureOf(const HttpResponse& response)
{
    if (response.error != HttpError::none) {
        return std::string(word(response.error));
    }
    return response.status == 200 ? "" : "status " + std::to_string(response.status);
}

}  // namespace

struct ProviderCache::Entry {
    Entry(ProviderCache& cache, const Environment& environment, ngx_shm_zone_t* zone)
        : cache(cache), environment(environment), documents(zone, environment)
    {
        ngx_queue_init(&waiters);
        timer.init(this, onTick, cache.log_);
    }
    ~Entry()
    {
        timer.cancel();
        if (fetching) {
            documents.abandonFetch();
        }
    }

    ProviderCache& cache;
    const Environment& environment;
    SharedDocuments documents;
    std::uint64_t generation = 0;  // of the snapshot
    Milliseconds fetchedAt{0};
    Snapshot snapshot;
    bool fetching = false;  // it is this worker's turn
    std::string discovery;  // of the fetch under way
    LoopEvent timer;
    ngx_queue_t waiters;
};

ProviderCache::ProviderCache(const MainConf& main, HttpClient& client, ngx_log_t* log)
    : client_(client), log_(log)
{
    for (const auto& environment : main.environments) {
        entries_.push_back(std::make_unique<Entry>(*this, *environment, main.zone));
        Entry& entry = *entries_.back();
        entry.timer.event.cancelable = 1;
        ngx_add_timer(&entry.timer.event, 0);
    }
}

ProviderCache::~ProviderCache() = default;

void ProviderCache::Waiter::cancel() noexcept
{
    if (waiting) {
        ngx_queue_remove(&link);
        waiting = false;
    }
}

const ProviderCache::Snapshot* ProviderCache::current(const Environment& environment)
{
    Entry& entry = *entries_[environment.index];
    adopt(entry);
    if (entry.snapshot.keys == nullptr || now() - entry.fetchedAt > staleLimit) {
        return nullptr;
    }
    return &entry.snapshot;
}

bool ProviderCache::promising(const Environment& environment) const
{
    const SharedDocuments& documents = entries_[environment.index]->documents;
    return documents.fetching(now()) || documents.nextFetch() <= now();
}

void ProviderCache::awaitProvider(const Environment& environment, Waiter& waiter,
                                  std::chrono::milliseconds timeout)
{
    await(*entries_[environment.index], waiter, timeout);
}

void ProviderCache::awaitKeys(const Environment& environment, Waiter& waiter,
                              std::chrono::milliseconds timeout)
{
    Entry& entry = *entries_[environment.index];
    const Milliseconds limit = environment.timeout + std::chrono::seconds(1);
    await(entry, waiter, timeout);

    if (entry.snapshot.provider == nullptr) {
        // what is shared does not parse here: a reload changed the settings
        waiter.deadline = now();
    } else if (entry.documents.beginFetch(SharedDocuments::Want::forced, now(), limit)) {
        entry.fetching = true;
        fetchKeys(entry, entry.snapshot.provider->jwksUri);
    } else if (!entry.documents.fetching(now())) {
        waiter.deadline = now();  // within the cool-down: the present keys are the answer
    }
}

void ProviderCache::await(Entry& entry, Waiter& waiter, std::chrono::milliseconds timeout)
{
    waiter.generation = entry.generation;
    waiter.failures = entry.documents.failures();
    waiter.deadline = now() + timeout;
    waiter.waiting = true;
    ngx_queue_insert_tail(&entry.waiters, &waiter.link);
    schedule(entry);
}

void ProviderCache::onTick(ngx_event_t* event) noexcept
try {
    Entry& entry = LoopEvent::of<Entry>(event);
    entry.cache.tick(entry);
} catch (...) {
    Entry& entry = LoopEvent::of<Entry>(event);
    entry.cache.schedule(entry);
}

void ProviderCache::tick(Entry& entry)
{
    const Milliseconds limit = entry.environment.timeout * 2 + std::chrono::seconds(1);
    adopt(entry);
    if (!ngx_exiting &&
        entry.documents.beginFetch(SharedDocuments::Want::scheduled, now(), limit)) {
        beginFetch(entry);
    }
    wakeWaiters(entry);
    schedule(entry);
}

/**
 * Arms the timer: soon while somebody waits (and then it holds a graceful quit back), else for the
 * next refresh.
 */
void ProviderCache::schedule(Entry& entry)
{
    ngx_event_t& event = entry.timer.event;
    const bool waited = !ngx_queue_empty(&entry.waiters);
    const Milliseconds due = entry.documents.nextFetch() - now();
    const Milliseconds delay =
        waited ? waitingTick : std::clamp<Milliseconds>(due, watchingTick, refreshInterval);

    if (event.timer_set) {
        ngx_del_timer(&event);
    }
    event.cancelable = !waited;
    ngx_add_timer(&event, static_cast<ngx_msec_t>(delay.count()));
}

/** Parses the shared documents when they changed since the last look. */
void ProviderCache::adopt(Entry& entry)
{
    if (entry.documents.generation() == entry.generation) {
        return;
    }
    const SharedDocuments::Copy copy = entry.documents.read();
    const ProviderSettings& settings = entry.environment.provider;

    Result<Provider> provider = copy.discovery.empty()
                                    ? Result<Provider>(providerFromSettings(settings))
                                    : parseDiscovery(copy.discovery, settings);
    Result<KeySet> keys = KeySet::parse(copy.keys);
    entry.generation = copy.generation;  // also if they do not parse: once is enough
    if (!provider || !keys) {
        entry.snapshot = {};
        return;
    }
    entry.snapshot.provider = std::make_shared<const Provider>(*std::move(provider));
    entry.snapshot.keys = std::make_shared<const KeySet>(*std::move(keys));
    entry.fetchedAt = copy.fetchedAt;
}

void ProviderCache::wakeWaiters(Entry& entry)
{
    ngx_queue_t ready;
    ngx_queue_init(&ready);

    for (ngx_queue_t* link = ngx_queue_head(&entry.waiters);
         link != ngx_queue_sentinel(&entry.waiters);) {
        auto* waiter = ngx_queue_data(link, Waiter, link);
        link = ngx_queue_next(link);
        if (entry.generation > waiter->generation ||
            entry.documents.failures() > waiter->failures || now() >= waiter->deadline) {
            ngx_queue_remove(&waiter->link);
            ngx_queue_insert_tail(&ready, &waiter->link);
        }
    }

    // a woken request may end others: the list is taken up anew each time
    while (!ngx_queue_empty(&ready)) {
        auto* waiter = ngx_queue_data(ngx_queue_head(&ready), Waiter, link);
        waiter->cancel();
        waiter->wake(waiter->data);
    }
}

bool ProviderCache::fetch(Entry& entry, const std::string& url, HttpClient::Done done)
{
    HttpRequest request;
    request.url = url;
    request.timeout = entry.environment.timeout;
    request.allowHttp = entry.environment.allowHttp;
    request.trustedCertificate = entry.environment.trustedCertificate;
    request.background = true;
    return client_.start(request, done, &entry) != nullptr;
}

void ProviderCache::beginFetch(Entry& entry)
{
    const ProviderSettings& settings = entry.environment.provider;
    entry.fetching = true;
    entry.discovery.clear();
    if (settings.selfSufficient()) {
        fetchKeys(entry, providerFromSettings(settings).jwksUri);
    } else if (!fetch(entry, discoveryUrl(settings.issuer), onDiscovery)) {
        fail(entry, "discovery", "the request could not be started");
    }
}

void ProviderCache::onDiscovery(void* data, const HttpResponse& response) noexcept
try {
    Entry& entry = *static_cast<Entry*>(data);
    ProviderCache& cache = entry.cache;

    if (const std::string failure = failureOf(response); !failure.empty()) {
        cache.fail(entry, "discovery", failure);
        return;
    }
    Result<Provider> provider = parseDiscovery(response.body, entry.environment.provider);
    if (!provider) {
        cache.fail(entry, "discovery", word(provider.error()));
        return;
    }
    entry.discovery = response.body;
    cache.fetchKeys(entry, provider->jwksUri);
} catch (...) {
    static_cast<Entry*>(data)->documents.fail(now());
}

void ProviderCache::fetchKeys(Entry& entry, const std::string& jwksUri)
{
    if (!fetch(entry, jwksUri, onKeys)) {
        fail(entry, "keys", "the request could not be started");
    }
}

void ProviderCache::onKeys(void* data, const HttpResponse& response) noexcept
try {
    Entry& entry = *static_cast<Entry*>(data);
    ProviderCache& cache = entry.cache;

    if (const std::string failure = failureOf(response); !failure.empty()) {
        cache.fail(entry, "keys", failure);
        return;
    }
    const Result<KeySet> keys = KeySet::parse(response.body);
    if (!keys) {
        cache.fail(entry, "keys", word(keys.error()));
        return;
    }
    if (entry.discovery.empty()) {
        entry.discovery = entry.documents.read().discovery;  // a refresh of the keys alone
    }
    if (!entry.documents.store(entry.discovery, response.body, now(), refreshInterval)) {
        cache.fail(entry, "room for the documents", "scalekit_zone is full, make it larger");
        return;
    }
    entry.fetching = false;
    entry.discovery.clear();
    cache.tick(entry);
} catch (...) {
    static_cast<Entry*>(data)->documents.fail(now());
}

void ProviderCache::fail(Entry& entry, std::string_view what, std::string_view why)
{
    std::string line = "environment \"" + entry.environment.name + "\": ";
    line += what;
    line += " not to be had from ";
    line += entry.environment.provider.issuer;
    line += ": ";
    line += why;
    line += entry.generation == 0 ? "" : "; the last good ones are kept";
    logLine(NGX_LOG_ERR, log_, line);

    entry.fetching = false;
    entry.discovery.clear();
    entry.documents.fail(now());

    // whoever waits hears of it from the loop, never from inside a call that began the fetch
    if (entry.timer.event.timer_set) {
        ngx_del_timer(&entry.timer.event);
    }
    ngx_add_timer(&entry.timer.event, 0);
}

}  // namespace scalekit
