#include "nginx/worker/session_cache.hpp"

#include "nginx/ngx/interop.hpp"
#include "nginx/worker/secret_text.hpp"

namespace scalekit {

namespace {

constexpr std::size_t secret = 22;  // characters of base64url: the tag

}  // namespace

std::string_view SessionCache::find(ngx_pool_t* pool, std::string_view text,
                                    std::string_view context) const noexcept
{
    const Entry& entry = entries_[hashOfEnd(text) % entries_.size()];
    if (entry.context != context.data() || !sameText(entry.text, text, secret)) {
        return {};
    }
    const ngx_str_t record = copy(pool, entry.record);
    return record.data == nullptr ? std::string_view() : view(record);
}

void SessionCache::keep(std::string_view text, std::string_view context,
                        std::string_view record) noexcept
{
    Entry& entry = entries_[hashOfEnd(text) % entries_.size()];
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
