#include "nginx/worker/flight.hpp"

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
    const auto entry = entries_.find(key);
    return entry != entries_.end() ? entry->second.flight : nullptr;
}

void Flights::add(std::string key, std::shared_ptr<Flight> flight)
{
    const auto [entry, added] =
        entries_.try_emplace(std::move(key), Entry{std::move(flight), monotonicNow()});
    if (added) {
        order_.push_back(entry);
    }
    forgetOld();
}

void Flights::onTimer(ngx_event_t* event) noexcept
{
    LoopEvent::of<Flights>(event).forgetOld();
}

void Flights::forgetOld() noexcept
{
    const Milliseconds now = monotonicNow();
    while (!order_.empty() &&
           (order_.size() > mostKept || now - order_.front()->second.began >= keptFor)) {
        entries_.erase(order_.front());
        order_.pop_front();
    }
    if (!order_.empty() && !timer_.event.timer_set) {
        ngx_add_timer(&timer_.event, static_cast<ngx_msec_t>(keptFor.count()));
    }
}

}  // namespace scalekit
