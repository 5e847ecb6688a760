#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace scalekit::shared {

/**
 * The compiler moves no store across it. That is enough: a process is killed between two
 * instructions.
 */
inline void keepOrder() noexcept
{
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

/**
 * Keys with values that end at a time, in shared memory, as many as there is room for from the
 * beginning. When it is full, the entry that ends first makes room.
 *
 *     // when the zone is made
 *     Table* places = Table::create(memory, size, placeSize);
 *
 *     // in a worker
 *     const Lock lock(zone);
 *     if (const char* known = places->find(id, now); known != nullptr) {
 *         return std::string(known, placeSize);
 *     }
 *     places->insert(id, place, now, now + std::chrono::minutes(5));
 *
 * Every call is made under the zone's lock, nothing is allocated, and insert() takes a time that
 * grows with the logarithm of the capacity. An entry takes 36 bytes and its value.
 *
 * A worker may be killed in here at any moment; nginx then opens the lock. An entry is in the table
 * once its slot's end is written, which is one store, so what was answered stands. The chains and
 * the queue only help to find slots. Whoever comes next sees that somebody was changing them, and
 * makes them anew.
 */
class alignas(8) Table {
  public:
    static constexpr std::size_t keySize = 16;  // random bytes, or the beginning of a digest

    /**
     * In the `size` bytes at `memory`, which is aligned for every type; nullptr when not even one
     * entry fits. Every value has `valueSize` bytes, 0 for a table of keys alone.
     */
    static Table* create(void* memory, std::size_t size, std::size_t valueSize) noexcept;

    std::size_t capacity() const noexcept { return capacity_; }

    /**
     * The value of an entry that has not ended, in the shared memory and aligned for integers;
     * nullptr when there is none.
     */
    char* find(std::string_view key, std::chrono::sys_seconds now) noexcept;

    /**
     * `full`: inserted, and an entry that had not ended is forgotten. `exists`: nothing has
     * changed.
     */
    enum class Inserted { yes, full, exists };
    Inserted insert(std::string_view key, std::string_view value, std::chrono::sys_seconds now,
                    std::chrono::sys_seconds end) noexcept;

  private:
    struct Slot;

    Table(std::uint32_t capacity, std::size_t valueSize) noexcept;

    static std::size_t strideOf(std::size_t valueSize) noexcept;

    std::uint64_t* queue() noexcept;
    Slot& slot(std::uint32_t index) noexcept;
    std::uint32_t* chains() noexcept;
    std::uint32_t& chainOf(const char* key) noexcept;
    Slot* lookUp(std::uint32_t chain, std::string_view key, std::uint32_t now) noexcept;
    void unlink(std::uint32_t index) noexcept;
    void rise(std::size_t position, std::uint64_t place) noexcept;
    void sink(std::size_t position, std::uint64_t place) noexcept;
    void repair() noexcept;

    std::atomic<std::uint32_t> changing_{0};
    std::uint32_t used_ = 0;  // slots that ever had an entry; they come first
    std::uint32_t capacity_;
    std::uint32_t valueSize_;
    std::uint32_t stride_;  // from slot to slot, in bytes
};

}  // namespace scalekit::shared
