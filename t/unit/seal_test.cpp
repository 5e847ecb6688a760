#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "crypto/seal.hpp"

#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

const std::string oldSecret = "the old secret, of 32 bytes or so";
const std::string newSecret = "the new secret, of 32 bytes or so";
const std::string nonce = "twelve bytes";
const std::string_view context = "__Host-sk_session acme";

SealKeys keysOf(const std::vector<std::string>& secrets, std::string_view purpose = "session")
{
    return assertValue(SealKeys::derive(secrets, purpose));
}

TEST("what was sealed opens, of any size, with the announced overhead")
{
    const SealKeys keys = keysOf({newSecret});

    for (const std::size_t size : {0, 1, 15, 16, 17, 31, 255, 4096, 100000}) {
        const std::string plaintext = assertValue(randomBytes(size));
        const std::string sealed =
            assertValue(keys.seal(plaintext, context, assertValue(randomBytes(sealNonceSize))));
        assert_int_equal(plaintext.size() + SealKeys::overhead, sealed.size());
        assertView(plaintext, assertValue(keys.open(sealed, context)));

        std::vector<unsigned char> out(sealed.size());
        const std::string_view opened = keys.open(sealed, context, out.data());
        assertView(plaintext, opened);
        assert_true(opened.data() == reinterpret_cast<const char*>(out.data()));
    }
}

/** The blob that newSecret makes of "plaintext", put together by hand, under any version. */
std::string sealedByHand(unsigned char version)
{
    const std::string key = hkdfSha256(newSecret, "nginx-scalekit", "session", 32);
    const std::string header =
        std::string(1, static_cast<char>(version)) + hkdfSha256(key, "nginx-scalekit", "id", 4);
    const std::string aad = header + std::string(context);
    const std::string plaintext = "plaintext";

    const CipherContext cipher(EVP_CIPHER_CTX_new());
    EVP_CIPHER_CTX* aes = cipher.get();
    std::string text(plaintext.size(), '\0');
    std::string tag(16, '\0');
    int size = 0;
    const bool done =
        EVP_EncryptInit_ex(aes, EVP_aes_256_gcm(), nullptr, octets(key), octets(nonce)) == 1 &&
        EVP_EncryptUpdate(aes, nullptr, &size, octets(aad), static_cast<int>(aad.size())) == 1 &&
        EVP_EncryptUpdate(aes, octets(text.data()), &size, octets(plaintext), 9) == 1 &&
        EVP_EncryptFinal_ex(aes, octets(text.data()) + size, &size) == 1 &&
        EVP_CIPHER_CTX_ctrl(aes, EVP_CTRL_AEAD_GET_TAG, 16, tag.data()) == 1;
    assert_true(done);
    return header + nonce + text + tag;
}

TEST("the layout is version, key id, nonce, ciphertext, tag, with header and context authenticated")
{
    const SealKeys keys = keysOf({newSecret});
    assertView(hex(sealedByHand(1)), hex(assertValue(keys.seal("plaintext", context, nonce))));
    assertView("plaintext", assertValue(keys.open(sealedByHand(1), context)));
}

TEST("every flipped bit is refused, and nothing unauthenticated is left in the caller's memory")
{
    const SealKeys keys = keysOf({newSecret, oldSecret});
    const std::string plaintext = "sub=usr_1 org=org_1";
    const std::string sealed = assertValue(keys.seal(plaintext, context, nonce));

    forEachBitFlip(sealed, [&](const std::string& flipped) {
        assertRefused(Reason::session_invalid, keys.open(flipped, context));

        std::vector<unsigned char> out(flipped.size(), 0);
        assert_null(keys.open(flipped, context, out.data()).data());
        for (const unsigned char byte : out) {
            assert_int_equal(0, byte);
        }
    });
    assertView(plaintext, assertValue(keys.open(sealed, context)));
}

TEST("every truncation and every extension is refused")
{
    const SealKeys keys = keysOf({newSecret});
    const std::string sealed = assertValue(keys.seal("sub=usr_1", context, nonce));

    forEachTruncation(sealed, [&](const std::string& cut) {
        assertRefused(Reason::session_invalid, keys.open(cut, context));
        assertRefused(Reason::session_invalid,
                      keys.open(sealed.substr(sealed.size() - cut.size()), context));
    });
    for (std::size_t more = 1; more <= 32; more++) {
        assertRefused(Reason::session_invalid,
                      keys.open(sealed + std::string(more, '\0'), context));
        assertRefused(Reason::session_invalid,
                      keys.open(std::string(more, '\0') + sealed, context));
    }
}

TEST("a blob of an empty plaintext is a seal of the context alone and still cannot be cut")
{
    const SealKeys keys = keysOf({newSecret});
    const std::string sealed = assertValue(keys.seal("", context, nonce));
    assertView("", assertValue(keys.open(sealed, context)));
    forEachTruncation(sealed, [&](const std::string& cut) {
        assertRefused(Reason::session_invalid, keys.open(cut, context));
    });
    forEachBitFlip(sealed, [&](const std::string& bad) {
        assertRefused(Reason::session_invalid, keys.open(bad, context));
    });
}

TEST("a blob opens in its own context only")
{
    const SealKeys keys = keysOf({newSecret});
    const std::string sealed = assertValue(keys.seal("sub=usr_1", context, nonce));

    for (const std::string_view other :
         {"", "__Host-sk_session acm", "__Host-sk_session acmE", "__Host-sk_session acme ",
          "__Host-sk_session other", "__Host-sk_login acme"}) {
        assertRefused(Reason::session_invalid, keys.open(sealed, other));
    }
    assertRefused(Reason::session_invalid,
                  keys.open(assertValue(keys.seal("sub=usr_1", "", nonce)), context));
}

