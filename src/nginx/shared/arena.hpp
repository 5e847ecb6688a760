#pragma once

#include <atomic>
#include <cstddef>

namespace scalekit::shared {

/**
 * A pointer in shared memory. One store publishes what it points to: a process that is killed
 * leaves either the old or the new.
 */
using Link = std::atomic<void*>;

static_assert(Link::is_always_lock_free, "processes share them");

/**
 * Shared memory in blocks of any size, used under the zone's lock. A block is in use while the link
 * that it was allocated for points to it. So there is nothing to free, and a process that is killed
 * leaves nothing to repair.
 *
 *     void* memory = arena->allocate(sizeof(Note) + size, owner->note);
 *     if (memory != nullptr) {
 *         owner->note = new (memory) Note(text);  // the block of the previous note is free now
 *     }
 *
 * Set the link before you allocate the next block. Links lie in blocks that stay in use for ever.
 */
class Arena {
  public:
    /** In the `size` bytes at `memory`, which is aligned for every type. */
    static Arena* create(void* memory, std::size_t size) noexcept;

    /** Aligned for every type; nullptr when there is no room. The first block that fits is taken.
     */
    void* allocate(std::size_t size, const Link& user) noexcept;

  private:
    struct Block;

    explicit Arena(std::size_t size) noexcept;

    Block* first() noexcept;
    Block* end() noexcept;

    std::size_t size_;  // of the memory, with this object
};

}  // namespace scalekit::shared
