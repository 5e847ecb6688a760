#include "nginx/token_cache.hpp"

#include "crypto/digest.hpp"
#include "nginx/interop.hpp"

#include <algorithm>
#include <cstring>

namespace scalekit {

namespace {

/** The end of a token is of its signature, as good as random. */
std::size_t hashOf(std::string_view token) noexcept
{
    std::uint64_t end = 0;
    if (token.size() >= sizeof(end)) {
        std::memcpy(&end, token.data() + token.size() - sizeof(end), sizeof(end));
    }
    return static_cast<std::size_t>(end * 0x9e3779b97f4a7c15ull >> 32);
}

/**
 * The end of the signature without a hint by timing: it cannot be guessed bit by bit. Who knows it
 * has the token, so the rest may be compared the fast way.
 */
bool sameText(std::string_view a, std::string_view b) noexcept
{
    constexpr std::size_t secret = 43;  // characters of base64url, 256 bits
    return a.size() == b.size() && a.size() > secret &&
           equalSecrets(a.substr(a.size() - secret), b.substr(b.size() - secret)) && a == b;
}

}  // namespace

TokenCache::Verdict TokenCache::find(ngx_pool_t* pool, std::string_view token, const Basis& basis,
                                     std::chrono::sys_seconds now) const noexcept
{
    const std::chrono::seconds skew = basis.policy->environment->party.skew;
    for (const Entry& entry : sets_[hashOf(token) % setCount]) {
        if (entry.basis == basis && now < entry.expires + skew && sameText(entry.token, token)) {
            const ngx_str_t record = copy(pool, entry.record);
            return {record.data == nullptr ? std::string_view() : view(record), entry.expires};
        }
    }
    return {};
}

void TokenCache::keep(std::string_view token, const Basis& basis, std::string_view record,
                      std::chrono::sys_seconds expires) noexcept
{
    if (token.size() + record.size() > maxEntry) {
        return;
    }
    Set& set = sets_[hashOf(token) % setCount];
    const auto free = std::find_if(set.begin(), set.end(),
                                   [](const Entry& entry) { return entry.token.empty(); });
    // in turn, not the one used longest ago: many tokens in a cycle would forget each its next
    Entry& entry = free != set.end() ? *free : set[++turn_ % ways];
    try {
        entry.basis = {};
        entry.token = token;
        entry.record = record;
        entry.expires = expires;
        entry.basis = basis;
    } catch (...) {
        entry = {};
    }
}

}  // namespace scalekit
