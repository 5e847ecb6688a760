#pragma once

/*
 * A relying party, its provider and the provider's signing keys, and a login that was begun.
 * Include it last, in place of test.hpp.
 */

#include "base/base64url.hpp"
#include "base/query.hpp"
#include "crypto/openssl.hpp"
#include "jose/jwk.hpp"
#include "oidc/login.hpp"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "test.hpp"

namespace scalekit::test {

inline std::chrono::sys_seconds at(std::int64_t seconds)
{
    return std::chrono::sys_seconds(std::chrono::seconds(seconds));
}

inline const std::chrono::sys_seconds now = at(1'800'000'000);

/** Bytes that look random enough to tell one seed's from another's. */
inline std::string bytesOf(char seed, std::size_t size)
{
    std::string bytes;
    for (std::size_t i = 0; i < size; i++) {
        bytes += static_cast<char>(seed + static_cast<char>(i * 7));
    }
    return bytes;
}

inline SealKeys sealKeys(std::string_view purpose, char seed = 'k')
{
    auto keys = SealKeys::derive({std::string(40, seed)}, purpose);
    if (!keys) {
        throw std::runtime_error("no seal keys");
    }
    return *std::move(keys);
}

inline RelyingParty makeParty(std::string environment = "acme", char seed = 'k')
{
    RelyingParty party;
    party.environment = std::move(environment);
    party.client = {"skc_123", "secret", ClientAuthentication::post};
    party.scope = "openid profile email";
    party.issuers = {"https://acme.scalekit.com"};
    party.stateKeys = sealKeys("state", seed);
    party.bindingKeys = sealKeys("login", seed);
    return party;
}

inline Provider makeProvider()
{
    ProviderSettings settings;
    settings.issuer = "https://acme.scalekit.com";
    return providerFromSettings(settings);
}

/** The parameters of a URL. */
inline Query queryOf(const std::string& url)
{
    return assertValue(Query::parse(std::string_view(url).substr(url.find('?') + 1)));
}

inline Routing routing(std::string organization, std::string connection)
{
    Routing routing;
    routing.organization = std::move(organization);
    routing.connection = std::move(connection);
    return routing;
}

/** A login that was begun: what the browser keeps, and what the provider got. */
struct Begun {
    std::string cookie;
    std::string state;
    std::string nonce;
    std::string challenge;
};

inline Begun begin(const RelyingParty& party, Routing routing = {}, char seed = '1',
                   std::uint8_t attempt = 0)
{
    const std::string random = bytesOf(seed, loginRandomSize);
    LoginStart start;
    start.redirectUri = "https://app.example/auth/callback";
    start.returnUrl = "/reports?year=2026";
    start.attempt = attempt;
    start.routing = std::move(routing);
    start.random = random;
    start.now = now;

    const LoginRedirect redirect = assertValue(startLogin(party, makeProvider(), start));
    const Query query = queryOf(redirect.location);
    return {redirect.bindingCookie, std::string(query.value("state")),
            std::string(query.value("nonce")), std::string(query.value("code_challenge"))};
}

/** A key of the provider: signs compact tokens, and shows its public half. */
class Signer {
  public:
    static Signer rsa(std::string kid)
    {
        return Signer(EVP_RSA_gen(2048), "RS256", std::move(kid));
    }

    static Signer ed25519(std::string kid)
    {
        return Signer(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), "EdDSA", std::move(kid));
    }

    std::string jwk() const
    {
        const std::string rest =
            R"(,"kid":")" + kid_ + R"(","use":"sig","alg":")" + algorithm_ + R"("})";
        if (algorithm_ == "EdDSA") {
            std::string x(32, '\0');
            std::size_t size = x.size();
            EVP_PKEY_get_raw_public_key(key_.get(), octets(x.data()), &size);
            return R"({"kty":"OKP","crv":"Ed25519","x":")" + base64urlEncode(x) + '"' + rest;
        }
        return R"({"kty":"RSA","n":")" + number(OSSL_PKEY_PARAM_RSA_N) + R"(","e":")" +
               number(OSSL_PKEY_PARAM_RSA_E) + '"' + rest;
    }

    std::shared_ptr<const KeySet> keySet() const
    {
        auto keys = KeySet::parse(R"({"keys":[)" + jwk() + "]}");
        if (!keys) {
            throw std::runtime_error("no key set");
        }
        return std::make_shared<const KeySet>(*std::move(keys));
    }

    std::string sign(std::string_view claims, std::string_view type = "JWT") const
    {
        std::string token = base64urlEncode(R"({"alg":")" + algorithm_ + R"(","kid":")" + kid_ +
                                            R"(","typ":")" + std::string(type) + R"("})");
        token += '.';
        token += base64urlEncode(claims);

        const DigestContext context(EVP_MD_CTX_new());
        const char* digest = algorithm_ == "EdDSA" ? nullptr : "SHA256";
        std::string signature(512, '\0');
        std::size_t size = signature.size();
        if (EVP_DigestSignInit_ex(context.get(), nullptr, digest, nullptr, nullptr, key_.get(),
                                  nullptr) != 1 ||
            EVP_DigestSign(context.get(), octets(signature.data()), &size, octets(token),
                           token.size()) != 1) {
            throw std::runtime_error("cannot sign");
        }
        signature.resize(size);
        return token + '.' + base64urlEncode(signature);
    }

  private:
    Signer(EVP_PKEY* key, std::string algorithm, std::string kid)
        : key_(key), algorithm_(std::move(algorithm)), kid_(std::move(kid))
    {
        if (!key_) {
            throw std::runtime_error("cannot make a key");
        }
    }

    std::string number(const char* name) const
    {
        BIGNUM* value = nullptr;
        EVP_PKEY_get_bn_param(key_.get(), name, &value);
        const Bignum owned(value);
        std::string bytes(static_cast<std::size_t>(BN_num_bytes(value)), '\0');
        BN_bn2bin(value, octets(bytes.data()));
        return base64urlEncode(bytes);
    }

    Pkey key_;
    std::string algorithm_;
    std::string kid_;
};

}  // namespace scalekit::test
