#include "nginx/shared/table.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

namespace scalekit::shared {

namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

std::uint32_t seconds(std::chrono::sys_seconds time) noexcept
{
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(time.time_since_epoch().count(), 0, none));
}

}  // namespace

/** The value follows. */
struct Table::Slot {
    std::atomic<std::uint32_t> end{0};  // seconds since 1970, written last; 0: free
    std::uint32_t next = none;          // in its chain
    char key[keySize] = {};

    char* value() noexcept { return reinterpret_cast<char*>(this + 1); }
    /** In the queue: it compares by the end, and its lower half is the slot's index. */
    std::uint64_t place(std::uint32_t index) const noexcept
    {
        return std::uint64_t(end) << 32 | index;
    }
};

static_assert(std::atomic<std::uint32_t>::is_always_lock_free, "processes share them");

Table::Table(std::uint32_t capacity, std::size_t valueSize) noexcept
    : capacity_(capacity), valueSize_(static_cast<std::uint32_t>(valueSize)),
      stride_(static_cast<std::uint32_t>(strideOf(valueSize)))
{}

std::size_t Table::strideOf(std::size_t valueSize) noexcept
{
    return sizeof(Slot) + (valueSize + 7) / 8 * 8;
}

Table* Table::create(void* memory, std::size_t size, std::size_t valueSize) noexcept
{
    const std::size_t each = strideOf(valueSize) + sizeof(std::uint64_t) + sizeof(std::uint32_t);
    if (size < sizeof(Table) + each) {
        return nullptr;
    }
    const std::size_t capacity = std::min<std::size_t>((size - sizeof(Table)) / each, none);
    auto* table = new (memory) Table(static_cast<std::uint32_t>(capacity), valueSize);
    for (std::uint32_t i = 0; i < table->capacity_; ++i) {
        new (&table->slot(i)) Slot;
    }
    std::fill_n(table->chains(), table->capacity_, none);
    return table;
}

char* Table::find(std::string_view key, std::chrono::sys_seconds now) noexcept
{
    repair();
    Slot* found = lookUp(chainOf(key.data()), key, seconds(now));
    return found == nullptr ? nullptr : found->value();
}

Table::Inserted Table::insert(std::string_view key, std::string_view value,
                              std::chrono::sys_seconds now, std::chrono::sys_seconds end) noexcept
{
    repair();
    std::uint32_t& chain = chainOf(key.data());
    if (lookUp(chain, key, seconds(now)) != nullptr) {
        return Inserted::exists;
    }
    changing_.store(1, std::memory_order_relaxed);
    keepOrder();
    const bool full = used_ == capacity_;
    const std::uint32_t index = full ? static_cast<std::uint32_t>(queue()[0]) : used_;
    Slot& taken = slot(index);
    const bool forgotten = taken.end > seconds(now);
    if (full) {
        unlink(index);
    }

    taken.end.store(0, std::memory_order_relaxed);
    keepOrder();
    std::memcpy(taken.key, key.data(), keySize);
    if (valueSize_ != 0) {
        std::memcpy(taken.value(), value.data(), valueSize_);
    }
    taken.end.store(seconds(end), std::memory_order_release);

    taken.next = std::exchange(chain, index);
    if (full) {
        sink(0, taken.place(index));
    } else {
        rise(used_++, taken.place(index));
    }
    changing_.store(0, std::memory_order_release);
    return forgotten ? Inserted::full : Inserted::yes;
}

/** A heap of the slots in use, the one that ends first on top. */
std::uint64_t* Table::queue() noexcept
{
    return reinterpret_cast<std::uint64_t*>(this + 1);
}

Table::Slot& Table::slot(std::uint32_t index) noexcept
{
    return *reinterpret_cast<Slot*>(reinterpret_cast<char*>(queue() + capacity_) +
                                    std::size_t(index) * stride_);
}

/** The first slot of each chain. */
std::uint32_t* Table::chains() noexcept
{
    return reinterpret_cast<std::uint32_t*>(&slot(capacity_));
}

/** Keys are random: their first bytes spread evenly. */
std::uint32_t& Table::chainOf(const char* key) noexcept
{
    std::uint32_t first = 0;
    std::memcpy(&first, key, sizeof(first));
    return chains()[std::uint64_t(first) * capacity_ >> 32];
}

Table::Slot* Table::lookUp(std::uint32_t chain, std::string_view key, std::uint32_t now) noexcept
{
    for (std::uint32_t i = chain; i != none; i = slot(i).next) {
        if (std::memcmp(slot(i).key, key.data(), keySize) == 0 && slot(i).end > now) {
            return &slot(i);
        }
    }
    return nullptr;
}

void Table::unlink(std::uint32_t index) noexcept
{
    std::uint32_t* link = &chainOf(slot(index).key);
    while (*link != index) {
        link = &slot(*link).next;
    }
    *link = slot(index).next;
}

/** Puts a slot into the queue, at a position that is free or above it. */
void Table::rise(std::size_t position, std::uint64_t place) noexcept
{
    std::uint64_t* const heap = queue();
    while (position > 0 && heap[(position - 1) / 2] > place) {
        heap[position] = heap[(position - 1) / 2];
        position = (position - 1) / 2;
    }
    heap[position] = place;
}

/** The same, at a position that is free or below it. */
void Table::sink(std::size_t position, std::uint64_t place) noexcept
{
    std::uint64_t* const heap = queue();
    const std::size_t size = used_;
    for (std::size_t child = 2 * position + 1; child < size; child = 2 * position + 1) {
        child += child + 1 < size && heap[child + 1] < heap[child];
        if (heap[child] >= place) {
            break;
        }
        heap[position] = heap[child];
        position = child;
    }
    heap[position] = place;
}

/** After a process that did not finish a change: everything anew from the slots' keys and ends. */
void Table::repair() noexcept
{
    if (changing_.load(std::memory_order_relaxed) == 0) {
        return;
    }
    used_ = capacity_;
    while (used_ > 0 && slot(used_ - 1).end == 0) {
        --used_;
    }
    std::fill_n(chains(), capacity_, none);
    for (std::uint32_t i = 0; i < used_; ++i) {
        slot(i).next = std::exchange(chainOf(slot(i).key), i);
        queue()[i] = slot(i).place(i);
    }
    for (std::size_t i = used_ / 2; i > 0; --i) {
        sink(i - 1, queue()[i - 1]);
    }
    changing_.store(0, std::memory_order_release);
}

}  // namespace scalekit::shared
