#include "base/base64url.hpp"

#include <array>
#include <cstdint>

namespace scalekit {

namespace {

constexpr char urlAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr char standardAlphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Value of a character, or 0xff: any high bit in the OR of several values says that one of them is
// foreign.
constexpr std::array<std::uint8_t, 256> makeValues()
{
    std::array<std::uint8_t, 256> values{};
    values.fill(0xff);
    for (std::uint8_t i = 0; i < 64; i++) {
        values[static_cast<unsigned char>(urlAlphabet[i])] = i;
    }
    return values;
}

constexpr std::array<std::uint8_t, 256> values = makeValues();

std::string encode(std::string_view bytes, const char* alphabet)
{
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);

    std::size_t i = 0;
    const auto at = [&](std::size_t index) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[index]));
    };

    for (; i + 3 <= bytes.size(); i += 3) {
        const std::uint32_t group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
        text += alphabet[group >> 18];
        text += alphabet[group >> 12 & 63];
        text += alphabet[group >> 6 & 63];
        text += alphabet[group & 63];
    }

    if (bytes.size() - i == 1) {
        text += alphabet[at(i) >> 2];
        text += alphabet[at(i) << 4 & 63];
    } else if (bytes.size() - i == 2) {
        const std::uint32_t group = at(i) << 8 | at(i + 1);
        text += alphabet[group >> 10];
        text += alphabet[group >> 4 & 63];
        text += alphabet[group << 2 & 63];
    }

    return text;
}

}  // namespace

std::string base64urlEncode(std::string_view bytes)
{
    return encode(bytes, urlAlphabet);
}

std::string base64Encode(std::string_view bytes)
{
    std::string text = encode(bytes, standardAlphabet);
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

std::ptrdiff_t base64urlDecode(std::string_view text, unsigned char* out) noexcept
{
    const auto* in = reinterpret_cast<const unsigned char*>(text.data());
    const unsigned char* const start = out;
    std::size_t left = text.size();

    for (; left >= 4; left -= 4, in += 4) {
        const std::uint32_t a = values[in[0]], b = values[in[1]], c = values[in[2]],
                            d = values[in[3]];
        if (((a | b | c | d) & 0xc0) != 0) {
            return -1;
        }
        *out++ = static_cast<unsigned char>(a << 2 | b >> 4);
        *out++ = static_cast<unsigned char>(b << 4 | c >> 2);
        *out++ = static_cast<unsigned char>(c << 6 | d);
    }

    if (left == 1) {
        return -1;
    }

    if (left >= 2) {
        // The bits that belong to no byte must be zero, else several texts would mean the same
        // bytes (RFC 4648 3.5).
        const std::uint32_t a = values[in[0]], b = values[in[1]], c = left == 3 ? values[in[2]] : 0;
        if (((a | b | c) & 0xc0) != 0 || (left == 2 ? b & 0x0f : c & 0x03) != 0) {
            return -1;
        }
        *out++ = static_cast<unsigned char>(a << 2 | b >> 4);
        if (left == 3) {
            *out++ = static_cast<unsigned char>(b << 4 | c >> 2);
        }
    }

    return out - start;
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
