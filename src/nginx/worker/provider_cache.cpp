#include "nginx/worker/provider_cache.hpp"

#include "nginx/ngx/interop.hpp"

#include <algorithm>

namespace scalekit {

namespace {

constexpr Milliseconds refreshInterval = std::chrono::minutes(10);
constexpr Milliseconds staleLimit = std::chrono::hours(24);
constexpr Milliseconds watchingTick{1000};
constexpr Milliseconds startInterval{10};  // between the first fetches of two environments

/** Once for each key set: a token of such a key is refused. */
void logKeysLeftOut(ngx_log_t* log, const std::string& environment, std::string_view keys)
{
    for (const std::string& key : keysLeftOut(keys)) {
        logLine(NGX_LOG_WARN, log, "environment \"" + environment + "\": key left out: " + key);
    }
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
    Snapshot snapshot;            // its metadata is nullptr when what is shared does not parse
    bool fetching = false;        // it is this worker's turn
    Want want = Want::scheduled;  // of the fetch under way
    std::string discovery;        // likewise; empty: as it was
    LoopEvent timer;              // for the next scheduled fetch
};

/** For those who wait for the provider, or for keys other than the present ones. */
class ProviderCache::Arrival : public Flight {
  public:
    Arrival(std::string key, Entry& entry, Want want, std::uint64_t seen)
        : Flight(std::move(key)), entry_(entry), want_(want), seen_(seen)
    {}

  private:
    bool over() override
    {
        ProviderCache& cache = entry_.cache;
        if (!joined()) {
            return true;
        }
        const Snapshot* known = cache.current(entry_.environment);
        const bool arrived =
            want_ == Want::scheduled ? known != nullptr : entry_.snapshot.generation != seen_;
        // the fetch under way may have begun before a key was published: then another one has to
        return arrived || !cache.expected(entry_, want_);
    }

