#pragma once

/*
 * Keys and tokens made during a test, by OpenSSL directly and without the code under test. Keys
 * live as long as the program and are made at first use. Include before test.hpp.
 */

#include "base/base64url.hpp"
#include "crypto/openssl.hpp"
#include "jose/algorithm.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace scalekit::test {

inline void must(bool holds, const char* what)
{
    if (!holds) {
        throw std::runtime_error(what);
    }
}

inline EVP_PKEY* rsaKeyPairOfExponent3()
{
    const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
    const Bignum exponent(BN_new());
    EVP_PKEY* key = nullptr;
    must(context && exponent && BN_set_word(exponent.get(), 3) == 1 &&
             EVP_PKEY_keygen_init(context.get()) == 1 &&
             EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), 3072) == 1 &&
             EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), exponent.get()) == 1 &&
             EVP_PKEY_generate(context.get(), &key) == 1,
         "RSA key of exponent 3");
    return key;
}

/**
 * A key pair by name: "RSA" (2048 bits), "RSA-1024", "RSA-3072", "RSA-e3" (3072 bits, exponent 3),
 * "P-256", "P-384", "P-521", "secp256k1", "Ed25519", "Ed448"; "#2" and so on behind the name makes
 * another of the kind.
 */
inline EVP_PKEY* keyPair(const std::string& name)
{
    static std::map<std::string, Pkey> keys;
    Pkey& key = keys[name];
    if (!key) {
        const std::string kind = name.substr(0, name.find('#'));
        if (kind == "RSA-e3") {
            key.reset(rsaKeyPairOfExponent3());
        } else if (kind.starts_with("RSA")) {
            const std::size_t bits = kind == "RSA" ? 2048 : std::stoul(kind.substr(4));
            key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits));
        } else if (kind.starts_with("Ed")) {
            key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, kind.c_str()));
        } else {
            key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", kind.c_str()));
        }
        must(key != nullptr, "key generation");
    }
    return key.get();
}

/** What an algorithm's name says (RFC 7518 section 3.1), told without the table under test. */
struct Scheme {
    std::string key;     // for keyPair()
    const char* digest;  // nullptr: the scheme's own
    bool pss;
};

inline const Scheme& schemeOf(std::string_view name)
{
    static const std::map<std::string, Scheme, std::less<>> schemes = {
        {"RS256", {"RSA", "SHA256", false}},      {"RS384", {"RSA", "SHA384", false}},
        {"RS512", {"RSA", "SHA512", false}},      {"PS256", {"RSA", "SHA256", true}},
        {"PS384", {"RSA", "SHA384", true}},       {"PS512", {"RSA", "SHA512", true}},
        {"ES256", {"P-256", "SHA256", false}},    {"ES384", {"P-384", "SHA384", false}},
        {"ES512", {"P-521", "SHA512", false}},    {"EdDSA", {"Ed25519", nullptr, false}},
        {"Ed25519", {"Ed25519", nullptr, false}},
    };
    return schemes.at(std::string(name));
}

/** A kind of key that signs with the algorithm. */
inline const std::string& keyNameFor(const Algorithm& algorithm)
{
    return schemeOf(algorithm.name).key;
}

inline std::string numberOf(EVP_PKEY* key, const char* parameter, int size = 0)
{
    BIGNUM* number = nullptr;
    must(EVP_PKEY_get_bn_param(key, parameter, &number) == 1, parameter);
    const Bignum owner(number);
    std::string bytes(static_cast<std::size_t>(size != 0 ? size : BN_num_bytes(number)), '\0');
    must(BN_bn2binpad(number, octets(bytes.data()), static_cast<int>(bytes.size())) >= 0,
         parameter);
    return bytes;
}

/** The public members of a key pair, without braces: "kty":"RSA","n":... */
inline std::string publicMembers(const std::string& name)
{
    EVP_PKEY* key = keyPair(name);
    const std::string kind = name.substr(0, name.find('#'));
    const auto member = [](const char* label, std::string_view bytes) {
        return ",\"" + std::string(label) + "\":\"" + base64urlEncode(bytes) + "\"";
    };

    if (kind.starts_with("RSA")) {
        return "\"kty\":\"RSA\"" + member("n", numberOf(key, OSSL_PKEY_PARAM_RSA_N)) +
               member("e", numberOf(key, OSSL_PKEY_PARAM_RSA_E));
    }
    if (kind.starts_with("Ed")) {
        unsigned char bytes[57];
        std::size_t size = sizeof(bytes);
        must(EVP_PKEY_get_raw_public_key(key, bytes, &size) == 1, "raw public key");
        return "\"kty\":\"OKP\",\"crv\":\"" + kind + "\"" +
               member("x", std::string_view(reinterpret_cast<const char*>(bytes), size));
    }
    const int size = (EVP_PKEY_get_bits(key) + 7) / 8;
    return "\"kty\":\"EC\",\"crv\":\"" + kind + "\"" +
           member("x", numberOf(key, OSSL_PKEY_PARAM_EC_PUB_X, size)) +
           member("y", numberOf(key, OSSL_PKEY_PARAM_EC_PUB_Y, size));
}

