#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>
#include <string_view>

namespace scalekit {

template <auto FreeFunction>
struct OpensslFree {
    template <class T>
    void operator()(T* object) const noexcept
    {
        FreeFunction(object);
    }
};

template <class T, auto FreeFunction>
using OpensslHandle = std::unique_ptr<T, OpensslFree<FreeFunction>>;

using Pkey = OpensslHandle<EVP_PKEY, EVP_PKEY_free>;
using PkeyContext = OpensslHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = OpensslHandle<EVP_MD_CTX, EVP_MD_CTX_free>;
using CipherContext = OpensslHandle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using Cipher = OpensslHandle<EVP_CIPHER, EVP_CIPHER_free>;
using Bignum = OpensslHandle<BIGNUM, BN_free>;

/**
 * Leaves the thread's OpenSSL error queue empty. nginx shares the queue: what we leave behind would
 * fail an unrelated client's TLS read. One stands at every entry into OpenSSL that may fail.
 */
struct ErrorQueueGuard {
    ErrorQueueGuard() = default;
    ErrorQueueGuard(const ErrorQueueGuard&) = delete;
    ErrorQueueGuard& operator=(const ErrorQueueGuard&) = delete;
    ~ErrorQueueGuard()
    {
        if (ERR_peek_error() != 0) {  // clearing an empty queue costs as much as a small digest
            ERR_clear_error();
        }
    }
};

inline const unsigned char* octets(std::string_view bytes) noexcept
{
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

inline unsigned char* octets(char* bytes) noexcept
{
    return reinterpret_cast<unsigned char*>(bytes);
}

}  // namespace scalekit
