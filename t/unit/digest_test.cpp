#include "crypto/digest.hpp"
#include "crypto/openssl.hpp"
#include "crypto/random.hpp"

#include <sys/wait.h>
#include <unistd.h>

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

TEST("a store gives out random bytes of any size, none of them twice")
{
    RandomStore store;
    std::set<std::string> seen;
    for (int i = 0; i < 2'000; i++) {
        const std::string bytes = assertValue(store.draw(16));
        assert_int_equal(16, bytes.size());
        assert_true(seen.insert(bytes).second);
        assert_true(seen.insert(assertValue(store.draw(17)).substr(0, 16)).second);
    }
    for (const std::size_t size : {0, 1, 4'095, 4'096}) {
        assert_int_equal(size, assertValue(store.draw(size)).size());
    }
    assertReason(Reason::internal, store.draw(4'097).error());
}

TEST("a store holds no byte that was given out")
{
    RandomStore store;
    const std::string first = assertValue(store.draw(32));
    const std::string second = assertValue(store.draw(32));
    const std::string_view memory(reinterpret_cast<const char*>(&store), sizeof(store));
    assert_true(memory.find(first) == std::string_view::npos);
    assert_true(memory.find(second) == std::string_view::npos);
}

TEST("a child process draws other bytes than its parent")
{
    RandomStore store;
    assertValue(store.draw(16));

    int ends[2];
    assert_int_equal(0, pipe(ends));
    const pid_t child = fork();
    if (child == 0) {
        const auto drawn = store.draw(32);
        const bool written = drawn && write(ends[1], drawn->data(), 32) == 32;
        _exit(written ? 0 : 1);
    }
    std::string childs(32, '\0');
    int status = 1;
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_int_equal(0, status);
    assert_int_equal(32, read(ends[0], childs.data(), childs.size()));
    close(ends[0]);
    close(ends[1]);
    assert_true(childs != assertValue(store.draw(32)));
}

}  // namespace

TEST_MAIN()
