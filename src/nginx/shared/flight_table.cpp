#include "nginx/shared/flight_table.hpp"

#include <cstring>
#include <new>

namespace scalekit::shared {

namespace {

constexpr std::chrono::minutes outcomeKept{1};

using Size = std::uint32_t;  // stands before each outcome

std::size_t roundUp(std::size_t size) noexcept
{
    return (size + 7) / 8 * 8;
}

}  // namespace

/** The value of a key. */
struct FlightTable::Flight {
    std::uint64_t lease;
    std::int64_t until;     // of the lease, then of the outcome, in milliseconds
    std::uint64_t outcome;  // its place; 0: it has not landed
};

FlightTable* FlightTable::create(void* memory, std::size_t size) noexcept
{
    const std::size_t ringSize = size / 32 * 8;  // a quarter
    if (size < sizeof(FlightTable) + ringSize) {
        return nullptr;
    }
    char* rest = static_cast<char*>(memory) + sizeof(FlightTable) + ringSize;
    Table* table =
        Table::create(rest, size - sizeof(FlightTable) - ringSize, sizeof(FlightTable::Flight));
    return table == nullptr ? nullptr : new (memory) FlightTable(ringSize, table);
}

FlightTable::Begun FlightTable::begin(std::string_view key, const Now& now,
                                      std::chrono::sys_seconds end,
                                      std::chrono::milliseconds leaseEnd) noexcept
{
    const Flight begun{leases_ + 1, leaseEnd.count(), 0};
    const std::string_view value(reinterpret_cast<const char*>(&begun), sizeof(begun));
    const Table::Inserted inserted = table_->insert(key, value, now.wall, end);
    if (inserted == Table::Inserted::exists) {
        return {0, false};
    }
    return {++leases_, inserted == Table::Inserted::full};
}

bool FlightTable::land(std::string_view key, std::uint64_t lease, std::string_view outcome,
                       const Now& now) noexcept
{
    Flight* known = flight(key, now);
    if (known == nullptr || known->lease != lease || known->outcome != 0 ||
        known->until <= now.monotonic.count()) {
        return false;
    }
    const std::uint64_t place = keep(outcome);
    if (place == 0) {
        return false;
    }
    keepOrder();
    known->outcome = place;
    keepOrder();
    known->until = (now.monotonic + outcomeKept).count();
    return true;
}

FlightTable::Found FlightTable::find(std::string_view key, const Now& now) noexcept
{
    const Flight* known = flight(key, now);
    if (known == nullptr) {
        return {State::unknown};
    }
    const bool over = known->until <= now.monotonic.count();
    if (known->outcome == 0) {
        return {over ? State::lapsed : State::underWay};
    }
    if (over || written_ - known->outcome > ringSize_) {
        return {State::forgotten};
    }
    Size size = 0;
    std::memcpy(&size, ring(known->outcome), sizeof(size));
    return {State::landed, {ring(known->outcome) + sizeof(size), size}};
}

FlightTable::Flight* FlightTable::flight(std::string_view key, const Now& now) noexcept
{
    return reinterpret_cast<Flight*>(table_->find(key, now.wall));
}

char* FlightTable::ring(std::uint64_t place) noexcept
{
    return reinterpret_cast<char*>(this + 1) + place % ringSize_;
}

/** The place that it lies at now; 0 when it is too large. */
std::uint64_t FlightTable::keep(std::string_view outcome) noexcept
{
    const std::size_t needed = roundUp(sizeof(Size) + outcome.size());
    if (needed > ringSize_) {
        return 0;
    }
    const std::size_t left = ringSize_ - written_ % ringSize_;
    const std::uint64_t place = written_ + (left < needed ? left : 0);
    written_ = place + needed;  // what lies there is forgotten before it is overwritten
    keepOrder();
    const auto size = static_cast<Size>(outcome.size());
    std::memcpy(ring(place), &size, sizeof(size));
    std::memcpy(ring(place) + sizeof(size), outcome.data(), outcome.size());
    return place;
}

}  // namespace scalekit::shared
