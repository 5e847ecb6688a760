#include "jose/jwk.hpp"

#include "base/base64url.hpp"
#include "base/log_text.hpp"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <iterator>
#include <set>

namespace scalekit {

namespace {

using ParamBuilder = OpensslHandle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = OpensslHandle<OSSL_PARAM, OSSL_PARAM_free>;

// RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1, RFC 8037 section 2
constexpr std::string_view secretMembers[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

/** The bytes of a member; empty when it is absent, no string or not strict base64url. */
std::string bytesMember(JsonValue jwk, std::string_view name)
{
    const auto text = stringMember(jwk, name);
    return text ? base64urlDecode(*text).value_or("") : std::string();
}

/** A row that tells the sizes of the curve, nullptr for a curve that none of them uses. */
const Algorithm* findCurve(KeyType type, std::string_view curve) noexcept
{
    for (const Algorithm& row : algorithms()) {
        if (row.keyType == type && row.curve == curve) {
            return &row;
        }
    }
    return nullptr;
}

Pkey makeKey(const char* type, OSSL_PARAM* members)
{
    const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;

    if (members == nullptr || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, members) != 1) {
        return nullptr;
    }
    return Pkey(key);
}

/**
 * The fingerprint of keys whose primes can be found again (ROCA, CVE-2017-15361): modulo every
 * small prime the modulus is a power of 65537. One sound key in 200 million looks the same.
 */
bool isRoca(const BIGNUM* modulus)
{
    constexpr unsigned long primes[] = {
        3,  5,  7,  11, 13, 17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
        73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};

    return std::all_of(std::begin(primes), std::end(primes), [&](unsigned long prime) {
        const unsigned long rest = BN_mod_word(modulus, prime);
        unsigned long power = 1;
        do {
            if (power == rest) {
                return true;
            }
            power = power * 65537 % prime;
        } while (power != 1);
        return false;
    });
}

/** RFC 7518 section 6.3.1. */
Pkey makeRsaKey(JsonValue jwk)
{
    const std::string n = bytesMember(jwk, "n");
    const std::string e = bytesMember(jwk, "e");
    if (n.size() > maxModulusBits / 8 + 1 || e.size() > maxExponentBits / 8 + 1) {
        return nullptr;  // before a long number is made of it; one zero byte in front is harmless
    }

    const Bignum modulus(BN_bin2bn(octets(n), static_cast<int>(n.size()), nullptr));
    const Bignum exponent(BN_bin2bn(octets(e), static_cast<int>(e.size()), nullptr));
    if (!modulus || !exponent) {
        return nullptr;
    }
    if (BN_num_bits(modulus.get()) < minModulusBits ||
        BN_num_bits(modulus.get()) > maxModulusBits || !BN_is_odd(modulus.get()) ||
        isRoca(modulus.get())) {
        return nullptr;
    }
    // e = 1 makes every signature its own message; OpenSSL takes it
    if (BN_num_bits(exponent.get()) < 2 || BN_num_bits(exponent.get()) > maxExponentBits ||
        !BN_is_odd(exponent.get())) {
        return nullptr;
    }

    // no EVP_PKEY_public_check() here: beyond the above it looks for small factors and a prime
    // modulus, which stops the event loop for 3 ms a key of 2048 and 100 ms of 8192 bits
    const ParamBuilder members(OSSL_PARAM_BLD_new());
    if (!members ||
        OSSL_PARAM_BLD_push_BN(members.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(members.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
        return nullptr;
    }
    return makeKey("RSA", Params(OSSL_PARAM_BLD_to_param(members.get())).get());
}

/** The key, if it is one; of EC, if its point is on the curve. */
Pkey checkedKey(Pkey key)
{
    const PkeyContext context(key ? EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr)
                                  : nullptr);
    return context && EVP_PKEY_public_check(context.get()) == 1 ? std::move(key) : nullptr;
}

/** RFC 7518 section 6.2.1: both coordinates in the full length of the field. */
Pkey makeEcKey(JsonValue jwk, const Algorithm& curve)
{
    const std::string x = bytesMember(jwk, "x");
    const std::string y = bytesMember(jwk, "y");
    if (x.size() != curve.signatureSize / 2 || y.size() != curve.signatureSize / 2) {
        return nullptr;
    }

    std::string group(curve.curve);
    std::string point = '\x04' + x + y;  // uncompressed (SEC 1 section 2.3.3)
    OSSL_PARAM members[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
        OSSL_PARAM_construct_end()};
    return checkedKey(makeKey("EC", members));
}

/** RFC 8037 section 2. Bytes that are no point make a key that verifies nothing. */
Pkey makeOkpKey(JsonValue jwk, const Algorithm& curve)
{
    const std::string x = bytesMember(jwk, "x");
    if (x.size() != curve.signatureSize / 2) {
        return nullptr;
    }

    const std::string type(curve.curve);  // OpenSSL has a key type for each of these curves
    return checkedKey(
        Pkey(EVP_PKEY_new_raw_public_key_ex(nullptr, type.c_str(), nullptr, octets(x), x.size())));
}

/** RFC 7517 sections 4.2 and 4.3. */
bool mayVerify(JsonValue jwk)
{
    if (hasMember(jwk, "use") && stringMember(jwk, "use") != "sig") {
        return false;
    }
    if (!hasMember(jwk, "key_ops")) {
        return true;
    }

    std::set<std::string_view> operations;  // each of them once
    for (const JsonValue operation : jwk.member("key_ops").elements()) {
        if (!operation.isString() || !operations.insert(operation.text()).second) {
            return false;
        }
    }
    return operations.contains("verify");
}

/** PSS with the digest's own size as the length of the salt (RFC 7518 3.5). */
bool usePss(EVP_PKEY_CTX* parameters)
{
    return EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1;
}

PkeyContext makeVerifier(const Algorithm& algorithm, EVP_PKEY* key)
{
    PkeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    const bool ready =
        context && EVP_PKEY_verify_init(context.get()) == 1 &&
        EVP_PKEY_CTX_set_signature_md(context.get(), EVP_get_digestbyname(algorithm.digest)) == 1 &&
        (algorithm.padding != Padding::pss || usePss(context.get()));
    return ready ? std::move(context) : nullptr;
}

}  // namespace

bool Jwk::allows(const Algorithm& wanted) const noexcept
{
    return wanted.keyType == type && wanted.curve == curve &&
           (algorithm == nullptr || algorithm == &wanted);
}

EVP_PKEY_CTX* Jwk::verifier(const Algorithm& wanted) const noexcept
{
    for (const Verifier& prepared : verifiers) {
        if (prepared.algorithm == &wanted) {
            return prepared.context.get();
        }
    }
    return nullptr;
}

std::size_t Jwk::signatureSize(const Algorithm& used) const noexcept
{
    return used.keyType == KeyType::rsa ? modulusSize : used.signatureSize;
}

Result<Jwk> parseJwk(JsonValue jwk)
{
    const ErrorQueueGuard guard;
    Jwk key;

    for (const std::string_view member : secretMembers) {
        if (hasMember(jwk, member)) {
            return Reason::key_unusable;
        }
    }
    if (!mayVerify(jwk)) {
        return Reason::key_unusable;
    }

    if (hasMember(jwk, "kid")) {
        const auto id = stringMember(jwk, "kid");
        if (!id) {
            return Reason::key_unusable;
        }
        key.id = *id;
    }

    const auto type = stringMember(jwk, "kty");
    const auto curve = stringMember(jwk, "crv").value_or("");
    if (type == "RSA") {
        key.pkey = makeRsaKey(jwk);
        key.modulusSize =
            key.pkey ? static_cast<std::size_t>(EVP_PKEY_get_size(key.pkey.get())) : 0;
    } else if (type == "EC" || type == "OKP") {
        key.type = type == "EC" ? KeyType::ec : KeyType::okp;
        key.curve = curve;
        if (const Algorithm* sizes = findCurve(key.type, curve)) {
            key.pkey = key.type == KeyType::ec ? makeEcKey(jwk, *sizes) : makeOkpKey(jwk, *sizes);
        }
    }
    if (!key.pkey) {
        return Reason::key_unusable;
    }

    if (hasMember(jwk, "alg")) {
        const Algorithm* algorithm = findAlgorithm(stringMember(jwk, "alg").value_or(""));
        if (algorithm == nullptr || !key.allows(*algorithm)) {
            return Reason::key_unusable;
        }
        key.algorithm = algorithm;
    }

    for (const Algorithm& algorithm : algorithms()) {
        if (!key.allows(algorithm) || algorithm.digest == nullptr) {
            continue;
        }
        key.verifiers.push_back({&algorithm, makeVerifier(algorithm, key.pkey.get())});
        if (!key.verifiers.back().context) {
            return Reason::key_unusable;
        }
    }

    return key;
}

Result<KeySet> KeySet::parse(std::string_view json)
{
    const auto document = JsonDocument::parse(json, Reason::key_set_invalid);
    if (!document) {
        return document.error();
    }

    const JsonValue keys = document->root().member("keys");
    const JsonRange<JsonValue> entries = keys.elements();
    if (!keys.isArray() || std::ranges::distance(entries) > maxKeys) {
        return Reason::key_set_invalid;
    }

    KeySet set;
    for (const JsonValue entry : entries) {
        Result<Jwk> key = parseJwk(entry);
        if (key) {
            set.keys_.push_back(std::move(*key));
        }
    }
    if (set.keys_.empty()) {
        return Reason::key_set_invalid;
    }
    return set;
}

std::vector<const Jwk*> KeySet::candidates(std::string_view kid, const Algorithm& algorithm) const
{
    std::vector<const Jwk*> found;
    for (const Jwk& key : keys_) {
        if (key.allows(algorithm) && (kid.empty() || key.id == kid)) {
            found.push_back(&key);
        }
    }

    if (kid.empty() && found.size() > 1) {
        found.clear();
    }
    if (found.size() > maxCandidates) {
        found.resize(maxCandidates);
    }
    return found;
}

bool KeySet::hasKid(std::string_view kid) const noexcept
{
    return !kid.empty() &&
           std::any_of(keys_.begin(), keys_.end(), [&](const Jwk& key) { return key.id == kid; });
}

namespace {

std::string member(JsonValue jwk, std::string_view name)
{
    std::string text(name);
    text += ' ';
    return text += quotedForLog(stringMember(jwk, name).value_or(""), 32);
}

/** In the order of parseJwk(), for a key that it refuses. */
std::string whyUnusable(JsonValue jwk)
{
    for (const std::string_view name : secretMembers) {
        if (hasMember(jwk, name)) {
            return "it is private or symmetric";
        }
    }
    if (!mayVerify(jwk)) {
        return "its use or key_ops is not for verifying signatures";
    }
    const auto type = stringMember(jwk, "kty");
    if (type != "RSA" && type != "EC" && type != "OKP") {
        return member(jwk, "kty") + " is not known";
    }
    const KeyType curved = type == "EC" ? KeyType::ec : KeyType::okp;
    if (type != "RSA" && findCurve(curved, stringMember(jwk, "crv").value_or("")) == nullptr) {
        return member(jwk, "crv") + " is not known";
    }
    if (hasMember(jwk, "alg") && findAlgorithm(stringMember(jwk, "alg").value_or("")) == nullptr) {
        return member(jwk, "alg") + " is not known";
    }
    return "its members are malformed, too weak, or do not fit each other";
}

}  // namespace

std::vector<std::string> keysLeftOut(std::string_view json)
{
    std::vector<std::string> lines;
    const auto document = JsonDocument::parse(json, Reason::key_set_invalid);
    if (document) {
        for (const JsonValue entry : document->root().member("keys").elements()) {
            if (!parseJwk(entry)) {
                lines.push_back(member(entry, "kid") + ": " + whyUnusable(entry));
            }
        }
    }
    return lines;
}

}  // namespace scalekit
