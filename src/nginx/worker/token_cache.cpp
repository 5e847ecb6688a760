#include "nginx/worker/token_cache.hpp"

#include "nginx/ngx/interop.hpp"
#include "nginx/worker/secret_text.hpp"

#include <algorithm>

namespace scalekit {

namespace {

constexpr std::size_t secret = 43;  // characters of base64url: 256 bits of the signature

}  // namespace

TokenCache::Verdict TokenCache::find(ngx_pool_t* pool, std::string_view token, const Basis& basis,
                                     std::chrono::sys_seconds now) const noexcept
{
    const std::chrono::seconds skew = basis.policy->environment->party.skew;
    for (const Entry& entry : sets_[hashOfEnd(token) % setCount]) {
        if (entry.basis == basis && now < entry.expires + skew &&
            sameText(entry.token, token, secret)) {
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
    Set& set = sets_[hashOfEnd(token) % setCount];
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
