#include "base/base64url.hpp"
#include "crypto/openssl.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <string>

/**
 * tokens FOLDER COUNT ISSUER AUDIENCE: makes a key for each of RS256 (2048 bits), ES256 and EdDSA
 * and writes into the folder keys.json, and in RS256.tokens and so on COUNT different access tokens
 * by each key, one a line. They say what Scalekit's say and are good for an hour. unknown.tokens
 * has five times as many, with a kid each that no key has.
 */
namespace {

using namespace scalekit;

struct Signer {
    std::string algorithm;
    std::string kid;
    Pkey key;
};

[[noreturn]] void die(const std::string& why)
{
    std::cerr << "tokens: " << why << '\n';
    std::exit(1);
}

std::string number(const Pkey& key, const char* name, int size)
{
    BIGNUM* value = nullptr;
    if (EVP_PKEY_get_bn_param(key.get(), name, &value) != 1) {
        die(name);
    }
    const Bignum owner(value);
    std::string bytes(static_cast<std::size_t>(size > 0 ? size : BN_num_bytes(value)), '\0');
    BN_bn2binpad(value, octets(bytes.data()), static_cast<int>(bytes.size()));
    return base64urlEncode(bytes);
}

std::string publicMembers(const Signer& signer)
{
    if (signer.algorithm == "RS256") {
        return R"("kty":"RSA","n":")" + number(signer.key, OSSL_PKEY_PARAM_RSA_N, 0) +
               R"(","e":")" + number(signer.key, OSSL_PKEY_PARAM_RSA_E, 0) + '"';
    }
    if (signer.algorithm == "ES256") {
        return R"("kty":"EC","crv":"P-256","x":")" +
               number(signer.key, OSSL_PKEY_PARAM_EC_PUB_X, 32) + R"(","y":")" +
               number(signer.key, OSSL_PKEY_PARAM_EC_PUB_Y, 32) + '"';
    }
    std::string x(32, '\0');
    std::size_t size = x.size();
    if (EVP_PKEY_get_raw_public_key(signer.key.get(), octets(x.data()), &size) != 1) {
        die("Ed25519");
    }
    return R"("kty":"OKP","crv":"Ed25519","x":")" + base64urlEncode(x) + '"';
}

std::string jwk(const Signer& signer)
{
    return "{" + publicMembers(signer) + R"(,"use":"sig","alg":")" + signer.algorithm +
           R"(","kid":")" + signer.kid + "\"}";
}

/** R and S side by side (RFC 7518 section 3.4). */
std::string fromDer(const std::string& der)
{
    const unsigned char* in = octets(der);
    const OpensslHandle<ECDSA_SIG, ECDSA_SIG_free> pair(
        d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size())));
    std::string raw(64, '\0');
    BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), octets(raw.data()), 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), octets(raw.data()) + 32, 32);
    return raw;
}

std::string sign(const Signer& signer, const std::string& message)
{
    const DigestContext context(EVP_MD_CTX_new());
    const EVP_MD* digest = signer.algorithm == "EdDSA" ? nullptr : EVP_sha256();
    std::string signature(512, '\0');
    std::size_t size = signature.size();
    if (EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, signer.key.get()) != 1 ||
        EVP_DigestSign(context.get(), octets(signature.data()), &size, octets(message),
                       message.size()) != 1) {
        die("signing");
    }
    signature.resize(size);
    return signer.algorithm == "ES256" ? fromDer(signature) : signature;
}

std::string header(const std::string& algorithm, const std::string& kid)
{
    return base64urlEncode(R"({"alg":")" + algorithm + R"(","kid":")" + kid +
                           R"(","typ":"JWT"})");
}

std::string payload(const std::string& issuer, const std::string& audience, long n)
{
    const std::string now = std::to_string(std::time(nullptr));
    const std::string end = std::to_string(std::time(nullptr) + 3600);
    const std::string id = std::to_string(69615647365000000 + n);
    return base64urlEncode(
        R"({"iss":")" + issuer + R"(","aud":[")" + audience + R"("],"client_id":")" + audience +
        R"(","sub":"usr_)" + id + R"(","oid":"org_69615647365005430","sid":"ses_)" + id +
        R"(","jti":"tkn_)" + id + R"(","exp":)" + end + R"(,"iat":)" + now + R"(,"nbf":)" + now +
        R"(,"roles":["admin","editor"],"permissions":["projects:read","projects:write",)" +
        R"("billing:read"],"scope":"openid profile email","xoid":"acme"})");
}

}  // namespace

int main(int count, char** arguments)
{
    if (count != 5) {
        die("FOLDER COUNT ISSUER AUDIENCE");
    }
    const std::string folder = std::string(arguments[1]) + '/';
    const long wanted = std::atol(arguments[2]);

    Signer signers[] = {
        {"RS256", "snk_69615647365005431", Pkey(EVP_RSA_gen(2048))},
        {"ES256", "snk_69615647365005432", Pkey(EVP_EC_gen("P-256"))},
        {"EdDSA", "snk_69615647365005433",
         Pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"))},
    };

    std::ofstream keys(folder + "keys.json");
    keys << R"({"keys":[)";
    for (const Signer& signer : signers) {
        keys << (&signer == signers ? "" : ",") << jwk(signer);
        std::ofstream tokens(folder + signer.algorithm + ".tokens");
        for (long n = 0; n < wanted; ++n) {
            const std::string message = header(signer.algorithm, signer.kid) + '.' +
                                        payload(arguments[3], arguments[4], n);
            tokens << message << '.' << base64urlEncode(sign(signer, message)) << '\n';
        }
        if (!tokens.flush()) {
            die("cannot write to " + folder);
        }
    }
    keys << "]}";

    std::ofstream unknown(folder + "unknown.tokens");
    const std::string signature = base64urlEncode(std::string(256, 'x'));
    for (long n = 0; n < 5 * wanted; ++n) {
        unknown << header("RS256", "snk_" + std::to_string(n)) << '.'
                << payload(arguments[3], arguments[4], n) << '.' << signature << '\n';
    }
    if (!keys.flush() || !unknown.flush()) {
        die("cannot write to " + folder);
    }
}
