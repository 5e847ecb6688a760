#include "base/base64url.hpp"
#include "base/url.hpp"
#include "crypto/openssl.hpp"
#include "crypto/random.hpp"
#include "session/codec.hpp"
#include "session/session.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <map>

/**
 * mint makes what the tests of the module send, so that they need no provider.
 *
 * mint NAME=VALUE...: prints the Cookie header value of a session that was never signed in for.
 * Values are percent-encoded.
 *
 *     key=SECRET environment=NAME cookie=NAME        what it is sealed with and bound to
 *     created=SECONDS seen=SECONDS                   how long ago, negative for the future
 *     sub= org= connection= sid= email= name= picture=
 *     claim:NAME=VALUE list:NAME=VALUE,VALUE...      all other claims
 *
 * mint token header=JSON payload=JSON [seed=BYTES]: prints a JWS of the two, signed by the Ed25519 key
 * of RFC 8037 appendix A.1 or by that of another seed, whatever the header says.
 */
namespace {

using namespace scalekit;

[[noreturn]] void die(const std::string& why)
{
    std::cerr << "mint: " << why << '\n';
    std::exit(1);
}

std::string decoded(std::string_view text)
{
    auto value = percentDecode(text);
    if (!value) {
        die("not percent-encoded: " + std::string(text));
    }
    return *std::move(value);
}

template <class T>
T orDie(Result<T> result)
{
    if (!result) {
        die(std::string(word(result.error())));
    }
    return *std::move(result);
}

Claim listClaim(std::string name, std::string_view values)
{
    Claim claim{std::move(name), true, {}};
    while (!values.empty()) {
        const std::size_t comma = values.find(',');
        claim.values.push_back(decoded(values.substr(0, comma)));
        values = comma == std::string_view::npos ? std::string_view() : values.substr(comma + 1);
    }
    return claim;
}

/** NAME and the still encoded VALUE. */
std::pair<std::string, std::string_view> split(std::string_view argument)
{
    const std::size_t equals = argument.find('=');
    if (equals == std::string_view::npos) {
        die("not NAME=VALUE: " + std::string(argument));
    }
    return {std::string(argument.substr(0, equals)), argument.substr(equals + 1)};
}

std::string signature(std::string_view seed, std::string_view input)
{
    const Pkey key(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, octets(seed), seed.size()));
    const DigestContext context(EVP_MD_CTX_new());
    std::string signature(64, '\0');
    std::size_t size = signature.size();
    if (!key || !context ||
        EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
        EVP_DigestSign(context.get(), octets(signature.data()), &size, octets(input),
                       input.size()) != 1) {
        die("OpenSSL does not sign: is the seed 32 bytes?");
    }
    return signature;
}

void printToken(int count, char** arguments)
{
    std::map<std::string, std::string> options = {
        {"seed", "\x9d\x61\xb1\x9d\xef\xfd\x5a\x60\xba\x84\x4a\xf4\x92\xec\x2c\xc4"
                 "\x44\x49\xc5\x69\x7b\x32\x69\x19\x70\x3b\xac\x03\x1c\xae\x7f\x60"}};
    for (int i = 0; i < count; ++i) {
        const auto [name, value] = split(arguments[i]);
        options[name] = decoded(value);
    }

    const std::string input =
        base64urlEncode(options["header"]) + '.' + base64urlEncode(options["payload"]);
    std::cout << input << '.' << base64urlEncode(signature(options["seed"], input));
}

void printSession(int count, char** arguments)
{
    Identity identity;
    std::map<std::string, std::string> options;
    const std::map<std::string, std::string*> profile = {
        {"sub", &identity.subject},
        {"org", &identity.organization},
        {"connection", &identity.connection},
        {"sid", &identity.providerSession},
        {"email", &identity.email},
        {"name", &identity.name},
        {"picture", &identity.picture},
    };

    for (int i = 0; i < count; ++i) {
        const auto [name, value] = split(arguments[i]);
        if (name.starts_with("claim:")) {
            identity.claims.push_back({name.substr(6), false, {decoded(value)}});
        } else if (name.starts_with("list:")) {
            identity.claims.push_back(listClaim(name.substr(5), value));
        } else if (const auto member = profile.find(name); member != profile.end()) {
            *member->second = decoded(value);
        } else {
            options[name] = decoded(value);
        }
    }

    const auto ago = [&](const char* option) {
        const long seconds = std::time(nullptr) - std::atol(options[option].c_str());
        return std::chrono::sys_seconds(std::chrono::seconds(seconds));
    };
    const std::string id = orDie(randomBytes(sessionIdSize));
    std::string record = orDie(writeSession(identity, ago("created"), id));
    record = touchSession(record, ago("seen"));

    const SealKeys keys = orDie(SealKeys::derive({options["key"]}, "session"));
    const std::string& cookie = options["cookie"];
    const std::string context = sessionContext(cookie, options["environment"]);
    const std::string nonce = orDie(randomBytes(sealNonceSize));
    const auto values = orDie(sealSession(record, keys, context, nonce));
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::cout << (i == 0 ? "" : "; ") << chunkName(cookie, i) << '=' << values[i];
    }
}

}  // namespace

int main(int count, char** arguments)
{
    if (count > 1 && std::string_view(arguments[1]) == "token") {
        printToken(count - 2, arguments + 2);
    } else {
        printSession(count - 1, arguments + 1);
    }
}