/** A JWK; `more` is further members, each with a comma in front. */
inline std::string publicJwk(const std::string& name, std::string_view more = "")
{
    return "{" + publicMembers(name) + std::string(more) + "}";
}

/** A JWK Set of the given JWKs. */
template <class... Jwks>
std::string jwkSet(const Jwks&... jwks)
{
    std::string set;
    ((set += (set.empty() ? "" : ",") + std::string(jwks)), ...);
    return "{\"keys\":[" + set + "]}";
}

/** How a signature may deviate from what its algorithm says. */
struct SigningOptions {
    const char* digest = nullptr;  // another one
    const char* mgf1Digest = nullptr;
    int saltLength = RSA_PSS_SALTLEN_DIGEST;
};

/** What OpenSSL makes: for ECDSA that is DER. */
inline std::string opensslSignature(const Algorithm& algorithm, const std::string& keyName,
                                    std::string_view message, const SigningOptions& options = {})
{
    const DigestContext context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* parameters = nullptr;
    const Scheme& scheme = schemeOf(algorithm.name);
    const char* digest = options.digest != nullptr ? options.digest : scheme.digest;
    must(EVP_DigestSignInit_ex(context.get(), &parameters, digest, nullptr, nullptr,
                               keyPair(keyName), nullptr) == 1,
         "EVP_DigestSignInit_ex");
    if (scheme.pss) {
        must(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1, "padding");
        must(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, options.saltLength) == 1, "salt length");
        if (options.mgf1Digest != nullptr) {
            must(EVP_PKEY_CTX_set_rsa_mgf1_md_name(parameters, options.mgf1Digest, nullptr) == 1,
                 "MGF1");
        }
    }
    std::size_t size = 0;
    must(EVP_DigestSign(context.get(), nullptr, &size, octets(message), message.size()) == 1,
         "EVP_DigestSign");
    std::string signature(size, '\0');
    must(EVP_DigestSign(context.get(), octets(signature.data()), &size, octets(message),
                        message.size()) == 1,
         "EVP_DigestSign");
    signature.resize(size);
    return signature;
}

/** The signature as JWS has it. */
inline std::string joseSignature(const Algorithm& algorithm, const std::string& keyName,
                                 std::string_view message, const SigningOptions& options = {})
{
    const std::string made = opensslSignature(algorithm, keyName, message, options);
    if (!schemeOf(algorithm.name).key.starts_with("P-")) {
        return made;
    }

    const unsigned char* in = octets(made);
    const OpensslHandle<ECDSA_SIG, ECDSA_SIG_free> pair(
        d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(made.size())));
    must(pair != nullptr, "d2i_ECDSA_SIG");
    const int half = (EVP_PKEY_get_bits(keyPair(keyName)) + 7) / 8;
    std::string signature(static_cast<std::size_t>(2 * half), '\0');
    must(BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), octets(signature.data()), half) == half, "r");
    must(BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), octets(signature.data()) + half, half) == half,
         "s");
    return signature;
}

/** header.payload, both JSON texts. */
inline std::string signingInput(std::string_view header, std::string_view payload)
{
    return base64urlEncode(header) + "." + base64urlEncode(payload);
}

/** A compact JWS. The header is what it is: it need not name the algorithm that signs. */
inline std::string compactJws(const Algorithm& algorithm, const std::string& keyName,
                              std::string_view header, std::string_view payload)
{
    const std::string input = signingInput(header, payload);
    return input + "." + base64urlEncode(joseSignature(algorithm, keyName, input));
}

/** A header with this algorithm's name; `more` is further members, each with a comma in front. */
inline std::string joseHeader(const Algorithm& algorithm, std::string_view more = "")
{
    return "{\"alg\":\"" + std::string(algorithm.name) + "\"" + std::string(more) + "}";
}

}  // namespace scalekit::test
