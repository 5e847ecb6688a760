#include "nginx/shared/arena.hpp"

#include "stepped.hpp"
#include "test.hpp"

#include <cstdint>
#include <string>
#include <string_view>

using namespace scalekit::test;
using scalekit::shared::Arena;
using scalekit::shared::Link;

namespace {

/** Texts in an arena; the links lie before it. */
struct Fixture {
    explicit Fixture(std::size_t size)
        : memory(sizeof(Links) + size), links(new (memory.data()) Links),
          arena(Arena::create(links + 1, size))
    {
        assert_non_null(arena);
    }

    /** False when there is no room. */
    bool set(std::size_t number, const std::string& text)
    {
        void* place = arena->allocate(text.size() + 1, links->link[number]);
        if (place == nullptr) {
            return false;
        }
        assert_int_equal(0, reinterpret_cast<std::uintptr_t>(place) % alignof(std::max_align_t));
        std::memcpy(place, text.c_str(), text.size() + 1);
        links->link[number] = place;
        return true;
    }
    std::string_view get(std::size_t number) const
    {
        return static_cast<const char*>(links->link[number].load());
    }

    struct alignas(std::max_align_t) Links {
        Link link[8] = {};
    };
    SharedMemory memory;
    Links* links;
    Arena* arena;
};

std::string text(char letter, std::size_t size)
{
    return std::string(size, letter);
}

}  // namespace

TEST("texts keep out of each other's way, whatever their sizes")
{
    Fixture it(4096);
    for (std::size_t round = 0; round < 500; ++round) {
        const std::size_t number = round * 5 % 8;
        assert_true(it.set(number, text(static_cast<char>('a' + number), round * 37 % 200)));
        for (std::size_t i = 0; i < 8; ++i) {
            if (it.links->link[i] != nullptr) {
                const std::string_view kept = it.get(i);
                assertView(text(static_cast<char>('a' + i), kept.size()), kept);
            }
        }
    }
}

TEST("what a link leaves is free, next to what was free before")
{
    Fixture it(1024);
    assert_true(it.set(0, text('a', 300)));
    assert_true(it.set(1, text('b', 300)));
    assert_true(it.set(2, text('c', 250)));
    assert_false(it.set(3, text('d', 300)));
    assertView(text('b', 300), it.get(1));

    it.links->link[1] = nullptr;
    assert_true(it.set(3, text('d', 300)));
    it.links->link[3] = nullptr;
    it.links->link[0] = nullptr;
    assert_true(it.set(4, text('e', 600)));
    assertView(text('c', 250), it.get(2));
}

TEST("an arena without room gives nothing, and one that is too small is none")
{
    Fixture it(256);
    assert_false(it.set(0, text('a', 256)));
    assert_null(it.arena->allocate(SIZE_MAX, it.links->link[0]));
    assert_true(it.set(0, text('a', 100)));
    assert_null(Arena::create(it.memory.data(), 16));
}

TEST("a process that is killed while it replaces a text leaves the old one or the new one")
{
    for (const std::size_t size : {10, 100, 150, 400}) {
        Fixture it(1024);
        it.set(0, text('a', 100));
        it.set(1, text('b', 100));
        it.set(2, text('c', 100));
        it.set(3, text('d', 100));
        it.links->link[0] = nullptr;
        it.links->link[2] = nullptr;
        std::size_t before = 0;
        std::size_t after = 0;
        killedAnywhere(
            it.memory, [&] { it.set(1, text('n', size)); },
            [&] {
                ++(it.get(1) == text('b', 100) ? before : after);
                assertView(it.get(1).front() == 'b' ? text('b', 100) : text('n', size), it.get(1));
                assertView(text('d', 100), it.get(3));

                assert_true(it.set(1, text('x', 50)));
                assertView(text('x', 50), it.get(1));
                assertView(text('d', 100), it.get(3));
                it.links->link[1] = nullptr;
                it.links->link[3] = nullptr;
                assert_true(it.set(4, text('e', 950)));  // nothing is lost for ever
            });
        assert_true(before > 3);
        assert_true(after > 0);
    }
}

TEST_MAIN()