    Entry& entry_;
    Want want_;
    std::uint64_t seen_;  // generation of the documents that were not enough
};

ProviderCache::ProviderCache(const MainConf& main, HttpClient& client, Flights& flights,
                             ngx_log_t* log)
    : client_(client), flights_(flights), log_(log)
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

bool ProviderCache::awaitProvider(const Environment& environment, Waiter& waiter,
                                  std::chrono::milliseconds timeout)
{
    Entry& entry = *entries_[environment.index];
    return current(environment) == nullptr &&
           await(entry, Want::scheduled, entry.snapshot.generation, waiter, timeout);
}

bool ProviderCache::awaitKeys(const Environment& environment, Waiter& waiter,
                              std::chrono::milliseconds timeout, Want want)
{
    Entry& entry = *entries_[environment.index];
    const std::uint64_t seen = entry.snapshot.generation;
    reload(entry);  // another worker may have stored newer ones just now
    return entry.snapshot.provider != nullptr && await(entry, want, seen, waiter, timeout);
}

bool ProviderCache::await(Entry& entry, Want want, std::uint64_t seen, Waiter& waiter,
                          std::chrono::milliseconds timeout)
{
    if (entry.snapshot.generation == seen && !expected(entry, want)) {
        return false;
    }
    std::string key = std::to_string(static_cast<int>(want)) + ' ' + std::to_string(seen) + ' ' +
                      entry.environment.providerKey;
    std::shared_ptr<Flight> flight = flights_.find(key);
    if (flight == nullptr) {
        flight = std::make_shared<Arrival>(std::move(key), entry, want, seen);
        flights_.add(flight);
    }
    flights_.join(*flight, waiter, monotonicNow() + timeout);
    return true;
}

void ProviderCache::askForKeys(const Environment& environment)
{
    startFetch(*entries_[environment.index], Want::token);
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
    reload(entry);
    if (!ngx_exiting) {
        startFetch(entry, Want::scheduled);
    }
    schedule(entry);
}

/** Arms the timer for the next scheduled fetch. */
void ProviderCache::schedule(Entry& entry) noexcept
{
    const Milliseconds due = entry.documents.nextFetch() - monotonicNow();
    const Milliseconds delay = std::clamp<Milliseconds>(due, watchingTick, refreshInterval);
    entry.timer.cancel();
    ngx_add_timer(&entry.timer.event, static_cast<ngx_msec_t>(delay.count()));
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

bool ProviderCache::underWay(const Entry& entry) const noexcept
{
    return entry.fetching || entry.documents.fetching(monotonicNow());
}

/**
 * True when it is on its way, from now on if need be. Who comes back from the provider waits for
 * the first keys even between two tries: the login is lost otherwise.
 */
bool ProviderCache::expected(Entry& entry, Want want)
{
    return underWay(entry) || startFetch(entry, want) ||
           (entry.snapshot.keys == nullptr && want == Want::login);
}

/** True when this worker now fetches: both documents on schedule, the keys ahead of it. */
bool ProviderCache::startFetch(Entry& entry, Want want)
{
    const bool scheduled = want == Want::scheduled;
    const Milliseconds limit =
        entry.environment.timeout * (scheduled ? 2 : 1) + std::chrono::seconds(1);
    if (entry.fetching || (!scheduled && entry.snapshot.provider == nullptr) ||
        !entry.documents.beginFetch(want, monotonicNow(), limit)) {
        return false;
    }
    entry.fetching = true;
    entry.want = want;
    const ProviderSettings& settings = entry.environment.provider;
    try {
        if (!scheduled) {
            fetchKeys(entry, entry.snapshot.provider->jwksUri);
        } else if (settings.selfSufficient()) {
            fetchKeys(entry, providerFromSettings(settings).jwksUri);
        } else if (!fetch(entry, discoveryUrl(settings.issuer), onDiscovery)) {
            fail(entry, "discovery", "the request could not be started");
        }
    } catch (...) {
        giveUp(entry);  // out of memory; no fetch would ever begin again otherwise
    }
    return entry.fetching;
}

bool ProviderCache::fetch(Entry& entry, const std::string& url, HttpClient::Done done)
{
    HttpRequest request;
    request.url = url;
    request.timeout = entry.environment.timeout;
    request.allowHttp = entry.environment.allowHttp;
    request.trustedCertificates = entry.environment.trustedCertificates;
    request.background = true;
    return client_.start(request, done, &entry) != nullptr;
}

void ProviderCache::onDiscovery(void* data, const HttpResponse& response) noexcept
{
    Entry& entry = *static_cast<Entry*>(data);
    entry.cache.take(entry, response, &ProviderCache::takeDiscovery);
}

void ProviderCache::onKeys(void* data, const HttpResponse& response) noexcept
{
    Entry& entry = *static_cast<Entry*>(data);
    entry.cache.take(entry, response, &ProviderCache::takeKeys);
}

void ProviderCache::take(Entry& entry, const HttpResponse& response, Take take) noexcept
{
    try {
        (this->*take)(entry, response);
    } catch (...) {
        logLine(NGX_LOG_CRIT, log_, "no memory for the provider's documents");
        giveUp(entry);
    }
    flights_.look();  // who waits in this worker need not wait any longer
}

void ProviderCache::takeDiscovery(Entry& entry, const HttpResponse& response)
{
    if (const std::string failure = failureOf(response); !failure.empty()) {
        withoutDiscovery(entry, failure);
        return;
    }
    Result<Provider> provider = parseDiscovery(response.body, entry.environment.provider);
    if (!provider && provider.error() == Reason::discovery_issuer_mismatch) {
        fail(entry, "discovery", word(provider.error()));
        return;
    }
    if (!provider) {
        withoutDiscovery(entry, word(provider.error()));
        return;
    }
    entry.discovery = response.body;
    entry.documents.storeMetadata(response.body, monotonicNow());
    fetchKeys(entry, provider->jwksUri);
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

void ProviderCache::takeKeys(Entry& entry, const HttpResponse& response)
{
    if (const std::string failure = failureOf(response); !failure.empty()) {
        fail(entry, "keys", failure);
        return;
    }
    const Result<KeySet> keys = KeySet::parse(response.body);
    if (!keys) {
        fail(entry, "keys", word(keys.error()));
        return;
    }
    store(entry, response.body);
}

void ProviderCache::store(Entry& entry, const std::string& keys)
{
    const ProviderDocuments::Copy before = entry.documents.read();
    if (entry.discovery.empty()) {
        entry.discovery = before.discovery;
    }
    ProviderDocuments::Fetched fetched;
    fetched.discovery = entry.discovery;
    fetched.keys = keys;
    fetched.next = entry.want == Want::scheduled ? monotonicNow() + refreshInterval
                                                 : entry.documents.nextFetch();
    if (!entry.documents.store(fetched, monotonicNow())) {
        fail(entry, "room for the documents", "scalekit_zone is full, make it larger");
        return;
    }
    if (before.keys != keys) {
        logKeysLeftOut(log_, entry.environment.name, keys);
    }
    if (before.keys.empty()) {
        logLine(NGX_LOG_NOTICE, log_,
                "environment \"" + entry.environment.name + "\": ready, the keys of " +
                    entry.environment.provider.issuer + " are here");
    }
    entry.fetching = false;
    entry.discovery.clear();
    schedule(entry);
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
    schedule(entry);
}

}  // namespace scalekit
