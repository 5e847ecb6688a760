#include "nginx/shared/flight_table.hpp"

#include "stepped.hpp"
#include "test.hpp"

#include <string>

using namespace scalekit::test;
using namespace std::chrono_literals;
using scalekit::shared::FlightTable;
using State = FlightTable::State;

namespace {

const FlightTable::Now now{std::chrono::sys_seconds{1'800'000'000s}, 5'000s};

FlightTable::Now later(std::chrono::milliseconds time)
{
    return {now.wall + std::chrono::duration_cast<std::chrono::seconds>(time),
            now.monotonic + time};
}

std::string key(unsigned char number)
{
    return std::string(15, 'k') + static_cast<char>(number);
}

struct Fixture {
    explicit Fixture(std::size_t size)
        : memory(size), table(FlightTable::create(memory.data(), size))
    {
        assert_non_null(table);
    }

    std::uint64_t begin(unsigned char number, const FlightTable::Now& at = now)
    {
        return table->begin(key(number), at, at.wall + 20min, at.monotonic + 6s).lease;
    }
    bool land(unsigned char number, std::uint64_t lease, std::string_view outcome,
              const FlightTable::Now& at = now)
    {
        return table->land(key(number), lease, outcome, at);
    }
    State state(unsigned char number, const FlightTable::Now& at = now)
    {
        return table->find(key(number), at).state;
    }
    void assertLanded(unsigned char number, std::string_view outcome,
                      const FlightTable::Now& at = now)
    {
        const FlightTable::Found found = table->find(key(number), at);
        assert_true(found.state == State::landed);
        assertView(outcome, found.outcome);
    }

    SharedMemory memory;
    FlightTable* table;
};

}  // namespace

TEST("a flight is begun once, lands, and its outcome is kept a minute")
{
    Fixture it(4096);
    assert_true(it.state(1) == State::unknown);
    const std::uint64_t lease = it.begin(1);
    assert_true(lease != 0);
    assert_true(it.begin(1) == 0);
    assert_true(it.state(1) == State::underWay);

    assert_true(it.land(1, lease, "session", later(3s)));
    it.assertLanded(1, "session", later(62s));
    assert_true(it.state(1, later(63s)) == State::forgotten);
    assert_true(it.begin(1, later(19min)) == 0);
    assert_true(it.state(1, later(20min)) == State::unknown);
}

TEST("an outcome may be empty or hold any byte")
{
    Fixture it(4096);
    const std::string bytes("\0\xff\0", 3);
    assert_true(it.land(1, it.begin(1), ""));
    assert_true(it.land(2, it.begin(2), bytes));
    it.assertLanded(1, "");
    it.assertLanded(2, bytes);
}

TEST("a lease that ran out has lapsed, and nobody gets another one")
{
    Fixture it(4096);
    const std::uint64_t lease = it.begin(1);
    assert_true(it.state(1, later(5'999ms)) == State::underWay);
    assert_true(it.state(1, later(6s)) == State::lapsed);
    assert_true(it.begin(1, later(6s)) == 0);
    assert_false(it.land(1, lease, "too late", later(6s)));
    assert_true(it.state(1, later(7s)) == State::lapsed);
}

TEST("only the lease that was given lands a flight, and only once")
{
    Fixture it(4096);
    const std::uint64_t lease = it.begin(1);
    const std::uint64_t other = it.begin(2);
    assert_true(lease != other);
    assert_false(it.land(1, other, "of another flight"));
    assert_false(it.land(3, lease, "of no flight"));
    assert_true(it.land(1, lease, "first"));
    assert_false(it.land(1, lease, "second"));
    it.assertLanded(1, "first");
}

TEST("who was forgotten early and comes back late does not land the flight of another one")
{
    Fixture it(170);  // one flight at a time
    const std::uint64_t lease = it.begin(1);
    it.begin(2);
    assert_true(it.state(1) == State::unknown);
    const std::uint64_t again = it.begin(1);
    assert_true(again != 0);
    assert_false(it.land(1, lease, "late"));
    assert_true(it.land(1, again, "in time"));
    it.assertLanded(1, "in time");
}

TEST("new outcomes take the place of the oldest, wherever they happen to lie")
{
    for (std::size_t size = 1; size < 60; ++size) {
        Fixture it(8192);  // a ring of 2048 bytes
        std::size_t before = 0;
        for (unsigned char number = 0; number < 90; ++number) {
            assert_true(it.land(number, it.begin(number), std::string(size + number % 7, 'a')));
            std::size_t kept = 0;
            for (unsigned char known = 0; known <= number; ++known) {
                const FlightTable::Found found = it.table->find(key(known), now);
                if (found.state == State::landed) {
                    assertView(std::string(size + known % 7, 'a'), found.outcome);
                    ++kept;
                } else {
                    assert_true(found.state == State::forgotten && kept == 0);
                }
            }
            before = kept;
        }
        assertCase(before * (size + 20) >= 1500, std::to_string(size));
    }
}

TEST("an outcome that is larger than the room for all of them is not kept")
{
    Fixture it(4096);  // a ring of 1024 bytes
    const std::uint64_t lease = it.begin(1);
    assert_false(it.land(1, lease, std::string(1021, 'x')));
    assert_true(it.state(1) == State::underWay);
    assert_true(it.land(1, lease, std::string(1020, 'x')));
    it.assertLanded(1, std::string(1020, 'x'));
}

TEST("a process that is killed as it lands a flight leaves the whole outcome or none")
{
    Fixture it(1024);
    assert_true(it.land(1, it.begin(1), std::string(100, 'a')));
    const std::uint64_t lease = it.begin(2);
    const std::string outcome(150, 'b');  // where the first one lies
    std::size_t lost = 0;
    std::size_t landed = 0;
    killedAnywhere(
        it.memory, [&] { it.land(2, lease, outcome); },
        [&] {
            if (it.state(2) == State::landed) {
                it.assertLanded(2, outcome);
                ++landed;
            } else {
                assert_true(it.state(2) == State::underWay);
                assert_true(it.state(2, later(6s)) == State::lapsed);
                ++lost;
            }
            if (it.state(1) == State::landed) {
                it.assertLanded(1, std::string(100, 'a'));
            }
            assert_true(it.land(3, it.begin(3), "next"));
            it.assertLanded(3, "next");
        });
    assert_true(lost > 3);
    assert_true(landed > 1);
}

TEST("too little memory makes no table")
{
    SharedMemory memory(4096);
    assert_null(FlightTable::create(memory.data(), 0));
    assert_null(FlightTable::create(memory.data(), 100));
}

TEST_MAIN()
