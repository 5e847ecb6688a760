#include "base/base64url.hpp"
#include "jose/verify.hpp"
#include "oidc/access_token.hpp"

#include "json_text.hpp"
#include "signer.hpp"

#include <chrono>
#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <vector>

namespace {

using namespace scalekit;

constexpr char usage[] =
    R"(jws: judges signatures and tokens with the module's own code, for vectors from elsewhere.

Reads one JSON object per line and answers each with one. Every line gets an answer, whatever is
in it, before the next one is read:
  {"payload": BYTES}   accepted, and what was signed; BYTES, here and below, are base64url
  {"refused": WORD}    not accepted, and the word of the reason
  {"error": TEXT}      the line asks nothing; the exit status will be 1

What a line can ask:
  {"jwks": SET, "jws": TOKEN}
      The token as the module takes it: the payload must be claims; the answer has "claims" too.
  {"jwks": SET, "jws": TOKEN, "payload": "any"}
      The same, but the payload may be any bytes.
  {"jwks": SET, "jws": TOKEN,
   "rules": {"issuers": [TEXT...], "audiences": [TEXT...], "now": SECONDS, "skew": SECONDS}}
      The same, and it must be an access token of one of these issuers, for one of these audiences
      (none given: for anybody).
  {"alg": NAME, "jwk": KEY, "message": BYTES, "signature": BYTES}
      One signature, without a token round it.
  {"sign": NAME, "key": KIND, "header": TEXT, "payload": TEXT}
      Makes {"jws": TOKEN, "jwk": KEY} with OpenSSL, as the unit tests do. KIND is RSA, RSA-3072,
      P-256, P-384, P-521 or Ed25519.

SET is a JWK Set: an object, or a string that holds its text. "jwk": KEY in its place is a set of
that key alone. "set": NAME beside it keeps the set, and stands for it in later lines.
)";

/** A line that asks nothing. */
struct Mistake {
    std::string text;
};

std::optional<std::string_view> stringMember(const json_t* object, const char* name)
{
    const json_t* member = json_object_get(object, name);
    return json_is_string(member) ? std::optional(std::string_view(json_string_value(member),
                                                                   json_string_length(member)))
                                  : std::nullopt;
}

std::string require(const json_t* line, const char* name)
{
    const auto text = stringMember(line, name);
    if (!text) {
        throw Mistake{"no string " + std::string(name)};
    }
    return std::string(*text);
}

std::string requireBytes(const json_t* line, const char* name)
{
    auto bytes = base64urlDecode(require(line, name));
    if (!bytes) {
        throw Mistake{std::string(name) + " is no base64url"};
    }
    return *std::move(bytes);
}

std::string textOf(const json_t* json)
{
    const std::unique_ptr<char, void (*)(void*)> text(json_dumps(json, JSON_COMPACT), free);
    if (!text) {
        throw Mistake{"cannot be written as JSON"};
    }
    return text.get();
}

std::string refused(Reason reason)
{
    return "{\"refused\":\"" + std::string(word(reason)) + "\"}";
}

std::string accepted(std::string_view payload, const std::string& claims = "")
{
    return "{\"payload\":\"" + base64urlEncode(payload) + "\"" +
           (claims.empty() ? "" : ",\"claims\":" + claims) + "}";
}

/** The text of the set that a line brings along. */
std::string keySetText(const json_t* line)
{
    if (const json_t* key = json_object_get(line, "jwk")) {
        if (!json_is_object(key)) {
            throw Mistake{"jwk is no object"};
        }
        return "{\"keys\":[" + textOf(key) + "]}";
    }
    const json_t* set = json_object_get(line, "jwks");
    return json_is_object(set) ? textOf(set) : require(line, "jwks");
}

const Result<KeySet>& keySetFor(const json_t* line)
{
    static std::map<std::string, Result<KeySet>, std::less<>> sets;

    const auto name = stringMember(line, "set");
    if (json_object_get(line, "jwks") != nullptr || json_object_get(line, "jwk") != nullptr) {
        const auto set =
            sets.insert_or_assign(std::string(name.value_or("")), KeySet::parse(keySetText(line)));
        return set.first->second;
    }
    const auto found = name ? sets.find(*name) : sets.end();
    if (found == sets.end()) {
        throw Mistake{"no key set"};
    }
    return found->second;
}

