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

// Fetched once: EVP_sha256() alone would look the implementation up again in every call.
const EVP_MD* algorithm(Hash hash)
{
    static const Algorithm sha256(EVP_MD_fetch(nullptr, "SHA256", nullptr));
    static const Algorithm sha384(EVP_MD_fetch(nullptr, "SHA384", nullptr));
    static const Algorithm sha512(EVP_MD_fetch(nullptr, "SHA512", nullptr));

    switch (hash) {
    case Hash::sha256:
        return sha256.get();
    case Hash::sha384:
        return sha384.get();
    case Hash::sha512:
        return sha512.get();
    }
    return nullptr;
}

OSSL_PARAM octetParameter(const char* name, std::string_view bytes)
{
    return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(bytes.data()), bytes.size());
}

}  // namespace

std::string digest(Hash hash, std::string_view bytes)
{
    const ErrorQueueGuard guard;

    const EVP_MD* md = algorithm(hash);
    unsigned char value[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (md == nullptr || EVP_Digest(bytes.data(), bytes.size(), value, &size, md, nullptr) != 1) {
        return {};
    }
    return std::string(value, value + size);
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
