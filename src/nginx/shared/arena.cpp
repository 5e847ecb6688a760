#include "nginx/shared/arena.hpp"

#include <new>

namespace scalekit::shared {

namespace {

constexpr std::size_t alignment = alignof(std::max_align_t);

constexpr std::size_t roundUp(std::size_t size) noexcept
{
    return (size + alignment - 1) / alignment * alignment;
}

}  // namespace

/** What stands before the memory of each block. The blocks fill the arena, one after the other. */
struct alignas(alignment) Arena::Block {
    std::atomic<std::size_t> size;  // with this header
    std::atomic<const Link*> user;  // nullptr: never allocated

    explicit Block(std::size_t size) noexcept : size(size), user(nullptr) {}

    void* memory() noexcept { return this + 1; }
    Block* next() noexcept
    {
        return reinterpret_cast<Block*>(reinterpret_cast<char*>(this) + size);
    }
    bool used() noexcept { return user != nullptr && *user.load() == memory(); }
};

Arena::Arena(std::size_t size) noexcept : size_(size / alignment * alignment) {}

Arena* Arena::create(void* memory, std::size_t size) noexcept
{
    if (size < roundUp(sizeof(Arena)) + sizeof(Block)) {
        return nullptr;
    }
    auto* arena = new (memory) Arena(size);
    new (arena->first()) Block(arena->size_ - roundUp(sizeof(Arena)));
    return arena;
}

/** Each store leaves a chain of blocks that is whole. */
void* Arena::allocate(std::size_t size, const Link& user) noexcept
{
    if (size > size_) {
        return nullptr;
    }
    const std::size_t needed = sizeof(Block) + roundUp(size);
    for (Block* block = first(); block != end(); block = block->next()) {
        if (block->used()) {
            continue;
        }
        for (Block* next = block->next(); next != end() && !next->used(); next = block->next()) {
            block->size = block->size + next->size;
        }
        if (block->size < needed) {
            continue;
        }
        if (block->size > needed) {
            new (reinterpret_cast<char*>(block) + needed) Block(block->size - needed);
            block->size = needed;
        }
        block->user = &user;
        return block->memory();
    }
    return nullptr;
}

Arena::Block* Arena::first() noexcept
{
    return reinterpret_cast<Block*>(reinterpret_cast<char*>(this) + roundUp(sizeof(Arena)));
}

Arena::Block* Arena::end() noexcept
{
    return reinterpret_cast<Block*>(reinterpret_cast<char*>(this) + size_);
}

}  // namespace scalekit::shared
