#include "crypto/digest.hpp"

#include "crypto/openssl.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

namespace scalekit {

namespace {

using Algorithm = OpensslHandle<EVP_MD, EVP_MD_free>;
using Kdf = OpensslHandle<EVP_KDF, EVP_KDF_free>;
using KdfContext = OpensslHandle<EVP_KDF_CTX, EVP_KDF_CTX_free>;

/** Made once: EVP_sha256() and EVP_Digest() would look up or make each of the two in every call. */
struct Hasher {
    explicit Hasher(const char* name)
        : md(EVP_MD_fetch(nullptr, name, nullptr)), context(EVP_MD_CTX_new())
    {}
    Algorithm md;
    DigestContext context;
};

Hasher& hasher(Hash hash)
{
    static Hasher hashers[] = {Hasher("SHA256"), Hasher("SHA384"), Hasher("SHA512")};
    return hashers[static_cast<std::size_t>(hash)];
}

OSSL_PARAM octetParameter(const char* name, std::string_view bytes)
{
    return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(bytes.data()), bytes.size());
}

}  // namespace

std::string digest(Hash hash, std::string_view bytes)
{
    const ErrorQueueGuard guard;

    const Hasher& by = hasher(hash);
    unsigned char value[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    const bool done = by.md && by.context &&
                      EVP_DigestInit_ex2(by.context.get(), by.md.get(), nullptr) == 1 &&
                      EVP_DigestUpdate(by.context.get(), bytes.data(), bytes.size()) == 1 &&
                      EVP_DigestFinal_ex(by.context.get(), value, &size) == 1;
    return done ? std::string(value, value + size) : std::string();
}

std::string hkdfSha256(std::string_view secret, std::string_view salt, std::string_view info,
                       std::size_t size)
{
    const ErrorQueueGuard guard;

    const Kdf kdf(EVP_KDF_fetch(nullptr, OSSL_KDF_NAME_HKDF, nullptr));
    const KdfContext context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
    if (!context) {
        return {};
    }

    char hash[] = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, hash, 0),
        octetParameter(OSSL_KDF_PARAM_KEY, secret),
        octetParameter(OSSL_KDF_PARAM_SALT, salt),
        octetParameter(OSSL_KDF_PARAM_INFO, info),
        OSSL_PARAM_construct_end(),
    };

    std::string key(size, '\0');
    if (EVP_KDF_derive(context.get(), octets(key.data()), size, parameters) != 1) {
        return {};
    }
    return key;
}

bool equalSecrets(std::string_view a, std::string_view b) noexcept
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace scalekit
