#include "nginx/worker/provider_cache.hpp"

#include "nginx/ngx/interop.hpp"

#include <algorithm>

namespace scalekit {

namespace {

constexpr Milliseconds refreshInterval = std::chrono::minutes(10);
constexpr Milliseconds staleLimit = std::chrono::hours(24);
constexpr Milliseconds waitingTick{20};  // how soon a waiter learns what another worker fetched
constexpr Milliseconds watchingTick{1000};
constexpr Milliseconds startInterval{10};  // between the first fetches of two environments

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
        : cache(cache), environment(environment), documents(zone, environment.providerKey)
    {
        timer.init(this, onTick, cache.log_);
    }
    ~Entry()
    {
        timer.cancel();
        if (fetching) {
            documents.abandonFetch(want);
        }
    }

    ProviderCache& cache;
    const Environment& environment;
    ProviderDocuments documents;
    Snapshot snapshot;      // its metadata is nullptr when what is shared does not parse
    bool fetching = false;  // it is this worker's turn
    ProviderDocuments::Want want = ProviderDocuments::Want::scheduled;  // of the fetch under way
    std::string discovery;  // likewise; empty: as it was
    LoopEvent timer;
    WaitingList providerWaiters;  // count fetches and generations
    WaitingList loginWaiters;     // count generations
    WaitingList tokenWaiters;     // likewise
};

ProviderCache::ProviderCache(const MainConf& main, HttpClient& client, ngx_log_t* log)
    : client_(client), log_(log)
{
    for (const auto& environment : main.environments) {
        entries_.push_back(std::make_unique<Entry>(*this, *environment, main.zone));
        Entry& entry = *entries_.back();
        entry.timer.event.cancelable = 1;
        if (environment->provider.selfSufficient()) {
            entry.snapshot.provider =
                std::make_shared<const Provider>(providerFromSettings(environment->provider));
        }
        // a request that needs the provider sooner does not wait for its turn
        const Milliseconds turn = startInterval * environment->index;
        ngx_add_timer(&entry.timer.event, static_cast<ngx_msec_t>(turn.count()));
    }
}

ProviderCache::~ProviderCache() = default;

const ProviderCache::Snapshot* ProviderCache::current(const Environment& environment)
{
    Entry& entry = *entries_[environment.index];
    reload(entry);
    const bool stale =
        entry.snapshot.generation != 0 && monotonicNow() - entry.documents.fetchedAt() > staleLimit;
    return entry.snapshot.provider == nullptr || stale ? nullptr : &entry.snapshot;
}

bool ProviderCache::fetchExpected(const Environment& environment) const
{
    const Entry& entry = *entries_[environment.index];
    return underWay(entry) || entry.documents.nextFetch() <= monotonicNow();
}

void ProviderCache::awaitProvider(const Environment& environment, Waiter& waiter,
                                  std::chrono::milliseconds timeout)
{
    Entry& entry = *entries_[environment.index];
    entry.providerWaiters.add(waiter, changes(entry), monotonicNow() + timeout);
    schedule(entry);
}

bool ProviderCache::awaitKeys(const Environment& environment, Waiter& waiter,
                              std::chrono::milliseconds timeout, ProviderDocuments::Want want)
{
    Entry& entry = *entries_[environment.index];
    const std::uint64_t seen = entry.snapshot.generation;
    reload(entry);
    const bool stored = entry.snapshot.generation != seen;  // by another worker, just now
    if (entry.snapshot.provider == nullptr || (!stored && !keysExpected(entry, want))) {
        return false;
    }
    const bool login = want == ProviderDocuments::Want::login;
    WaitingList& waiters = login ? entry.loginWaiters : entry.tokenWaiters;
    waiters.add(waiter, seen, monotonicNow() + timeout);
    schedule(entry);
    return true;
}

void ProviderCache::askForKeys(const Environment& environment)
{
    startEarlyFetch(*entries_[environment.index], ProviderDocuments::Want::token);
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
    reload(entry);
    const bool wanted = !ngx_exiting || !entry.providerWaiters.empty();
    if (wanted && !entry.fetching &&
        entry.documents.beginFetch(ProviderDocuments::Want::scheduled, monotonicNow(), limit)) {
        startScheduledFetch(entry);
    }
    entry.providerWaiters.wake(changes(entry), monotonicNow());
    entry.loginWaiters.wake(entry.snapshot.generation, monotonicNow());
    entry.tokenWaiters.wake(entry.snapshot.generation, monotonicNow());
    // the fetch they waited for may have begun before their key was published
    if (!entry.loginWaiters.empty() && !keysExpected(entry, ProviderDocuments::Want::login)) {
        entry.loginWaiters.wakeAll();
    }
    if (!entry.tokenWaiters.empty() && !keysExpected(entry, ProviderDocuments::Want::token)) {
        entry.tokenWaiters.wakeAll();
    }
    schedule(entry);
}

/**
 * Arms the timer: soon while somebody waits (and then it holds a graceful quit back), else for the
 * next refresh.
 */
void ProviderCache::schedule(Entry& entry)
{
    ngx_event_t& event = entry.timer.event;
    const bool waited = !entry.providerWaiters.empty() || !entry.loginWaiters.empty() ||
                        !entry.tokenWaiters.empty();
    if (waited && event.timer_set && !event.cancelable) {
        return;
    }
    const Milliseconds due = entry.documents.nextFetch() - monotonicNow();
    const Milliseconds delay =
        waited ? waitingTick : std::clamp<Milliseconds>(due, watchingTick, refreshInterval);

    if (event.timer_set) {
        ngx_del_timer(&event);
    }
    event.cancelable = !waited;
    ngx_add_timer(&event, static_cast<ngx_msec_t>(delay.count()));
}

/** Parses the shared documents when they changed since the last look. */
void ProviderCache::reload(Entry& entry)
{
    if (entry.documents.generation() == entry.snapshot.generation) {
        return;
    }
    const ProviderDocuments::Copy copy = entry.documents.read();
    const ProviderSettings& settings = entry.environment.provider;

    Result<Provider> provider = copy.discovery.empty()
                                    ? Result<Provider>(providerFromSettings(settings))
                                    : parseDiscovery(copy.discovery, settings);

    Snapshot snapshot;
    snapshot.generation = copy.generation;  // also if they do not parse: once is enough
    if (provider) {
        snapshot.provider = std::make_shared<const Provider>(*std::move(provider));
    }
    if (Result<KeySet> keys = KeySet::parse(copy.keys); keys) {
        snapshot.keys = std::make_shared<const KeySet>(*std::move(keys));
    }
    entry.snapshot = std::move(snapshot);
}

/** What whoever waits for the metadata counts: fetches that ended, and news in between. */
std::uint64_t ProviderCache::changes(const Entry& entry) const noexcept
{
    return entry.documents.fetches() + entry.documents.generation();
}

bool ProviderCache::underWay(const Entry& entry) const noexcept
{
    return entry.fetching || entry.documents.fetching(monotonicNow());
}

/**
 * True when keys are on their way, from now on if need be. Who comes back from the provider waits
 * for the first keys even between two tries: the login is lost otherwise.
 */
bool ProviderCache::keysExpected(Entry& entry, ProviderDocuments::Want want)
{
    return underWay(entry) || startEarlyFetch(entry, want) ||
           (entry.snapshot.keys == nullptr && want == ProviderDocuments::Want::login);
}

/** True when this worker fetches the keys now, ahead of schedule. */
bool ProviderCache::startEarlyFetch(Entry& entry, ProviderDocuments::Want want)
{
    const Milliseconds limit = entry.environment.timeout + std::chrono::seconds(1);
    if (entry.fetching || entry.snapshot.provider == nullptr ||
        !entry.documents.beginFetch(want, monotonicNow(), limit)) {
        return false;
    }
    entry.fetching = true;
    entry.want = want;
    fetchKeys(entry, entry.snapshot.provider->jwksUri);
    return entry.fetching;
}

void ProviderCache::startScheduledFetch(Entry& entry)
{
    const ProviderSettings& settings = entry.environment.provider;
    entry.fetching = true;
    entry.want = ProviderDocuments::Want::scheduled;
    if (settings.selfSufficient()) {
        fetchKeys(entry, providerFromSettings(settings).jwksUri);
    } else if (!fetch(entry, discoveryUrl(settings.issuer), onDiscovery)) {
        fail(entry, "discovery", "the request could not be started");
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

void ProviderCache::onDiscovery(void* data, const HttpResponse& response) noexcept
try {
    Entry& entry = *static_cast<Entry*>(data);
    ProviderCache& cache = entry.cache;

    if (const std::string failure = failureOf(response); !failure.empty()) {
        cache.withoutDiscovery(entry, failure);
        return;
    }
    Result<Provider> provider = parseDiscovery(response.body, entry.environment.provider);
    if (!provider && provider.error() == Reason::discovery_issuer_mismatch) {
        cache.fail(entry, "discovery", word(provider.error()));
        return;
    }
    if (!provider) {
        cache.withoutDiscovery(entry, word(provider.error()));
        return;
    }
    entry.discovery = response.body;
    entry.documents.storeMetadata(response.body, monotonicNow());
    cache.fetchKeys(entry, provider->jwksUri);
    cache.tick(entry);  // who waits for the metadata need not wait for the keys
} catch (...) {
    Entry& entry = *static_cast<Entry*>(data);
    logLine(NGX_LOG_CRIT, entry.cache.log_, "no memory for the provider's documents");
    entry.cache.giveUp(entry);
}

/**
 * With the last good metadata the keys can be had all the same; but not from a provider that says
 * it is another one.
 */
void ProviderCache::withoutDiscovery(Entry& entry, std::string_view why)
{
    if (entry.snapshot.provider == nullptr) {
        fail(entry, "discovery", why);
        return;
    }
    report(entry, "discovery", why);
    fetchKeys(entry, entry.snapshot.provider->jwksUri);
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
    cache.store(entry, response.body);
} catch (...) {
    Entry& entry = *static_cast<Entry*>(data);
    logLine(NGX_LOG_CRIT, entry.cache.log_, "no memory for the provider's documents");
    entry.cache.giveUp(entry);
}

void ProviderCache::store(Entry& entry, const std::string& keys)
{
    if (entry.discovery.empty()) {
        entry.discovery = entry.documents.read().discovery;
    }
    ProviderDocuments::Fetched fetched;
    fetched.discovery = entry.discovery;
    fetched.keys = keys;
    fetched.next = entry.want == ProviderDocuments::Want::scheduled
                       ? monotonicNow() + refreshInterval
                       : entry.documents.nextFetch();
    if (!entry.documents.store(fetched, monotonicNow())) {
        fail(entry, "room for the documents", "scalekit_zone is full, make it larger");
        return;
    }
    entry.fetching = false;
    entry.discovery.clear();
    tick(entry);
}

void ProviderCache::fail(Entry& entry, std::string_view what, std::string_view why)
{
    report(entry, what, why);
    giveUp(entry);
}

void ProviderCache::report(const Entry& entry, std::string_view what, std::string_view why)
{
    std::string line = "environment \"" + entry.environment.name + "\": ";
    line += what;
    line += " not to be had from ";
    line += entry.environment.provider.issuer;
    line += ": ";
    line += why;
    line += entry.snapshot.keys == nullptr ? "" : "; the last good ones are kept";
    logLine(NGX_LOG_ERR, log_, line);
}

void ProviderCache::giveUp(Entry& entry) noexcept
{
    entry.fetching = false;
    entry.discovery.clear();
    entry.documents.fail(monotonicNow());

    // whoever waits hears of it from the loop, never from inside a call that began the fetch
    if (entry.timer.event.timer_set) {
        ngx_del_timer(&entry.timer.event);
    }
    ngx_add_timer(&entry.timer.event, 0);
}

}  // namespace scalekit
