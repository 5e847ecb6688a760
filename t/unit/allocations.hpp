#pragma once

/*
 * Counts what the program allocates in C++. Replaces the global operators: included by one file of
 * a program.
 */

#include <cstddef>
#include <cstdlib>
#include <new>

namespace scalekit::test {

inline std::size_t allocations = 0;

}  // namespace scalekit::test

// Not inlined: the compiler would see free() of what it knows to be new.
[[gnu::noinline]] void* operator new(std::size_t size)
{
    scalekit::test::allocations++;
    void* memory = std::malloc(size != 0 ? size : 1);
    return memory != nullptr ? memory : throw std::bad_alloc();
}

[[gnu::noinline]] void operator delete(void* memory) noexcept
{
    std::free(memory);
}

[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}
