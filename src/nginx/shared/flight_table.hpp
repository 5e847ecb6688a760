#pragma once

#include "nginx/shared/table.hpp"

namespace scalekit::shared {

/**
 * What is asked of the provider once, over all workers, and what came of it. The worker that begins
 * a flight has its lease and asks; the others look whether it has landed.
 *
 *     // under the zone's lock
 *     const auto [lease, full] = flights->begin(key, now, end, now.monotonic + timeout);
 *     ...
 *     flights->land(key, lease, outcome, now);                     // whose lease it is, later
 *     if (flights->find(key, now).state == State::landed) { ... }  // the others, now and then
 *
 * Nothing is allocated. A lease is never given twice for one key, and who comes too late with an
 * outcome changes nothing. Outcomes lie in a ring: where there are very many, the oldest are
 * overwritten before their minute is over.
 *
 * A worker may be killed in here at any moment. An outcome is there once its place is written into
 * the entry, which is one store; before that the lease runs out.
 */
class alignas(8) FlightTable {
  public:
    /** In the `size` bytes at `memory`, which is aligned for every type; nullptr when too small. */
    static FlightTable* create(void* memory, std::size_t size) noexcept;

    /** Keys end by the time of day, leases and outcomes by a clock that nobody sets. */
    struct Now {
        std::chrono::sys_seconds wall;
        std::chrono::milliseconds monotonic;
    };

    /** `lease` is 0 for a key that was begun before, `full` as of Table::insert(). */
    struct Begun {
        std::uint64_t lease;
        bool full;
    };
    Begun begin(std::string_view key, const Now& now, std::chrono::sys_seconds end,
                std::chrono::milliseconds leaseEnd) noexcept;

    /** False when the lease is over, or when there is no room for so large an outcome. */
    bool land(std::string_view key, std::uint64_t lease, std::string_view outcome,
              const Now& now) noexcept;

    enum class State {
        unknown,
        underWay,
        lapsed,  // the lease ran out: nobody knows what came of it
        landed,
        forgotten,  // it has landed, and the outcome is not kept any more
    };
    struct Found {
        State state;
        std::string_view outcome{};  // of landed, in the shared memory
    };
    Found find(std::string_view key, const Now& now) noexcept;

  private:
    struct Flight;

    FlightTable(std::size_t ringSize, Table* table) noexcept : ringSize_(ringSize), table_(table) {}

    Flight* flight(std::string_view key, const Now& now) noexcept;
    char* ring(std::uint64_t place) noexcept;
    std::uint64_t keep(std::string_view outcome) noexcept;

    std::size_t ringSize_;
    std::uint64_t written_ = ringSize_;  // where the next outcome goes, counted without end
    std::uint64_t leases_ = 0;           // how many were given
    Table* table_;
};

}  // namespace scalekit::shared
