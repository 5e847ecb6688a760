#include "base/base64url.hpp"

#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

struct Vector {
    std::string_view bytes;
    std::string_view url;
    std::string_view padded;
};

const Vector vectors[] = {
    // RFC 4648 section 10
    {"", "", ""},
    {"f", "Zg", "Zg=="},
    {"fo", "Zm8", "Zm8="},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg", "Zm9vYg=="},
    {"fooba", "Zm9vYmE", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    // RFC 7515 appendix C
    {"\x03\xec\xff\xe0\xc1", "A-z_4ME", "A+z/4ME="},
};

TEST("the vectors of RFC 4648 and RFC 7515 are encoded and decoded")
{
    for (const Vector& vector : vectors) {
        assertView(vector.url, base64urlEncode(vector.bytes));
        assertView(vector.padded, base64Encode(vector.bytes));
        const std::optional<std::string> decoded = base64urlDecode(vector.url);
        assertCase(decoded.has_value(), vector.url);
        assertView(vector.bytes, *decoded);
        assert_int_equal(vector.url.size(), base64urlLength(vector.bytes.size()));
    }
}

TEST("byte strings of all small sizes and all byte values make the round trip")
{
    std::string bytes;
    for (int i = 0; i < 600; i++) {
        const std::string text = base64urlEncode(bytes);
        assert_int_equal(base64urlLength(bytes.size()), text.size());
        const std::optional<std::string> decoded = base64urlDecode(text);
        assertCase(decoded.has_value(), text);
        assertView(bytes, *decoded);
        bytes += static_cast<char>(i * 167 + i / 256);
    }
}

TEST("of all texts of up to three characters only the encoder's own are accepted")
{
    std::size_t accepted = 0;
    const auto check = [&](const std::string& text) {
        const std::optional<std::string> decoded = base64urlDecode(text);
        if (decoded) {
            accepted++;
            assertView(text, base64urlEncode(*decoded));
        }
    };

    for (int a = 0; a < 256; a++) {
        check(std::string(1, static_cast<char>(a)));
        for (int b = 0; b < 256; b++) {
            check({static_cast<char>(a), static_cast<char>(b)});
            for (int c = 0; c < 256; c += 5) {
                check({static_cast<char>(a), static_cast<char>(b), static_cast<char>(c)});
            }
        }
    }

    // 256 of two characters; of three, the third has zero trailing bits and was tried at every
    // fifth byte value.
    std::size_t thirds = 0;
    for (int c = 0; c < 256; c += 5) {
        const auto at = std::string_view("AEIMQUYcgkosw048").find(static_cast<char>(c));
        thirds += c != 0 && at != std::string_view::npos ? 1 : 0;
    }
    assert_int_equal(256 + 64 * 64 * thirds, accepted);
}

TEST("anything but the one encoding is refused")
{
    const std::string_view refused[] = {
        "A", "AAAAA", "AAAAAAAAA",  // no byte string has such a length
        "Zg==", "Zm8=", "Zg=", "=", "====", "Zm9v=", "Zh", "Zv", "Z_", "Zm9", "Zm-", "Zm9vYh",
        "Zm9vYmF",                       // bits beyond the last
                                         // byte
        "+/+/", "A+", "A/", "Zm9v+mFy",  // the other alphabet
        " Zg", "Zg ", "Z g", "Zm9v\n", "\tZm9", "Zm\r\n9v", "Zm9v YmFy", "Zm9v.", ".Zm9v", "Zm9,",
        "Zm9v%3d", "Zm9v\x80", "Z\xc3\xa9v", "\xff\xff\xff\xff", "AAA\xff"};

    for (const std::string_view text : refused) {
        assertCase(!base64urlDecode(text), text);
    }
    assert_false(base64urlDecode(std::string_view("Zm9v\0", 5)).has_value());
    assert_false(base64urlDecode(std::string_view("Zm\0v", 4)).has_value());
    assert_false(base64urlDecode(std::string_view("\0\0", 2)).has_value());
}

TEST("a foreign byte is found at every place of a long text")
{
    const std::string text = base64urlEncode(std::string(100, '\x5a'));

    for (std::size_t i = 0; i < text.size(); i++) {
        for (const char foreign : {'=', '+', '/', ' ', '\0', '.', '\x7f', '\x80', '\xff'}) {
            std::string broken = text;
            broken[i] = foreign;
            assertCase(!base64urlDecode(broken), broken);
        }
    }
}

TEST("decoding into the caller's memory stays within three quarters of the text")
{
    for (std::size_t size = 0; size < 40; size++) {
        const std::string text(size, 'A');
        std::vector<unsigned char> out(size * 3 / 4 + 1, 0xee);
        const std::ptrdiff_t written = base64urlDecode(text, out.data());
        assert_int_equal(0xee, out.back());
        assert_int_equal(size % 4 == 1 ? -1 : static_cast<std::ptrdiff_t>(size * 3 / 4), written);
    }
}

}  // namespace

TEST_MAIN()