TEST("a blob opens for its own purpose only, also under a forged key id")
{
    const SealKeys session = keysOf({newSecret}, "session");
    const SealKeys login = keysOf({newSecret}, "login");
    const std::string sealed = assertValue(session.seal("sub=usr_1", context, nonce));
    const std::string other = assertValue(login.seal("sub=usr_1", context, nonce));

    assert_true(sealed.substr(1, 4) != other.substr(1, 4));
    assertRefused(Reason::session_invalid, login.open(sealed, context));
    assertRefused(Reason::session_invalid,
                  login.open(sealed.substr(0, 1) + other.substr(1, 4) + sealed.substr(5), context));
}

TEST("the same plaintext under another nonce shares nothing with the first")
{
    const SealKeys keys = keysOf({newSecret});
    const std::string first = assertValue(keys.seal("sub=usr_1 org=org_1", context, nonce));
    const std::string second =
        assertValue(keys.seal("sub=usr_1 org=org_1", context, "other  nonce"));

    assertView(first.substr(0, 5), second.substr(0, 5));
    assert_true(first.substr(17, 19) != second.substr(17, 19));
    assert_true(first.substr(36) != second.substr(36));
    assertView(first, assertValue(keys.seal("sub=usr_1 org=org_1", context, nonce)));
}

TEST("after rotation the old key still opens, the new one seals, and a removed one opens nothing")
{
    const SealKeys before = keysOf({oldSecret});
    const SealKeys rotated = keysOf({newSecret, oldSecret});
    const SealKeys reordered = keysOf({oldSecret, newSecret});
    const SealKeys after = keysOf({newSecret});
    const std::string oldBlob = assertValue(before.seal("old", context, nonce));
    const std::string newBlob = assertValue(rotated.seal("new", context, nonce));

    assertView("old", assertValue(rotated.open(oldBlob, context)));
    assertView("old", assertValue(reordered.open(oldBlob, context)));
    assertView("new", assertValue(rotated.open(newBlob, context)));
    assertView("new", assertValue(reordered.open(newBlob, context)));
    assertView("new", assertValue(after.open(newBlob, context)));
    assertRefused(Reason::session_invalid, after.open(oldBlob, context));
    assertRefused(Reason::session_invalid, before.open(newBlob, context));
}

TEST("two keys that share an id both open")
{
    // Found by search among secrets that differ in their number only.
    const std::string a = "secret of thirty-two bytes 0063173";
    const std::string b = "secret of thirty-two bytes 0063690";
    const SealKeys both = keysOf({a, b});
    const std::string fromA = assertValue(keysOf({a}).seal("of a", context, nonce));
    const std::string fromB = assertValue(keysOf({b}).seal("of b", context, nonce));

    assertView(fromA.substr(0, 5), fromB.substr(0, 5));
    assertView("of a", assertValue(both.open(fromA, context)));
    assertView("of b", assertValue(both.open(fromB, context)));
    assertView("of b", assertValue(both.open(fromB, context)));
    assertRefused(Reason::session_invalid, keysOf({a}).open(fromB, context));
}

TEST("other versions are refused, even with a tag that is right")
{
    const SealKeys keys = keysOf({newSecret});
    for (int version = 0; version < 256; version++) {
        const std::string sealed = sealedByHand(static_cast<unsigned char>(version));
        assertCase(static_cast<bool>(keys.open(sealed, context)) == (version == 1),
                   std::to_string(version));
    }
}

TEST("a refused blob does not spoil the next one")
{
    const SealKeys keys = keysOf({newSecret});
    const std::string sealed = assertValue(keys.seal("sub=usr_1", context, nonce));
    std::string forged = sealed;
    forged.back() = static_cast<char>(forged.back() ^ 1);

    for (int i = 0; i < 100; i++) {
        assertRefused(Reason::session_invalid, keys.open(forged, context));
        assertView("sub=usr_1", assertValue(keys.open(sealed, context)));
        assertView(sealed, assertValue(keys.seal("sub=usr_1", context, nonce)));
    }
}

TEST("no secret, a short one, or a nonce of another size is an internal refusal")
{
    assertRefused(Reason::internal, SealKeys::derive({}, "session"));
    assertRefused(Reason::internal, SealKeys::derive({std::string(31, 'x')}, "session"));
    assertRefused(Reason::internal, SealKeys::derive({newSecret, "short"}, "session"));
    assert_true(static_cast<bool>(SealKeys::derive({std::string(32, 'x')}, "session")));

    const SealKeys keys = keysOf({newSecret});
    assertRefused(Reason::internal, keys.seal("x", context, ""));
    assertRefused(Reason::internal, keys.seal("x", context, "eleven byte"));
    assertRefused(Reason::internal, keys.seal("x", context, "thirteen byte"));
}

TEST("no refusal leaves an error in the queue that nginx shares")
{
    const SealKeys keys = keysOf({newSecret, oldSecret});
    std::string sealed = assertValue(keys.seal("sub=usr_1", context, nonce));
    sealed.back() = static_cast<char>(sealed.back() ^ 1);

    ERR_clear_error();
    (void)static_cast<bool>(keys.open(sealed, context));
    (void)static_cast<bool>(keys.open("", context));
    assert_int_equal(0, ERR_peek_error());
}

}  // namespace

TEST_MAIN()
