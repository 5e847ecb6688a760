#pragma once

#include "nginx/ngx/interop.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace scalekit {

namespace shared {
struct Root;
struct Provider;
}  // namespace shared

/**
 * The documents of one provider and who fetches them, in shared memory: a view, cheap to copy. What
 * a request asks takes no lock: counters and times are atomic.
 *
 * While there are keys, fetches that fail and fetches ahead of schedule keep a cool-down of 10
 * seconds between them, over all workers; without keys the tries follow each other sooner.
 */
class ProviderDocuments {
  public:
    /** Makes room for the provider of this key, if there is none yet; false when it is full. */
    static bool makeRoom(shared::Root& root, std::string_view key) noexcept;

    /** The key is one that the zone was made for. */
    ProviderDocuments(ngx_shm_zone_t* zone, std::string_view key) noexcept;

    /** Counts the changes of the documents. 0: there are none yet. */
    std::uint64_t generation() const noexcept;

    /** When the keys were last fetched, also if they had not changed. */
    Milliseconds fetchedAt() const noexcept;

    /** Both documents of one generation; no keys while the first ones are on their way. */
    struct Copy {
        std::uint64_t generation = 0;
        std::string discovery;
        std::string keys;
    };
    Copy read() const;

    /**
     * True for one worker at a time: it now has to fetch, and to call store() or fail(). A fetch
     * that did not come back within `limit` (its worker died) is given to the next who asks.
     * `token` and `login` ask for keys ahead of schedule, because of a bearer token or an ID token,
     * and are granted once per cool-down each: anybody can send a token, and that must not keep
     * people from signing in. A scheduled fetch that succeeded does not stand in their way.
     */
    enum class Want { scheduled, login, token };
    bool beginFetch(Want want, Milliseconds now, Milliseconds limit) noexcept;

    /** What came, and when the next scheduled fetch is due. */
    struct Fetched {
        std::string_view discovery;
        std::string_view keys;
        Milliseconds next;
    };

    /**
     * The metadata came before there are any keys, which are being fetched. Does nothing where
     * there are keys, or without room: store() will tell.
     */
    void storeMetadata(std::string_view discovery, Milliseconds now) noexcept;

    /** False when shared memory is full: the old documents stay, and fail() is due. */
    bool store(const Fetched& fetched, Milliseconds now) noexcept;

    /** The fetch failed: the last good documents stay, and whoever wants others has to wait. */
    void fail(Milliseconds now) noexcept;

    /** Gives a fetch back that will not be finished here: its worker is leaving. */
    void abandonFetch(Want want) noexcept;

    /** True while another worker (or this one) fetches. */
    bool fetching(Milliseconds now) const noexcept;

    /** When the next scheduled fetch is due. */
    Milliseconds nextFetch() const noexcept;

  private:
    bool replace(std::string_view discovery, std::string_view keys, Milliseconds now) noexcept;
    void endFetch() noexcept;

    ngx_shm_zone_t* zone_;
    shared::Provider* provider_;
    std::int64_t granted_ = 0;  // until when the fetch is ours, in milliseconds
};

}  // namespace scalekit
