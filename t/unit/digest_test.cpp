#include "crypto/digest.hpp"
#include "crypto/openssl.hpp"
#include "crypto/random.hpp"

#include <set>

#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

TEST("SHA-2 of the FIPS 180 examples")
{
    assertView("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
               hex(digest(Hash::sha256, "")));
    assertView("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
               hex(digest(Hash::sha256, "abc")));
    assertView(
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        hex(digest(Hash::sha256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")));
    assertView("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358b"
               "aeca134c825a7",
               hex(digest(Hash::sha384, "abc")));
    assertView("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
               "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
               hex(digest(Hash::sha512, "abc")));
}

struct Mac {
    std::string key;
    std::string bytes;
    std::string_view expected;
};

TEST("HMAC-SHA256 of RFC 4231")
{
    const Mac cases[] = {
        {std::string(20, '\x0b'), "Hi There",
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"Jefe", "what do ya want for nothing?",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {std::string(20, '\xaa'), std::string(50, '\xdd'),
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {unhex("0102030405060708090a0b0c0d0e0f10111213141516171819"), std::string(50, '\xcd'),
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {std::string(131, '\xaa'),
         "This is a test using a larger than block-size key and a larger than block-size data. The "
         "key needs to be hashed "
         "before being used by the HMAC algorithm.",
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
        {"", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
    };

    for (const Mac& row : cases) {
        assertView(row.expected, hex(hmacSha256(row.key, row.bytes)));
    }
}

TEST("an empty HMAC key is empty, not the key of the call before")
{
    const std::string before = hmacSha256("", "x");
    assert_int_equal(32, hmacSha256("another key", "x").size());
    assertView(before, hmacSha256({}, "x"));
}

TEST("HKDF-SHA256 of RFC 5869 appendix A")
{
    assertView(
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        hex(hkdfSha256(std::string(22, '\x0b'), unhex("000102030405060708090a0b0c"),
                       unhex("f0f1f2f3f4f5f6f7f8f9"), 42)));

    std::string secret, salt, info;
    for (int i = 0; i < 80; i++) {
        secret += static_cast<char>(i);
        salt += static_cast<char>(0x60 + i);
        info += static_cast<char>(0xb0 + i);
    }
    assertView("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271c"
               "b41c65e590e09"
               "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
               hex(hkdfSha256(secret, salt, info, 82)));

    assertView(
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        hex(hkdfSha256(std::string(22, '\x0b'), "", "", 42)));
}

TEST("HKDF refuses more than 255 blocks and leaves no OpenSSL error behind")
{
    assert_int_equal(255 * 32, hkdfSha256("secret", "salt", "info", 255 * 32).size());
    assertView("", hkdfSha256("secret", "salt", "info", 255 * 32 + 1));
    assert_int_equal(0, ERR_peek_error());
}

TEST("secrets are equal only in every byte and in length")
{
    const std::string secret = "0123456789abcdef";
    assert_true(equalSecrets(secret, std::string(secret)));
    assert_true(equalSecrets("", ""));
    assert_true(equalSecrets({}, ""));
    assert_false(equalSecrets(secret, ""));
    forEachTruncation(secret, [&](const std::string& cut) {
        assert_false(equalSecrets(secret, cut));
        assert_false(equalSecrets(cut, secret));
    });
    forEachBitFlip(
        secret, [&](const std::string& flipped) { assert_false(equalSecrets(secret, flipped)); });
}

TEST("random bytes come in the size asked for and do not repeat")
{
    std::set<std::string> seen;
    for (int i = 0; i < 200; i++) {
        const std::string bytes = assertValue(randomBytes(16));
        assert_int_equal(16, bytes.size());
        assert_true(seen.insert(bytes).second);
    }
    assertView("", assertValue(randomBytes(0)));
}

}  // namespace

TEST_MAIN()
