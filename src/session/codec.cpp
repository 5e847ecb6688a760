#include "session/codec.hpp"

#include "base/base64url.hpp"

#include <algorithm>

namespace scalekit {

namespace {

constexpr std::size_t prefixSize = 2;  // "2."

// Every chunk but the last carries a multiple of four characters, so that each is decoded by
// itself.
static_assert(maxChunkSize % 4 == 0 && maxChunks <= 9);
constexpr std::size_t firstPayload = maxChunkSize - 4;

/** The characters of base64url that a value carries. */
std::string_view payload(std::span<const std::string_view> values, std::size_t index) noexcept
{
    return index == 0 && values.size() > 1 ? values[0].substr(prefixSize) : values[index];
}

/**
 * Bytes that the values decode to; 0 unless their number and sizes are those that sealSession()
 * makes.
 */
std::size_t decodedSize(std::span<const std::string_view> values) noexcept
{
    if (values.empty() || values.size() > maxChunks || chunkCount(values[0]) != values.size()) {
        return 0;
    }

    std::size_t total = 0;
    std::size_t decoded = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::size_t size = payload(values, i).size();
        const std::size_t full = i == 0 && values.size() > 1 ? firstPayload : maxChunkSize;
        const bool last = i + 1 == values.size();
        if (size == 0 || size > full || (!last && size != full)) {
            return 0;
        }
        total += values[i].size();
        decoded += size / 4 * 3 + size % 4;
    }
    return total <= maxSessionCookieSize ? decoded : 0;
}

}  // namespace

std::string sessionContext(std::string_view cookieName, std::string_view environment)
{
    std::string context("session");
    context += '\0';
    context += cookieName;
    context += '\0';
    context += environment;
    return context;
}

Result<std::vector<std::string>> sealSession(std::string_view record, const SealKeys& keys,
                                             std::string_view context, std::string_view nonce)
{
    if (base64urlLength(record.size() + SealKeys::overhead) > maxSessionCookieSize) {
        return Reason::session_too_large;
    }

    const auto sealed = keys.seal(record, context, nonce);
    if (!sealed) {
        return sealed.error();
    }
    std::string text = base64urlEncode(*sealed);
    std::vector<std::string> values;
    if (text.size() <= maxChunkSize) {
        values.push_back(std::move(text));
        return values;
    }

    const std::size_t chunks = 1 + (text.size() - firstPayload + maxChunkSize - 1) / maxChunkSize;
    if (chunks > maxChunks || text.size() + prefixSize > maxSessionCookieSize) {
        return Reason::session_too_large;
    }

    values.push_back(std::to_string(chunks) + '.' + text.substr(0, firstPayload));
    for (std::size_t from = firstPayload; from < text.size(); from += maxChunkSize) {
        values.push_back(text.substr(from, maxChunkSize));
    }
    return values;
}

std::size_t chunkCount(std::string_view firstValue) noexcept
{
    if (firstValue.empty() || firstValue.size() > maxChunkSize) {
        return 0;
    }

    const std::size_t dot = firstValue.find('.');
    if (dot == std::string_view::npos) {
        return 1;
    }
    const char digit = firstValue.front();
    const bool known = digit >= '2' && digit <= static_cast<char>('0' + maxChunks);
    return dot == 1 && known ? static_cast<std::size_t>(digit - '0') : 0;
}

std::string chunkName(std::string_view cookieName, std::size_t index)
{
    std::string name(cookieName);
    if (index > 0) {
        name += '.';
        name += std::to_string(index);
    }
    return name;
}

std::size_t openSessionBuffer(std::span<const std::string_view> values) noexcept
{
    return 2 * decodedSize(values);  // the sealed bytes and the opened ones
}

std::string_view openSession(std::span<const std::string_view> values, const SealKeys& keys,
                             std::string_view context, unsigned char* buffer) noexcept
{
    const std::size_t capacity = decodedSize(values);
    if (capacity == 0) {
        return {};
    }

    std::size_t size = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::ptrdiff_t decoded = base64urlDecode(payload(values, i), buffer + size);
        if (decoded < 0) {
            return {};
        }
        size += static_cast<std::size_t>(decoded);
    }

    const std::string_view sealed(reinterpret_cast<const char*>(buffer), size);
    return keys.open(sealed, context, buffer + capacity);
}

}  // namespace scalekit
