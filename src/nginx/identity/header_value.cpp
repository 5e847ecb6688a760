#include "nginx/identity/header_value.hpp"

#include "nginx/ngx/interop.hpp"

#include <algorithm>
#include <array>

namespace scalekit {

namespace {

/** The bytes that a header may carry as they are; all others are percent-encoded. */
using PlainBytes = std::array<bool, 256>;

constexpr PlainBytes printableBut(std::string_view encoded)
{
    PlainBytes plain{};
    for (std::size_t c = 0x20; c < 0x7f; ++c) {
        plain[c] = encoded.find(static_cast<char>(c)) == std::string_view::npos;
    }
    return plain;
}

constexpr PlainBytes plainInText = printableBut("%");
constexpr PlainBytes plainInList = printableBut("%,");
constexpr std::size_t maxEncoded = 3;  // bytes that one byte takes at most

bool allPlain(std::string_view text, const PlainBytes& plain) noexcept
{
    return std::all_of(text.begin(), text.end(),
                       [&](char c) { return plain[static_cast<u_char>(c)]; });
}

u_char* encode(u_char* out, std::string_view text, const PlainBytes& plain) noexcept
{
    constexpr char digits[] = "0123456789ABCDEF";
    for (const char character : text) {
        const auto c = static_cast<u_char>(character);
        if (plain[c]) {
            *out++ = c;
        } else {
            *out++ = '%';
            *out++ = static_cast<u_char>(digits[c >> 4]);
            *out++ = static_cast<u_char>(digits[c & 15]);
        }
    }
    return out;
}

/** Joins what `each(visit)` visits, twice: to measure and to write. */
template <class Each>
std::string_view joined(ngx_pool_t* pool, Each&& each) noexcept
{
    std::size_t size = 0;
    bool plain = true;
    each([&](std::string_view value) {
        size += value.size() + 1;
        plain = plain && allPlain(value, plainInList);
    });
    if (size == 0) {
        return "";
    }
    auto* out = static_cast<u_char*>(ngx_pnalloc(pool, plain ? size : maxEncoded * size));
    if (out == nullptr) {
        return {};
    }
    u_char* end = out;
    each([&](std::string_view value) {
        end = plain ? ngx_cpymem(end, value.data(), value.size()) : encode(end, value, plainInList);
        *end++ = ',';
    });
    return {reinterpret_cast<char*>(out), static_cast<std::size_t>(end - out) - 1};
}

}  // namespace

std::string_view headerSafe(ngx_pool_t* pool, std::string_view text) noexcept
{
    if (allPlain(text, plainInText)) {
        return text.empty() ? "" : text;
    }
    auto* out = static_cast<u_char*>(ngx_pnalloc(pool, maxEncoded * text.size()));
    if (out == nullptr) {
        return {};
    }
    const u_char* end = encode(out, text, plainInText);
    return {reinterpret_cast<char*>(out), static_cast<std::size_t>(end - out)};
}

std::string_view joinedValues(ngx_pool_t* pool, const ClaimView& claim) noexcept
{
    return joined(pool, [&](auto&& visit) { forEachValue(claim, visit); });
}

std::string_view joinedScopes(ngx_pool_t* pool, const ScopeClaims& claims) noexcept
{
    return joined(pool, [&](auto&& visit) { forEachScope(claims, visit); });
}

}  // namespace scalekit