std::vector<std::string> textsOf(const json_t* list)
{
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < json_array_size(list); ++i) {
        const char* text = json_string_value(json_array_get(list, i));
        texts.emplace_back(text != nullptr ? text : "");
    }
    return texts;
}

Reason checkRules(const json_t* line, const Jwt& token)
{
    const json_t* rules = json_object_get(line, "rules");
    if (rules == nullptr) {
        return Reason::none;
    }
    const auto issuers = textsOf(json_object_get(rules, "issuers"));
    const auto audiences = textsOf(json_object_get(rules, "audiences"));
    const auto seconds = [rules](const char* name) {
        return std::chrono::seconds(json_integer_value(json_object_get(rules, name)));
    };
    return checkAccessToken(token, {.issuers = &issuers,
                                    .audiences = audiences.empty() ? nullptr : &audiences,
                                    .now = std::chrono::sys_seconds(seconds("now")),
                                    .skew = seconds("skew")});
}

std::string judgeToken(const json_t* line)
{
    const std::string text = require(line, "jws");
    const bool anyPayload = stringMember(line, "payload") == "any";
    const Result<KeySet>& keys = keySetFor(line);
    if (!keys) {
        return refused(keys.error());
    }

    const auto token = UnverifiedJwt::parse(text);
    if (!token) {
        return refused(token.error());
    }
    const std::string_view input = token->signingInput();
    const auto payload = base64urlDecode(input.substr(input.find('.') + 1));

    const Result<Jwt> jwt = verify(*token, *keys);
    if (jwt) {
        const Reason reason = checkRules(line, *jwt);
        return reason == Reason::none ? accepted(payload.value(), test::textOf(jwt->claims.root()))
                                      : refused(reason);
    }
    // claims are looked at last: with these the signature was right
    const bool signatureHolds = jwt.error() == Reason::claims_malformed;
    return anyPayload && signatureHolds ? accepted(payload.value()) : refused(jwt.error());
}

std::string judgeSignature(const json_t* line)
{
    const std::string name = require(line, "alg");
    const std::string message = requireBytes(line, "message");
    const std::string signature = requireBytes(line, "signature");

    const auto jwk =
        JsonDocument::parse(textOf(json_object_get(line, "jwk")), Reason::key_unusable);
    const auto key = jwk ? parseJwk(jwk->root()) : jwk.error();
    if (!key) {
        return refused(key.error());
    }
    const Algorithm* algorithm = findAlgorithm(name);
    if (algorithm == nullptr || !key->allows(*algorithm)) {
        return refused(Reason::algorithm_not_allowed);
    }
    return verifySignature(*algorithm, *key, message, signature)
               ? accepted(message)
               : refused(Reason::signature_invalid);
}

std::string sign(const json_t* line)
{
    const Algorithm* algorithm = findAlgorithm(require(line, "sign"));
    if (algorithm == nullptr) {
        throw Mistake{"no such algorithm"};
    }
    const std::string kind = require(line, "key");
    const std::string jws =
        test::compactJws(*algorithm, kind, require(line, "header"), require(line, "payload"));
    return "{\"jws\":\"" + jws + "\",\"jwk\":" + test::publicJwk(kind) + "}";
}

std::string answer(const std::string& text)
{
    const JsonPtr line(
        json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, nullptr));
    if (!json_is_object(line.get())) {
        throw Mistake{"no JSON object"};
    }
    const auto asks = [&line](const char* name) { return json_object_get(line.get(), name); };
    if (asks("jws")) {
        return judgeToken(line.get());
    }
    if (asks("signature")) {
        return judgeSignature(line.get());
    }
    if (asks("sign")) {
        return sign(line.get());
    }
    keySetFor(line.get());
    return "{}";
}

}  // namespace

int main(int count, char**)
{
    if (count > 1) {
        std::cout << usage;
        return 0;
    }

    std::ios::sync_with_stdio(false);  // answers still go out before the next line is read
    int status = 0;
    for (std::string text; std::getline(std::cin, text);) {
        std::string why;
        try {
            std::cout << answer(text) << '\n';
            continue;
        } catch (const Mistake& mistake) {
            why = mistake.text;
        } catch (const std::exception& e) {
            why = e.what();
        }
        std::cout << "{\"error\":" << test::quoteJson(why) << "}\n";
        status = 1;
    }
    return status;
}
