#include "nginx/shared/provider_documents.hpp"

#include "nginx/shared/root.hpp"

#include <algorithm>
#include <atomic>
#include <new>

namespace scalekit {

namespace {

// milliseconds
constexpr std::int64_t coolDown = 10'000;
constexpr std::int64_t firstRetry = 1'000;
constexpr std::int64_t longestRetry = 10'000;

/** Both documents of one generation, never changed; their texts follow. */
struct Documents {
    std::uint64_t generation;
    std::size_t discoverySize;
    std::size_t keysSize;

    const char* texts() const noexcept { return reinterpret_cast<const char*>(this + 1); }
    std::string_view discovery() const noexcept { return {texts(), discoverySize}; }
    std::string_view keys() const noexcept { return {texts() + discoverySize, keysSize}; }
};

}  // namespace

/**
 * The key follows. Changed under the lock; what is atomic is read without it. All times in
 * milliseconds. A worker may be killed between any two stores: its fetch is given to another one
 * when its time is up, and that one's store() sets everything.
 */
struct shared::Provider {
    Link next{nullptr};
    Link documents{nullptr};
    std::atomic<std::uint64_t> generation{0};  // of the documents
    std::atomic<std::int64_t> fetchedAt{0};
    std::atomic<std::int64_t> fetchUntil{0};  // 0: nobody fetches
    std::atomic<std::int64_t> nextFetch{0};   // when one is granted: the scheduled,
    std::atomic<std::int64_t> loginAfter{0};  // and those ahead of schedule
    std::atomic<std::int64_t> tokenAfter{0};
    std::int64_t retry = firstRetry;  // to wait after the next failure
    std::size_t keySize;

    explicit Provider(std::size_t keySize) noexcept : keySize(keySize) {}

