#include "nginx/worker/flight.hpp"

#include <algorithm>

namespace scalekit {

namespace {

constexpr Milliseconds keptFor = std::chrono::minutes(1);
constexpr std::size_t mostKept = 256;

}  // namespace

Flights::Flights(ngx_log_t* log) noexcept
{
    timer_.init(this, onTimer, log);
    timer_.event.cancelable = 1;
}

Flights::~Flights()
{
    timer_.cancel();
}

std::shared_ptr<Flight> Flights::find(std::string_view key) const noexcept
{
    const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                    [key](const Entry& known) { return known.key == key; });
    return entry != entries_.end() ? entry->flight : nullptr;
}

void Flights::add(std::string key, std::shared_ptr<Flight> flight)
{
    entries_.push_back({std::move(key), std::move(flight), monotonicNow()});
    forgetOld();
}

void Flights::onTimer(ngx_event_t* event) noexcept
{
    LoopEvent::of<Flights>(event).forgetOld();
}

void Flights::forgetOld() noexcept
{
    const Milliseconds now = monotonicNow();
    while (!entries_.empty() &&
           (entries_.size() > mostKept || now - entries_.front().began >= keptFor)) {
        entries_.pop_front();
    }
    if (!entries_.empty() && !timer_.event.timer_set) {
        const Milliseconds rest = keptFor - (now - entries_.front().began);
        ngx_add_timer(&timer_.event, static_cast<ngx_msec_t>(rest.count()));
    }
}

}  // namespace scalekit
