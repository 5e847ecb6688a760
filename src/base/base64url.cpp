#include "base/base64url.hpp"

#include <array>
#include <cstdint>

namespace scalekit {

namespace {

constexpr char urlAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr char standardAlphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// The values of characters, each where it belongs in its group of four: a group is the OR of four
// look-ups, in which a foreign character shows as the one bit that no value has.
using Values = std::array<std::uint32_t, 256>;
constexpr std::uint32_t foreign = 1u << 31;

constexpr Values valuesAt(int shift)
{
    Values values{};
    values.fill(foreign);
    for (std::uint32_t i = 0; i < 64; i++) {
        values[static_cast<unsigned char>(urlAlphabet[i])] = i << shift;
    }
    return values;
}

constexpr Values first = valuesAt(18), second = valuesAt(12), third = valuesAt(6),
                 fourth = valuesAt(0);

/** Writes base64urlLength(bytes.size()) characters. */
void encode(std::string_view bytes, const char* alphabet, char* out) noexcept
{
    const auto* in = reinterpret_cast<const unsigned char*>(bytes.data());
    const unsigned char* const groupsEnd = in + bytes.size() / 3 * 3;
    const auto at = [&in](std::size_t i) { return static_cast<std::uint32_t>(in[i]); };

    for (; in != groupsEnd; in += 3, out += 4) {
        const std::uint32_t group = at(0) << 16 | at(1) << 8 | at(2);
        out[0] = alphabet[group >> 18];
        out[1] = alphabet[group >> 12 & 63];
        out[2] = alphabet[group >> 6 & 63];
        out[3] = alphabet[group & 63];
    }

    if (bytes.size() % 3 == 1) {
        out[0] = alphabet[at(0) >> 2];
        out[1] = alphabet[at(0) << 4 & 63];
    } else if (bytes.size() % 3 == 2) {
        const std::uint32_t group = at(0) << 8 | at(1);
        out[0] = alphabet[group >> 10];
        out[1] = alphabet[group >> 4 & 63];
        out[2] = alphabet[group << 2 & 63];
    }
}

}  // namespace

std::string base64urlEncode(std::string_view bytes)
{
    std::string text(base64urlLength(bytes.size()), '\0');
    encode(bytes, urlAlphabet, text.data());
    return text;
}

std::string base64Encode(std::string_view bytes)
{
    std::string text((bytes.size() + 2) / 3 * 4, '=');
    encode(bytes, standardAlphabet, text.data());
    return text;
}

std::ptrdiff_t base64urlDecode(std::string_view text, unsigned char* out) noexcept
{
    const auto* in = reinterpret_cast<const unsigned char*>(text.data());
    const unsigned char* const groupsEnd = in + text.size() / 4 * 4;
    const unsigned char* const start = out;
    std::uint32_t seen = 0;

    for (; in != groupsEnd; in += 4, out += 3) {
        const std::uint32_t group = first[in[0]] | second[in[1]] | third[in[2]] | fourth[in[3]];
        seen |= group;
        out[0] = static_cast<unsigned char>(group >> 16);
        out[1] = static_cast<unsigned char>(group >> 8);
        out[2] = static_cast<unsigned char>(group);
    }

    // The bits that belong to no byte must be zero, else several texts would mean the same bytes
    // (RFC 4648 3.5).
    std::uint32_t wrong = seen & foreign;
    const std::size_t left = text.size() % 4;
    if (left == 1) {
        return -1;
    }
    if (left == 2) {
        const std::uint32_t group = first[in[0]] | second[in[1]];
        wrong |= group & (foreign | 0xffff);
        *out++ = static_cast<unsigned char>(group >> 16);
    } else if (left == 3) {
        const std::uint32_t group = first[in[0]] | second[in[1]] | third[in[2]];
        wrong |= group & (foreign | 0xff);
        *out++ = static_cast<unsigned char>(group >> 16);
        *out++ = static_cast<unsigned char>(group >> 8);
    }

    return wrong == 0 ? out - start : -1;
}

std::optional<std::string> base64urlDecode(std::string_view text)
{
    std::string bytes(text.size() / 4 * 3 + text.size() % 4, '\0');
    const std::ptrdiff_t size =
        base64urlDecode(text, reinterpret_cast<unsigned char*>(bytes.data()));
    if (size < 0) {
        return std::nullopt;
    }
    bytes.resize(static_cast<std::size_t>(size));
    return bytes;
}

}  // namespace scalekit
