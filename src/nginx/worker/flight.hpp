#pragma once

#include "nginx/ngx/event_loop.hpp"
#include "nginx/worker/waiting_list.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

/**
 * What is asked of the provider once, however many requests want to know:
 *
 *     std::shared_ptr<Flight> flight = flights.find(key);
 *     if (flight == nullptr) {
 *         flights.add(flight = ...);  // and it asks the provider, or another worker did
 *     }
 *     if (!flight->landed()) {
 *         flights.join(*flight, waiter);
 *     }
 */
namespace scalekit {

/** Belongs to the worker: a request that goes away takes nothing with it that others wait for. */
class Flight : public std::enable_shared_from_this<Flight> {
  public:
    explicit Flight(std::string key) : key_(std::move(key)) {}
    virtual ~Flight() = default;

    const std::string& key() const noexcept { return key_; }

    /** The outcome is there, or it is clear that there will be none. */
    bool landed() const noexcept { return landed_; }

  protected:
    /** True when somebody waits. */
    bool joined() const noexcept { return !waiters_.empty(); }

  private:
    friend class Flights;

    /**
     * True when it has to land: it is over, or nobody waits for what others do. Asked every so
     * often while anybody waits in this worker: of what others do only shared memory tells.
     */
    virtual bool over() = 0;

    std::string key_;
    WaitingList waiters_;
    bool landed_ = false;
};

/** The flights of a worker that are under way. */
class Flights {
  public:
    explicit Flights(ngx_log_t* log) noexcept;
    ~Flights();
    Flights(const Flights&) = delete;
    Flights& operator=(const Flights&) = delete;

    /** nullptr when there is none of this key. */
    std::shared_ptr<Flight> find(std::string_view key) const noexcept;

    /** Keeps it until it lands. */
    void add(std::shared_ptr<Flight> flight);

    /**
     * Wakes the waiter once the flight has landed or the time is up, never from inside this call. A
     * graceful quit waits for that.
     */
    void join(Flight& flight, Waiter& waiter, Milliseconds deadline = Milliseconds::max()) noexcept;

    /** Runs the requests that wait: only from the event loop, or while nobody has joined it. */
    void land(Flight& flight) noexcept;

    /** Lands what is over. Only from the event loop. */
    void look() noexcept;

  private:
    static void onTimer(ngx_event_t* event) noexcept;
    void watch() noexcept;

    std::map<std::string, std::shared_ptr<Flight>, std::less<>> underWay_;
    LoopEvent timer_;  // set while somebody waits
};

}  // namespace scalekit
