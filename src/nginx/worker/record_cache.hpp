#pragma once

#include "nginx/worker/opened_record.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace scalekit {

/**
 * The records of the cookies or bearer tokens that this worker has found good lately, by their
 * exact text: the next request with the same one need not open or verify it again. Limits, tenant
 * and claim rules are judged each time. Only good ones get in, so strangers cannot push them out.
 * Bounded, owned by the worker, gone with it (and so with every change of keys).
 *
 * The text itself, not a digest of it: a digest costs more than all the rest of a known token's
 * request, and equal texts leave nothing to collide.
 */
class RecordCache {
  public:
    /** The values of a cookie's chunks in order, or a token alone. */
    using Text = std::span<const std::string_view>;

    /** What a verdict depends on besides the text. */
    struct Basis {
        const void* conf = nullptr;    // part of the configuration, compared by address
        std::uint64_t generation = 0;  // of the provider's keys

        bool operator==(const Basis&) const = default;
    };

    /** Null when the text is not known, or not on this basis. */
    RecordPtr find(Text text, const Basis& basis) const noexcept;

    /** Remembers a record; others are forgotten where room is short. */
    void keep(Text text, const Basis& basis, const RecordPtr& record) noexcept;

  private:
    static constexpr std::size_t setCount = 256;
    static constexpr std::size_t ways = 4;              // entries that a text may have its place in
    static constexpr std::size_t maxEntry = 16 * 1024;  // bytes of text and record
    static constexpr std::size_t maxBytes = 2 * 1024 * 1024;  // of all; IdentityText not counted

    struct Entry {
        Basis basis;
        std::string text;
        RecordPtr record;

        std::size_t size() const noexcept
        {
            return record ? text.size() + record->bytes().size() : 0;
        }
    };
    using Set = std::array<Entry, ways>;

    void forget(Entry& entry) noexcept;

    std::array<Set, setCount> sets_;
    std::size_t bytes_ = 0;
    std::size_t turn_ = 0;
    std::size_t hand_ = 0;  // where room is made next
};

}  // namespace scalekit
