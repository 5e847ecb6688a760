#include "base/url.hpp"
#include "crypto/random.hpp"
#include "session/codec.hpp"
#include "session/session.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <map>

/**
 * mint NAME=VALUE...: prints the Cookie header value of a session that was never signed in for, so
 * that tests of the module need no provider. Values are percent-encoded.
 *
 *     key=SECRET environment=NAME cookie=NAME        what it is sealed with and bound to
 *     created=SECONDS seen=SECONDS                   how long ago, negative for the future
 *     sub= org= connection= sid= email= name= picture=
 *     claim:NAME=VALUE list:NAME=VALUE,VALUE...      all other claims
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

}  // namespace

int main(int count, char** arguments)
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

    for (int i = 1; i < count; ++i) {
        const std::string_view argument = arguments[i];
        const std::size_t equals = argument.find('=');
        if (equals == std::string_view::npos) {
            die("not NAME=VALUE: " + std::string(argument));
        }
        const std::string name(argument.substr(0, equals));
        const std::string_view value = argument.substr(equals + 1);

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
