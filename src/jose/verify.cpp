#include "jose/verify.hpp"

#include <algorithm>

namespace scalekit {

namespace {

/** A number of a DER sequence (X.690 8.3); the text of it is not empty. */
void appendInteger(std::string& der, std::string_view number)
{
    const bool highBit = static_cast<unsigned char>(number.front()) >= 0x80;
    der += '\x02';
    der += static_cast<char>(number.size() + (highBit ? 1 : 0));
    der.append(highBit ? 1 : 0, '\0');
    der += number;
}

/**
 * R and S of RFC 7518 section 3.4 as the DER that OpenSSL takes (RFC 3279 section 2.2.3); empty
 * when one of them is zero, which no signature has. The caller has checked the size.
 */
std::string toDer(std::string_view signature)
{
    std::string numbers;
    for (std::string_view half :
         {signature.substr(0, signature.size() / 2), signature.substr(signature.size() / 2)}) {
        half.remove_prefix(std::min(half.find_first_not_of('\0'), half.size()));
        if (half.empty()) {
            return {};
        }
        appendInteger(numbers, half);
    }

    std::string der = numbers.size() < 0x80 ? "\x30" : "\x30\x81";
    der += static_cast<char>(numbers.size());
    return der += numbers;
}

/** Ed25519, which has no digest that could be made before (RFC 8032 section 5.1.7). */
bool verifyMessage(EVP_PKEY* key, std::string_view message, std::string_view signature)
{
    const DigestContext context(EVP_MD_CTX_new());
    return context &&
           EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key,
                                   nullptr) == 1 &&
           EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(message),
                            message.size()) == 1;
}

}  // namespace

bool verifySignature(const Algorithm& algorithm, const Jwk& key, std::string_view message,
                     std::string_view signature)
{
    const ErrorQueueGuard guard;

    if (!key.allows(algorithm) || signature.size() != key.signatureSize(algorithm)) {
        return false;
    }
    if (algorithm.keyType == KeyType::okp) {
        return verifyMessage(key.pkey.get(), message, signature);
    }

    std::string der;
    if (algorithm.keyType == KeyType::ec) {
        der = toDer(signature);
        if (der.empty()) {
            return false;
        }
        signature = der;
    }

    // 0 and negative values are both refusals; a digest that failed is empty
    const std::string hashed = digest(algorithm.hash, message);
    return !hashed.empty() && EVP_PKEY_verify(key.verifier(algorithm), octets(signature),
                                              signature.size(), octets(hashed), hashed.size()) == 1;
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
