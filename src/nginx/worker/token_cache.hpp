#pragma once

#include "nginx/conf/conf.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace scalekit {

/**
 * The bearer tokens that this worker has found good lately, by their exact text: the next request
 * with the same one need not be verified again. A verdict holds for the policy and the keys it was
 * made with, until the token expires; tenant and requirements are judged each time. At most 1,024
 * of them, 4 KB each, owned by the worker. Only good tokens get in, so strangers cannot push them
 * out.
 *
 * The text itself, not a digest of it: a digest costs more than all the rest of a known token's
 * request, and equal texts leave nothing to collide.
 */
class TokenCache {
  public:
    struct Verdict {
        std::string_view record{};  // as writeSession() made it; data() == nullptr: not known
        std::chrono::sys_seconds expires{};
    };

    /** What a verdict depends on besides the token. The policy is compared by address. */
    struct Basis {
        const TokenPolicy* policy = nullptr;
        std::uint64_t generation = 0;  // of the environment's keys

        bool operator==(const Basis&) const = default;
    };

    /** The record is copied into the pool. */
    Verdict find(ngx_pool_t* pool, std::string_view token, const Basis& basis,
                 std::chrono::sys_seconds now) const noexcept;

    /** Remembers a verdict; where its places are taken, one of the others there is forgotten. */
    void keep(std::string_view token, const Basis& basis, std::string_view record,
              std::chrono::sys_seconds expires) noexcept;

  private:
    static constexpr std::size_t setCount = 256;
    static constexpr std::size_t ways = 4;         // entries that a token may have its place in
    static constexpr std::size_t maxEntry = 4096;  // bytes of token and record; larger ones are
                                                   // verified each time

    struct Entry {
        Basis basis;
        std::chrono::sys_seconds expires{};
        std::string token;
        std::string record;
    };
    using Set = std::array<Entry, ways>;

    std::array<Set, setCount> sets_;
    std::size_t turn_ = 0;
};

}  // namespace scalekit
