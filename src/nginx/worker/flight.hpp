#pragma once

#include "nginx/ngx/event_loop.hpp"
#include "nginx/worker/waiting_list.hpp"

#include <deque>
#include <memory>
#include <string>
#include <string_view>

/**
 * What is asked of the provider once, however many requests want to know:
 *
 *     std::shared_ptr<Flight> flight = flights.find(key);
 *     if (flight == nullptr) {
 *         flights.add(key, flight = ...);  // and it asks the provider
 *     }
 *     if (!flight->landed()) {
 *         flight->join(waiter);            // woken by land()
 *     }
 */
namespace scalekit {

/** Belongs to the worker: a request that goes away takes nothing with it that others wait for. */
class Flight : public std::enable_shared_from_this<Flight> {
  public:
    virtual ~Flight() = default;

    bool landed() const noexcept { return landed_; }

    /** Wakes the waiter once the outcome is there, never from inside this call. */
    void join(Waiter& waiter) noexcept { waiters_.add(waiter, 0, Milliseconds::max()); }

  protected:
    /** The outcome is there. Only from the event loop: it runs the requests that wait. */
    void land() noexcept
    {
        const auto self = shared_from_this();  // the last who waits may let go of it
        landed_ = true;
        waiters_.wakeAll();
    }

  private:
    WaitingList waiters_;
    bool landed_ = false;
};

/** The flights of a worker by key. A minute after it began one is forgotten, with its outcome. */
class Flights {
  public:
    explicit Flights(ngx_log_t* log) noexcept;
    ~Flights();
    Flights(const Flights&) = delete;
    Flights& operator=(const Flights&) = delete;

    /** nullptr when there is none of this key. */
    std::shared_ptr<Flight> find(std::string_view key) const noexcept;

    /** Where there are very many the oldest are forgotten early: their requests keep theirs. */
    void add(std::string key, std::shared_ptr<Flight> flight);

  private:
    static void onTimer(ngx_event_t* event) noexcept;
    void forgetOld() noexcept;

    struct Entry {
        std::string key;
        std::shared_ptr<Flight> flight;
        Milliseconds began;
    };
    std::deque<Entry> entries_;  // in the order of their beginning
    LoopEvent timer_;
};

}  // namespace scalekit
