#pragma once

#include "nginx/ngx/interop.hpp"

#include <algorithm>

/**
 * Requests that wait for one thing, or until their time is up. The waiters are their owners'; the
 * list only links them.
 */
namespace scalekit {

/** Embedded in a request's context, whose owner cancels it before it goes. */
struct Waiter {
    ngx_queue_t link{};
    void (*wake)(void* data) noexcept = nullptr;  // called once, from the event loop
    void* data = nullptr;
    Milliseconds deadline{0};
    bool waiting = false;

    Waiter() = default;
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter() { cancel(); }

    void cancel() noexcept
    {
        if (waiting) {
            ngx_queue_remove(&link);
            waiting = false;
        }
    }
};

class WaitingList {
  public:
    WaitingList() noexcept { ngx_queue_init(&queue_); }
    WaitingList(const WaitingList&) = delete;
    WaitingList& operator=(const WaitingList&) = delete;

    /** Who still waits waits for nothing: a waiter may outlive the list. */
    ~WaitingList()
    {
        while (!empty()) {
            auto* waiter = ngx_queue_data(ngx_queue_head(&queue_), Waiter, link);
            waiter->cancel();
        }
    }

    bool empty() const noexcept { return ngx_queue_empty(&queue_); }

    void add(Waiter& waiter, Milliseconds deadline) noexcept
    {
        waiter.cancel();  // it waits for one thing at a time
        earliest_ = empty() ? deadline : std::min(earliest_, deadline);
        waiter.deadline = deadline;
        waiter.waiting = true;
        ngx_queue_insert_tail(&queue_, &waiter.link);
    }

    /** Wakes those whose time is up. */
    void wakeLate(Milliseconds now) noexcept
    {
        if (empty() || now < earliest_) {
            return;
        }
        earliest_ = Milliseconds::max();
        ngx_queue_t ready;
        ngx_queue_init(&ready);
        for (ngx_queue_t* link = ngx_queue_head(&queue_); link != ngx_queue_sentinel(&queue_);) {
            auto* waiter = ngx_queue_data(link, Waiter, link);
            link = ngx_queue_next(link);
            if (now >= waiter->deadline) {
                ngx_queue_remove(&waiter->link);
                ngx_queue_insert_tail(&ready, &waiter->link);
            } else {
                earliest_ = std::min(earliest_, waiter->deadline);
            }
        }
        call(ready);
    }

    void wakeAll() noexcept
    {
        if (!empty()) {
            ngx_queue_t ready;
            ngx_queue_init(&ready);
            ngx_queue_add(&ready, &queue_);
            ngx_queue_init(&queue_);
            call(ready);
        }
    }

  private:
    /** A woken request may end others, so the list is taken up anew each time. */
    static void call(ngx_queue_t& ready) noexcept
    {
        while (!ngx_queue_empty(&ready)) {
            auto* waiter = ngx_queue_data(ngx_queue_head(&ready), Waiter, link);
            waiter->cancel();
            waiter->wake(waiter->data);
        }
    }

    ngx_queue_t queue_;
    Milliseconds earliest_{0};  // of the deadlines
};

}  // namespace scalekit
