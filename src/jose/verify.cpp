#include "jose/verify.hpp"

#include <openssl/ec.h>

#include <algorithm>

namespace scalekit {

namespace {

using EcdsaSignature = OpensslHandle<ECDSA_SIG, ECDSA_SIG_free>;

/**
 * R and S of RFC 7518 section 3.4 as the DER that OpenSSL takes (RFC 3279 section 2.2.3); empty
 * when one of them is zero, which no signature has. The caller has checked the size.
 */
std::string toDer(std::string_view signature)
{
    const int half = static_cast<int>(signature.size() / 2);
    Bignum r(BN_bin2bn(octets(signature), half, nullptr));
    Bignum s(BN_bin2bn(octets(signature) + half, half, nullptr));
    const EcdsaSignature pair(ECDSA_SIG_new());
    if (!r || !s || !pair || BN_is_zero(r.get()) || BN_is_zero(s.get())) {
        return {};
    }
    if (ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) {
        return {};
    }
    static_cast<void>(r.release());  // the pair's now
    static_cast<void>(s.release());

    const int size = i2d_ECDSA_SIG(pair.get(), nullptr);
    if (size <= 0) {
        return {};
    }
    std::string der(static_cast<std::size_t>(size), '\0');
    unsigned char* out = octets(der.data());
    i2d_ECDSA_SIG(pair.get(), &out);
    return der;
}

}  // namespace

bool verifySignature(const Algorithm& algorithm, const Jwk& key, std::string_view message,
                     std::string_view signature)
{
    const ErrorQueueGuard guard;

    const EVP_MD_CTX* prepared = key.verifier(algorithm);
    if (prepared == nullptr || signature.size() != key.signatureSize(algorithm)) {
        return false;
    }

    std::string der;
    if (algorithm.keyType == KeyType::ec) {
        der = toDer(signature);
        if (der.empty()) {
            return false;
        }
        signature = der;
    }

    const DigestContext context(EVP_MD_CTX_new());
    if (!context || EVP_MD_CTX_copy_ex(context.get(), prepared) != 1) {
        return false;
    }

    // 0 and negative values are both refusals
    return EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(message),
                            message.size()) == 1;
}

/** RFC 7515 section 5.2, step 8; UnverifiedJwt::parse() did the steps before it. */
Result<Jwt> verify(const UnverifiedJwt& token, const KeySet& keys)
{
    // the key comes from the set, named by the token's kid (appendix D), never from the token
    const std::vector<const Jwk*> candidates = keys.candidates(token.kid(), token.algorithm());

    // the key says which algorithm may be used with it (RFC 8725 section 3.1)
    if (candidates.empty()) {
        return keys.hasKid(token.kid()) ? Reason::algorithm_not_allowed : Reason::key_unknown;
    }

    // 8. the signature, against the signing input as it was received
    const bool valid = std::any_of(candidates.begin(), candidates.end(), [&](const Jwk* key) {
        return verifySignature(token.algorithm(), *key, token.signingInput(), token.signature());
    });
    if (!valid) {
        return Reason::signature_invalid;
    }

    // the payload is a JWT Claims Set (RFC 7519 section 7.2, step 10)
    Result<JsonDocument> claims = JsonDocument::parse(token.payload_, Reason::claims_malformed);
    if (!claims) {
        return claims.error();
    }

    return Jwt{&token.algorithm(), std::string(token.type()), std::move(*claims)};
}

}  // namespace scalekit
