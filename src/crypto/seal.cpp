#include "crypto/seal.hpp"

#include "base/bytes.hpp"
#include "crypto/digest.hpp"

#include <openssl/crypto.h>

#include <climits>

namespace scalekit {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t headerSize = 1 + 4;
constexpr std::size_t keySize = 32;
constexpr std::size_t tagSize = 16;
constexpr std::string_view salt = "nginx-scalekit";

bool authenticate(EVP_CIPHER_CTX* cipher, std::string_view bytes) noexcept
{
    int size = 0;
    return EVP_CipherUpdate(cipher, nullptr, &size, octets(bytes),
                            static_cast<int>(bytes.size())) == 1;
}

// Sets the nonce and runs the header and the context through the tag; the expanded key stays. Both
// in one call where they fit, for a call costs more than what it does.
bool begin(EVP_CIPHER_CTX* cipher, std::string_view nonce, std::string_view header,
           std::string_view context) noexcept
{
    if (EVP_CipherInit_ex(cipher, nullptr, nullptr, nullptr, octets(nonce), -1) != 1) {
        return false;
    }
    char both[256];
    if (header.size() + context.size() > sizeof(both)) {
        return authenticate(cipher, header) && authenticate(cipher, context);
    }
    header.copy(both, header.size());
    context.copy(both + header.size(), context.size());
    return authenticate(cipher, {both, header.size() + context.size()});
}

// Runs the text through; true only if all of it came out and, to decrypt, the tag is right.
bool finish(EVP_CIPHER_CTX* cipher, std::string_view text, unsigned char* out) noexcept
{
    int size = 0;
    int rest = 0;
    return (text.empty() || EVP_CipherUpdate(cipher, out, &size, octets(text),
                                             static_cast<int>(text.size())) == 1) &&
           EVP_CipherFinal_ex(cipher, out + size, &rest) == 1 &&
           static_cast<std::size_t>(size) + static_cast<std::size_t>(rest) == text.size();
}

bool fitsInt(std::string_view bytes) noexcept
{
    return bytes.size() <= INT_MAX - SealKeys::overhead;
}

}  // namespace

Result<SealKeys> SealKeys::derive(const std::vector<std::string>& secrets, std::string_view purpose)
{
    const ErrorQueueGuard guard;

    const Cipher aes(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
    if (secrets.empty() || !aes) {
        return Reason::internal;
    }

    SealKeys keys;
    for (const std::string& secret : secrets) {
        if (secret.size() < minSecretSize) {
            return Reason::internal;
        }

        std::string bytes = hkdfSha256(secret, salt, purpose, keySize);
        const std::string id = hkdfSha256(bytes, salt, "id", 4);

        Key key;
        key.id = ByteReader(id).u32();
        key.sealer.reset(EVP_CIPHER_CTX_new());
        key.opener.reset(EVP_CIPHER_CTX_new());
        const bool ready =
            bytes.size() == keySize && id.size() == 4 && key.sealer && key.opener &&
            EVP_EncryptInit_ex2(key.sealer.get(), aes.get(), octets(bytes), nullptr, nullptr) ==
                1 &&
            EVP_DecryptInit_ex2(key.opener.get(), aes.get(), octets(bytes), nullptr, nullptr) == 1;
        OPENSSL_cleanse(bytes.data(), bytes.size());
        if (!ready) {
            return Reason::internal;
        }
        keys.keys_.push_back(std::move(key));
    }

    return keys;
}

Result<std::string> SealKeys::seal(std::string_view plaintext, std::string_view context,
                                   std::string_view nonce) const
{
    const ErrorQueueGuard guard;

    if (keys_.empty() || nonce.size() != sealNonceSize || !fitsInt(plaintext) ||
        !fitsInt(context)) {
        return Reason::internal;
    }
    const Key& key = keys_.front();

    ByteWriter writer;
    writer.u8(version);
    writer.u32(key.id);
    writer.raw(nonce);
    std::string sealed = writer.take();
    sealed.resize(overhead + plaintext.size());

    unsigned char* ciphertext = octets(sealed.data()) + headerSize + sealNonceSize;
    unsigned char* tag = ciphertext + plaintext.size();
    const std::string_view header = std::string_view(sealed).substr(0, headerSize);

    if (!begin(key.sealer.get(), nonce, header, context) ||
        !finish(key.sealer.get(), plaintext, ciphertext) ||
        EVP_CIPHER_CTX_ctrl(key.sealer.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tagSize),
                            tag) != 1) {
        return Reason::internal;
    }
    return sealed;
}

Result<std::string> SealKeys::open(std::string_view sealed, std::string_view context) const
{
    std::string plaintext(sealed.size(), '\0');
    const std::string_view opened = open(sealed, context, octets(plaintext.data()));
    if (opened.data() == nullptr) {
        return Reason::session_invalid;
    }
    plaintext.resize(opened.size());
    return plaintext;
}

std::string_view SealKeys::open(std::string_view sealed, std::string_view context,
                                unsigned char* out) const noexcept
{
    if (sealed.size() < overhead || !fitsInt(sealed) || !fitsInt(context)) {
        return {};
    }

    ByteReader reader(sealed);
    const std::string_view header = sealed.substr(0, headerSize);
    const std::uint8_t blobVersion = reader.u8();
    const std::uint32_t id = reader.u32();
    const std::string_view nonce = reader.raw(sealNonceSize);
    const std::string_view ciphertext = reader.raw(sealed.size() - overhead);
    const std::string_view tag = reader.raw(tagSize);
    if (blobVersion != version || reader.failed()) {
        return {};
    }

    // Ids of four bytes may collide: every key of this id is tried.
    for (const Key& key : keys_) {
        if (key.id != id) {
            continue;
        }
        EVP_CIPHER_CTX* cipher = key.opener.get();
        if (begin(cipher, nonce, header, context) &&
            EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tagSize),
                                const_cast<char*>(tag.data())) == 1 &&
            finish(cipher, ciphertext, out)) {
            return {reinterpret_cast<const char*>(out), ciphertext.size()};
        }
        const ErrorQueueGuard guard;  // only a failure leaves errors, and clearing is not free
        OPENSSL_cleanse(out, ciphertext.size());  // never leave unauthenticated plaintext behind
    }

    return {};
}

}  // namespace scalekit
