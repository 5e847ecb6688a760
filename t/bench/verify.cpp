#include "base/identity.hpp"
#include "jose/jwk.hpp"
#include "jose/jwt.hpp"
#include "jose/verify.hpp"
#include "oidc/access_token.hpp"

#include <openssl/ec.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

/**
 * verify FOLDER ALGORITHM ISSUER AUDIENCE: prints two times in microseconds of this thread's
 * processor time, each the median of rounds over the first of the folder's tokens: a bare
 * verification of one signature by OpenSSL, of a signing input and a signature that lie ready and
 * with the key prepared, and all that the core does for one token: parsing, signature, claims,
 * identity.
 */
namespace {

using namespace scalekit;

constexpr std::size_t tokensUsed = 500;
constexpr int rounds = 3;

[[noreturn]] void die(const std::string& why)
{
    std::cerr << "verify: " << why << '\n';
    std::exit(1);
}

template <class T>
T orDie(Result<T> result)
{
    if (!result) {
        die(std::string(word(result.error())));
    }
    return *std::move(result);
}

std::ifstream opened(const std::string& path)
{
    std::ifstream file(path);
    if (!file) {
        die("cannot read " + path);
    }
    return file;
}

double microseconds()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

/** Per item, of one pass over all of them. */
template <class Items, class Work>
double timed(const Items& items, Work work)
{
    const double start = microseconds();
    for (const auto& item : items) {
        work(item);
    }
    return (microseconds() - start) / static_cast<double>(items.size());
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

struct Signed {
    std::string message;
    std::string signature;  // as OpenSSL takes it
};

std::string toDer(std::string_view raw)
{
    const OpensslHandle<ECDSA_SIG, ECDSA_SIG_free> pair(ECDSA_SIG_new());
    ECDSA_SIG_set0(pair.get(), BN_bin2bn(octets(raw), 32, nullptr),
                   BN_bin2bn(octets(raw) + 32, 32, nullptr));
    unsigned char* out = nullptr;
    const int size = i2d_ECDSA_SIG(pair.get(), &out);
    std::string der(reinterpret_cast<char*>(out), static_cast<std::size_t>(size));
    OPENSSL_free(out);
    return der;
}

Signed takeApart(const std::string& compact)
{
    const UnverifiedJwt token = orDie(UnverifiedJwt::parse(compact));
    std::string signature(token.signature());
    if (token.algorithm().keyType == KeyType::ec) {
        signature = toDer(signature);
    }
    return {std::string(token.signingInput()), std::move(signature)};
}

void verifyBare(const Signed& item, EVP_PKEY* key, const EVP_MD* digest)
{
    const DigestContext context(EVP_MD_CTX_new());
    if (EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) != 1 ||
        EVP_DigestVerify(context.get(), octets(item.signature), item.signature.size(),
                         octets(item.message), item.message.size()) != 1) {
        die("OpenSSL refused a signature");
    }
}

void verifyWhole(const std::string& compact, const KeySet& keys, const AccessTokenRules& rules)
{
    static LastHeader last;  // as a worker keeps it
    const Jwt token = orDie(verify(orDie(UnverifiedJwt::parse(compact, &last)), keys));
    if (const Reason reason = checkAccessToken(token, rules); reason != Reason::none) {
        die(std::string(word(reason)));
    }
    if (identityFromAccessToken(token.claims.root()).subject.empty()) {
        die("no subject");
    }
}

}  // namespace

int main(int count, char** arguments)
{
    if (count != 5) {
        die("FOLDER ALGORITHM ISSUER AUDIENCE");
    }
    const std::string folder = std::string(arguments[1]) + '/';
    const std::string algorithm = arguments[2];
    const std::vector<std::string> issuers = {arguments[3]};
    const std::vector<std::string> audiences = {arguments[4]};

    std::ifstream keysFile = opened(folder + "keys.json");
    const std::string json{std::istreambuf_iterator<char>(keysFile), {}};
    const KeySet keys = orDie(KeySet::parse(json));

    std::vector<std::string> tokens;
    std::ifstream tokensFile = opened(folder + algorithm + ".tokens");
    for (std::string line; tokens.size() < tokensUsed && std::getline(tokensFile, line);) {
        tokens.push_back(line);
    }
    if (tokens.empty()) {
        die("no tokens");
    }

    const AccessTokenRules rules{&issuers, &audiences,
                                 std::chrono::sys_seconds(std::chrono::seconds(std::time(nullptr))),
                                 std::chrono::seconds(60)};
    const UnverifiedJwt first = orDie(UnverifiedJwt::parse(tokens.front()));
    const auto candidates = keys.candidates(first.kid(), first.algorithm());
    if (candidates.size() != 1) {
        die("no key");
    }
    EVP_PKEY* key = candidates.front()->pkey.get();
    const char* digestName = first.algorithm().digest;
    const EVP_MD* digest = digestName == nullptr ? nullptr : EVP_get_digestbyname(digestName);

    std::vector<Signed> parts;
    for (const std::string& token : tokens) {
        parts.push_back(takeApart(token));
    }

    std::vector<double> bare, whole;
    for (int round = 0; round < rounds; ++round) {
        bare.push_back(timed(parts, [&](const auto& item) { verifyBare(item, key, digest); }));
        whole.push_back(timed(tokens, [&](const auto& item) { verifyWhole(item, keys, rules); }));
    }
    std::cout << median(bare) << ' ' << median(whole) << '\n';
}
