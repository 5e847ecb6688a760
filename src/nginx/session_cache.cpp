#include "nginx/session_cache.hpp"

#include "crypto/digest.hpp"
#include "nginx/interop.hpp"

#include <cstring>

namespace scalekit {

namespace {

/** The end of a sealed text is its tag, as good as random. */
std::size_t hashOf(std::string_view text) noexcept
{
    std::uint64_t end = 0;
    if (text.size() >= sizeof(end)) {
        std::memcpy(&end, text.data() + text.size() - sizeof(end), sizeof(end));
    }
    return static_cast<std::size_t>(end * 0x9e3779b97f4a7c15ull >> 32);
}

/** The tag without a hint by timing; who knows it has the cookie, so the rest may be compared the
 * fast way. */
bool sameText(std::string_view a, std::string_view b) noexcept
{
    constexpr std::size_t tagSize = 22;  // characters of base64url
    return a.size() == b.size() && a.size() > tagSize &&
           equalSecrets(a.substr(a.size() - tagSize), b.substr(b.size() - tagSize)) && a == b;
}

}  // namespace

std::string_view SessionCache::find(ngx_pool_t* pool, std::string_view text,
                                    std::string_view context) const noexcept
{
    const Entry& entry = entries_[hashOf(text) % entries_.size()];
    if (entry.context != context.data() || !sameText(entry.text, text)) {
        return {};
    }
    const ngx_str_t record = copy(pool, entry.record);
    return record.data == nullptr ? std::string_view() : view(record);
}

void SessionCache::keep(std::string_view text, std::string_view context,
                        std::string_view record) noexcept
{
    Entry& entry = entries_[hashOf(text) % entries_.size()];
    try {
        entry.context = nullptr;
        entry.text = text;
        entry.record = record;
        entry.context = context.data();
    } catch (...) {
        entry = {};
    }
}

}  // namespace scalekit
