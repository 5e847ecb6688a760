#include "nginx/worker/flight.hpp"

#include <algorithm>
#include <vector>

namespace scalekit {

namespace {

constexpr Milliseconds betweenLooks{50};

}  // namespace

Flights::Flights(ngx_log_t* log) noexcept
{
    timer_.init(this, onTimer, log);
}

Flights::~Flights()
{
    timer_.cancel();
}

std::shared_ptr<Flight> Flights::find(std::string_view key) const noexcept
{
    const auto found = underWay_.find(key);
    return found != underWay_.end() ? found->second : nullptr;
}

void Flights::add(std::shared_ptr<Flight> flight)
{
    const std::string& key = flight->key();
    underWay_.insert_or_assign(key, std::move(flight));
}

void Flights::join(Flight& flight, Waiter& waiter, Milliseconds deadline) noexcept
{
    flight.waiters_.add(waiter, deadline);
    watch();
}

void Flights::land(Flight& flight) noexcept
{
    const auto self = flight.shared_from_this();  // the last who waits may let go of it
    flight.landed_ = true;
    underWay_.erase(flight.key());
    flight.waiters_.wakeAll();
}

void Flights::onTimer(ngx_event_t* event) noexcept
{
    auto& flights = LoopEvent::of<Flights>(event);
    flights.look();
    const auto joined = [](const auto& entry) { return entry.second->joined(); };
    if (std::ranges::any_of(flights.underWay_, joined)) {
        flights.watch();
    }
}

void Flights::watch() noexcept
{
    if (!timer_.event.timer_set) {
        ngx_add_timer(&timer_.event, static_cast<ngx_msec_t>(betweenLooks.count()));
    }
}

void Flights::look() noexcept
try {
    // who is woken may add flights, and let others land
    std::vector<std::shared_ptr<Flight>> flights;
    for (const auto& [key, flight] : underWay_) {
        flights.push_back(flight);
    }
    for (const auto& flight : flights) {
        try {
            if (!flight->landed() && flight->over()) {
                land(*flight);
            }
        } catch (...) {
            // out of memory: the next look may have some, and the others are looked at now
        }
        flight->waiters_.wakeLate(monotonicNow());
    }
} catch (...) {
    // out of memory: the next look may have some
}

}  // namespace scalekit