    std::string_view key() const noexcept
    {
        return {reinterpret_cast<const char*>(this + 1), keySize};
    }
};

namespace {

using shared::Provider;

static_assert(std::atomic<std::uint64_t>::is_always_lock_free &&
                  std::atomic<std::int64_t>::is_always_lock_free,
              "processes share them");

/** The link to the provider of this key, or the one at the end of the list. */
shared::Link& findLink(shared::Root& root, std::string_view key) noexcept
{
    shared::Link* link = &root.providers;
    for (Provider* p = nullptr; (p = static_cast<Provider*>(link->load())) != nullptr;) {
        if (p->key() == key) {
            break;
        }
        link = &p->next;
    }
    return *link;
}

/** nullptr: none were fetched yet. */
const Documents* documents(const Provider& provider) noexcept
{
    return static_cast<const Documents*>(provider.documents.load());
}

bool hasKeys(const Provider& provider) noexcept
{
    const Documents* known = documents(provider);
    return known != nullptr && known->keysSize != 0;
}

/** False when there is no room: then the documents are as before. */
bool publish(shared::Root& root, Provider& provider, std::string_view discovery,
             std::string_view keys, std::uint64_t generation) noexcept
{
    const std::size_t size = sizeof(Documents) + discovery.size() + keys.size();
    void* memory = root.arena->allocate(size, provider.documents);
    if (memory == nullptr) {
        return false;
    }
    auto* text = static_cast<char*>(memory) + sizeof(Documents);
    std::copy(keys.begin(), keys.end(), std::copy(discovery.begin(), discovery.end(), text));
    provider.documents = new (memory) Documents{generation, discovery.size(), keys.size()};
    return true;
}

}  // namespace

bool ProviderDocuments::makeRoom(shared::Root& root, std::string_view key) noexcept
{
    shared::Link& link = findLink(root, key);
    if (link != nullptr) {
        return true;
    }
    void* memory = root.arena->allocate(sizeof(Provider) + key.size(), link);
    if (memory == nullptr) {
        return false;
    }
    std::copy(key.begin(), key.end(), static_cast<char*>(memory) + sizeof(Provider));
    link = new (memory) Provider(key.size());
    return true;
}

ProviderDocuments::ProviderDocuments(ngx_shm_zone_t* zone, std::string_view key) noexcept
    : zone_(zone)
{
    const shared::Lock lock(zone);
    provider_ = static_cast<Provider*>(findLink(shared::root(zone), key).load());
}

std::uint64_t ProviderDocuments::generation() const noexcept
{
    return provider_->generation;
}

Milliseconds ProviderDocuments::fetchedAt() const noexcept
{
    return Milliseconds(provider_->fetchedAt);
}

ProviderDocuments::Copy ProviderDocuments::read() const
{
    const shared::Lock lock(zone_);
    const Documents* known = documents(*provider_);
    if (known == nullptr) {
        return {};
    }
    provider_->generation = known->generation;  // a worker died before it could
    return {known->generation, std::string(known->discovery()), std::string(known->keys())};
}

namespace {

std::atomic<std::int64_t>& dueTime(Provider& shared, ProviderDocuments::Want want) noexcept
{
    switch (want) {
    case ProviderDocuments::Want::login:
        return shared.loginAfter;
    case ProviderDocuments::Want::token:
        return shared.tokenAfter;
    case ProviderDocuments::Want::scheduled:
        break;
    }
    return shared.nextFetch;
}

}  // namespace

bool ProviderDocuments::beginFetch(Want want, Milliseconds now, Milliseconds limit) noexcept
{
    std::atomic<std::int64_t>& due = dueTime(*provider_, want);
    if (fetching(now) || now.count() < due) {
        return false;  // most who ask, without the lock
    }
    const shared::Lock lock(zone_);
    if (fetching(now) || now.count() < due) {
        return false;
    }
    if (want != Want::scheduled) {
        due = now.count() + coolDown;
    }
    granted_ = (now + limit).count();
    provider_->fetchUntil = granted_;
    return true;
}

void ProviderDocuments::storeMetadata(std::string_view discovery, Milliseconds now) noexcept
{
    const shared::Lock lock(zone_);
    if (!hasKeys(*provider_)) {
        replace(discovery, "", now);
    }
}

/** Under the lock; false when there is no room. */
bool ProviderDocuments::replace(std::string_view discovery, std::string_view keys,
                                Milliseconds now) noexcept
{
    const Documents* known = documents(*provider_);
    if (known == nullptr || keys != known->keys() || discovery != known->discovery()) {
        const std::uint64_t generation = known == nullptr ? 1 : known->generation + 1;
        if (!publish(shared::root(zone_), *provider_, discovery, keys, generation)) {
            return false;
        }
    }
    provider_->generation = documents(*provider_)->generation;
    provider_->fetchedAt = now.count();
    return true;
}

bool ProviderDocuments::store(const Fetched& fetched, Milliseconds now) noexcept
{
    const shared::Lock lock(zone_);
    if (!replace(fetched.discovery, fetched.keys, now)) {
        return false;
    }
    provider_->nextFetch = fetched.next.count();
    provider_->retry = firstRetry;
    endFetch();
    return true;
}

void ProviderDocuments::fail(Milliseconds now) noexcept
{
    const shared::Lock lock(zone_);
    if (!hasKeys(*provider_)) {
        provider_->nextFetch = now.count() + provider_->retry;
        provider_->retry = std::min(provider_->retry * 2, longestRetry);
    } else {
        provider_->loginAfter = now.count() + coolDown;
        provider_->tokenAfter = now.count() + coolDown;
        provider_->nextFetch = std::max<std::int64_t>(provider_->nextFetch, now.count() + coolDown);
    }
    endFetch();
}

void ProviderDocuments::abandonFetch(Want want) noexcept
{
    const shared::Lock lock(zone_);
    if (provider_->fetchUntil == granted_ && want != Want::scheduled) {
        dueTime(*provider_, want) = 0;  // whoever waits for it may begin another one
    }
    endFetch();
}

/** Unless the time was up, and the fetch is another worker's now. */
void ProviderDocuments::endFetch() noexcept
{
    if (provider_->fetchUntil == granted_) {
        provider_->fetchUntil = 0;
    }
}

bool ProviderDocuments::fetching(Milliseconds now) const noexcept
{
    return provider_->fetchUntil > now.count();
}

Milliseconds ProviderDocuments::nextFetch() const noexcept
{
    return Milliseconds(provider_->nextFetch);
}

}  // namespace scalekit
