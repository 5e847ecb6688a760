#include "nginx/shared/table.hpp"

#include "stepped.hpp"
#include "test.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace scalekit::test;
using scalekit::shared::Table;
using Inserted = Table::Inserted;
using std::chrono::seconds;

namespace {

const std::chrono::sys_seconds now{seconds(1'800'000'000)};
constexpr std::size_t valueSize = 12;

std::string key(std::size_t number)
{
    std::string bytes(Table::keySize, '\0');
    std::size_t spread = number * 0x9e3779b97f4a7c15;
    for (char& byte : bytes) {
        byte = static_cast<char>(spread >> 24);
        spread = spread * 6364136223846793005 + 1442695040888963407;
    }
    return bytes;
}

std::string valueOf(std::size_t number)
{
    std::string value = std::to_string(number);
    value.resize(valueSize, '.');
    return value;
}

/** A table with values, in memory that processes share. */
struct Fixture {
    explicit Fixture(std::size_t entries)
        : memory(64 + entries * (36 + 16)),
          table(Table::create(memory.data(), 24 + entries * (36 + 16), valueSize))
    {
        assert_int_equal(entries, table->capacity());
    }

    Inserted insert(std::size_t number, long end)
    {
        return table->insert(key(number), valueOf(number), now, now + seconds(end));
    }
    bool has(std::size_t number)
    {
        const char* value = table->find(key(number), now);
        if (value != nullptr) {
            assertView(valueOf(number), {value, valueSize});
        }
        return value != nullptr;
    }

    SharedMemory memory;
    Table* table;
};

/** Different for each of the numbers below 13, and the first of all for 0. */
long endOf(std::size_t number)
{
    return 100 + static_cast<long>(number < 13 ? number * 5 % 13 : number);
}

/** These are in the table, and make room for others in the order of their ends. */
void assertInOrder(Fixture& it, const std::vector<std::size_t>& numbers)
{
    for (const std::size_t number : numbers) {
        assertCase(it.has(number), std::to_string(number));
    }
    for (std::size_t i = 0; i < it.table->capacity(); ++i) {
        it.insert(100 + i, 1000);
        long latestGone = 0;
        long earliestLeft = 1000;
        for (const std::size_t number : numbers) {
            long& end = it.has(number) ? earliestLeft : latestGone;
            end = it.has(number) ? std::min(end, endOf(number)) : std::max(end, endOf(number));
        }
        assert_true(latestGone < earliestLeft);
    }
    for (std::size_t i = 0; i < it.table->capacity(); ++i) {
        assert_true(it.has(100 + i));
    }
}

}  // namespace

TEST("an entry is found until it ends, by its key alone")
{
    Fixture it(100);
    assert_true(it.insert(1, 10) == Inserted::yes);
    assert_true(it.has(1));
    assert_false(it.has(2));
    assert_non_null(it.table->find(key(1), now + seconds(9)));
    assert_null(it.table->find(key(1), now + seconds(10)));

    std::string other = key(1);
    other.back() ^= 1;  // in the same chain
    assert_null(it.table->find(other, now));
}

TEST("a key is inserted once until it ends, and the value of the first stays")
{
    Fixture it(2);
    assert_true(it.insert(1, 10) == Inserted::yes);
    assert_true(it.table->insert(key(1), valueOf(2), now + seconds(9), now + seconds(99)) ==
                Inserted::exists);
    assert_true(it.has(1));
    assert_true(it.table->insert(key(1), valueOf(1), now + seconds(10), now + seconds(20)) ==
                Inserted::yes);
    assert_non_null(it.table->find(key(1), now + seconds(19)));
}

TEST("a full table forgets the entry that ends first, and says so")
{
    const long ends[] = {50, 20, 90, 10, 70, 30, 80, 40, 60, 100};
    Fixture it(10);
    for (std::size_t i = 0; i < 10; ++i) {
        assert_true(it.insert(i, ends[i]) == Inserted::yes);
    }
    for (std::size_t round = 1; round <= 10; ++round) {
        assert_true(it.insert(100 + round, 1000) == Inserted::full);
        for (std::size_t i = 0; i < 10; ++i) {
            assert_int_equal(ends[i] > static_cast<long>(round) * 10, it.has(i));
        }
    }
}

TEST("entries that have ended make room without a word")
{
    Fixture it(10);
    for (std::size_t i = 0; i < 10; ++i) {
        it.insert(i, 10);
    }
    for (std::size_t i = 10; i < 20; ++i) {
        assert_true(it.table->insert(key(i), valueOf(i), now + seconds(10), now + seconds(99)) ==
                    Inserted::yes);
    }
    assert_true(it.insert(20, 99) == Inserted::full);
}

TEST("thousands of entries in any order: those that end last are kept")
{
    constexpr std::size_t capacity = 1000;
    constexpr std::size_t count = 7919;  // a prime number
    Fixture it(capacity);
    for (std::size_t i = 0; i < count; ++i) {
        it.insert(i, 1 + static_cast<long>(i * 4241 % count));
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count; ++i) {
        kept += it.has(i) ? 1 : 0;
        // the last one that was inserted took the place of one
        assertCase(it.has(i) || 1 + i * 4241 % count <= count - capacity + 1, std::to_string(i));
    }
    assert_int_equal(capacity, kept);
}

TEST("a table of keys alone has no values, and one that is too small is none")
{
    SharedMemory memory(4096);
    Table* table = Table::create(memory.data(), 24 + 36, 0);
    assert_int_equal(1, table->capacity());
    assert_true(table->insert(key(1), {}, now, now + seconds(9)) == Inserted::yes);
    assert_non_null(table->find(key(1), now));
    assert_null(Table::create(memory.data(), 24 + 35, 0));
}

TEST("times that the table cannot hold are as early or as late as it can")
{
    Fixture it(4);
    const std::chrono::sys_seconds never{seconds(1L << 40)};
    it.table->insert(key(1), valueOf(1), now, never);
    it.table->insert(key(2), valueOf(2), now, std::chrono::sys_seconds{seconds(-5)});
    assert_true(it.has(1));
    assert_false(it.has(2));
}

TEST("a process that is killed while it inserts loses no entry but the one it inserts")
{
    for (const std::size_t entries : {0, 1, 7, 12, 13}) {
        Fixture it(13);
        for (std::size_t i = 0; i < entries; ++i) {
            it.insert(i, endOf(i));
        }
        std::vector<std::size_t> numbers;
        for (std::size_t i = entries == 13 ? 1 : 0; i < entries; ++i) {
            numbers.push_back(i);  // 0 ends first and makes room
        }
        numbers.push_back(50);
        std::size_t lost = 0;
        std::size_t inserted = 0;
        killedAnywhere(
            it.memory, [&] { it.insert(50, endOf(50)); },
            [&] {
                ++(it.has(50) ? inserted : lost);
                it.insert(50, endOf(50));
                assertInOrder(it, numbers);
            });
        assert_true(lost > 3);
        assert_true(inserted > 1);
    }
}

TEST("a process that is killed while it repairs leaves the work to the next one")
{
    Fixture it(13);
    for (std::size_t i = 0; i < 13; ++i) {
        it.insert(i, endOf(i));
    }
    std::size_t checks = 0;
    killedAnywhere(
        it.memory, [&] { it.insert(50, endOf(50)); },
        [&] {
            checks += killedAnywhere(
                it.memory, [&] { it.has(1); },
                [&] {
                    assertInOrder(it, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
                });
        });
    assert_true(checks > 100);
}

TEST_MAIN()
