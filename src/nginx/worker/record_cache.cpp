#include "nginx/worker/record_cache.hpp"

#include "crypto/digest.hpp"

#include <algorithm>
#include <cstring>

namespace scalekit {

namespace {

constexpr std::size_t secret = 22;  // characters of base64url: 128 bits that nobody can guess

/** The end of sealed or signed text is as good as random. */
std::size_t hashOf(std::string_view text) noexcept
{
    std::uint64_t end = 0;
    if (text.size() >= sizeof(end)) {
        std::memcpy(&end, text.data() + text.size() - sizeof(end), sizeof(end));
    }
    return static_cast<std::size_t>(end * 0x9e3779b97f4a7c15ull >> 32);
}

/**
 * The last characters of a part are compared without a hint by timing. Who knows them has the text,
 * so the rest may be compared the fast way.
 */
bool samePart(std::string_view known, std::string_view part) noexcept
{
    const std::size_t rest = part.size() - std::min(part.size(), secret);
    return equalSecrets(known.substr(rest), part.substr(rest)) &&
           known.substr(0, rest) == part.substr(0, rest);
}

bool sameText(std::string_view known, RecordCache::Text text) noexcept
{
    std::size_t size = 0;
    for (const std::string_view part : text) {
        size += part.size();
    }
    if (known.size() != size || text.front().size() <= secret) {
        return false;
    }
    for (const std::string_view part : text) {
        if (!samePart(known.substr(0, part.size()), part)) {
            return false;
        }
        known.remove_prefix(part.size());
    }
    return true;
}

}  // namespace

RecordPtr RecordCache::find(Text text, const Basis& basis) const noexcept
{
    for (const Entry& entry : sets_[hashOf(text.front()) % setCount]) {
        if (entry.basis == basis && entry.record && sameText(entry.text, text)) {
            return entry.record;
        }
    }
    return {};
}

void RecordCache::keep(Text text, const Basis& basis, const RecordPtr& record) noexcept
try {
    std::string joined;
    for (const std::string_view part : text) {
        joined += part;
    }
    const std::size_t size = joined.size() + record->bytes().size();
    if (size > maxEntry) {
        return;
    }
    Set& set = sets_[hashOf(text.front()) % setCount];
    const auto free =
        std::find_if(set.begin(), set.end(), [](const Entry& entry) { return !entry.record; });
    // in turn, not the one used longest ago: many texts in a cycle would forget each its next
    Entry& entry = free != set.end() ? *free : set[++turn_ % ways];
    forget(entry);
    while (bytes_ + size > maxBytes) {
        hand_ = (hand_ + 1) % (setCount * ways);
        forget(sets_[hand_ / ways][hand_ % ways]);
    }
    entry = {basis, std::move(joined), record};
    bytes_ += size;
} catch (...) {
    // it is opened again the next time
}

void RecordCache::forget(Entry& entry) noexcept
{
    bytes_ -= entry.size();
    entry = {};
}

}  // namespace scalekit
