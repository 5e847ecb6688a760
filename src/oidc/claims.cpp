#include "oidc/claims.hpp"

#include "base/base64url.hpp"
#include "crypto/digest.hpp"
#include "oidc/token_rules.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace scalekit {

namespace {

constexpr int maxClaimDepth = 5;

bool onlyAudience(JsonValue claims, std::string_view value) noexcept
{
    const JsonValue audience = claims.member("aud");
    const auto isIt = [value](JsonValue entry) {
        return entry.isString() && entry.text() == value;
    };
    return audience.isString() ? isIt(audience) : std::ranges::all_of(audience.elements(), isIt);
}

/**
 * at_hash and c_hash (OIDC Core 3.1.3.6): the left half of the hash that belongs to the token's
 * algorithm.
 */
bool hashHolds(const Jwt& token, std::string_view name, std::string_view hashed)
{
    if (!hasMember(token.claims.root(), name)) {
        return true;
    }

    const std::string whole = digest(token.algorithm->hash, hashed);
    const auto claimed = stringMember(token.claims.root(), name);
    return claimed && !hashed.empty() && !whole.empty() &&
           equalSecrets(*claimed,
                        base64urlEncode(std::string_view(whole).substr(0, whole.size() / 2)));
}

/** A scalar as text; nullopt for null, arrays and objects. */
std::optional<std::string> scalarText(JsonValue value)
{
    switch (value.type()) {
    case JsonType::string:
    case JsonType::boolean:
        return std::string(value.text());
    case JsonType::integer:
        return std::to_string(value.integer());
    case JsonType::real: {
        char digits[32];
        const auto end = std::to_chars(digits, digits + sizeof(digits), value.real());
        return std::string(digits, end.ptr);
    }
    default:
        return std::nullopt;
    }
}

/** Appends what a claim says, if that is anything. */
void readClaim(std::string_view path, std::string_view name, JsonValue value,
               std::vector<Claim>& claims)
{
    std::vector<std::string> values;
    const auto read = [&values](JsonValue scalar) {
        if (auto text = scalarText(scalar)) {
            values.push_back(*std::move(text));
        }
    };

    if (value.isArray()) {
        const JsonRange<JsonValue> elements = value.elements();
        values.reserve(static_cast<std::size_t>(std::ranges::distance(elements)));
        std::ranges::for_each(elements, read);
    } else {
        read(value);
    }

    if (!values.empty()) {
        Claim& claim = claims.emplace_back();
        claim.name.reserve(path.size() + name.size());
        claim.name.append(path).append(name);
        claim.list = value.isArray();
        claim.values = std::move(values);
    }
}

template <class... Names>
constexpr bool isAny(std::string_view name, Names... names) noexcept
{
    return ((name == std::string_view(names)) || ...);
}

/** What says nothing about the person, and what has a place of its own in Identity. */
bool leftOut(std::string_view name) noexcept
{
    return isProtocolClaim(name) ||
           isAny(name, "client_id", "sub", "oid", "sid", "email", "name", "picture");
}

/**
 * Appends the members of an object, those of its objects last: where a name with a dot in it and a
 * path read the same, the name comes first and is the one that is found. `path` leads to the
 * object, with a dot at its end.
 */
void flatten(JsonValue object, std::string& path, int depth, std::vector<Claim>& claims)
{
    bool nested = false;
    for (const auto [name, value] : object.members()) {
        if (depth == 0 && leftOut(name)) {
            continue;
        }
        if (value.isObject()) {
            nested = true;
        } else {
            readClaim(path, name, value, claims);
        }
    }
    if (!nested || depth + 1 == maxClaimDepth) {
        return;
    }

    const std::size_t size = path.size();
    for (const auto [name, value] : object.members()) {
        if (value.isObject() && (depth > 0 || !leftOut(name))) {
            path.append(name).append(1, '.');
            flatten(value, path, depth + 1, claims);
            path.resize(size);
        }
    }
}

std::string text(JsonValue claims, std::string_view name)
{
    return std::string(stringMember(claims, name).value_or(""));
}

std::string fullName(JsonValue claims)
{
    std::string name = text(claims, "name");
    if (!name.empty()) {
        return name;
    }

    name = text(claims, "given_name");
    const std::string family = text(claims, "family_name");
    if (!name.empty() && !family.empty()) {
        name += ' ';
    }
    return name += family;
}

/** Scalekit puts the connection where others put authentication methods. */
std::string connectionOf(JsonValue claims)
{
    JsonValue first = claims.member("amr");
    if (const JsonRange<JsonValue> methods = first.elements(); !methods.empty()) {
        first = *methods.begin();
    }

    const std::string_view method = first.isString() ? first.text() : "";
    return std::string(method.starts_with("conn_") ? method : "");
}

}  // namespace

bool isProtocolClaim(std::string_view name) noexcept
{
    return isAny(name, "iss", "aud", "azp", "exp", "iat", "nbf", "jti", "nonce", "at_hash",
                 "c_hash", "s_hash");
}

Reason checkIdToken(const Jwt& token, const IdTokenRules& rules)
{
    const JsonValue claims = token.claims.root();

    // Tokens of other profiles are none (RFC 8725 3.11, 3.12), whatever else they say.
    if ((!token.type.empty() && !isType(token.type, "JWT")) || hasMember(claims, "events")) {
        return Reason::token_type_mismatch;
    }

    // 2. The issuer is one of ours.
    if (!issuerIsOneOf(claims, *rules.issuers)) {
        return Reason::issuer_mismatch;
    }

    // 3. It was made for this client, and for nobody else.
    if (!audienceHolds(claims, rules.clientId)) {
        return Reason::audience_mismatch;
    }
    if (!onlyAudience(claims, rules.clientId)) {
        return Reason::audience_untrusted;
    }

    // 4, 5. The party it was issued to is this client; Scalekit says so in client_id as well.
    if (!absentOrEqual(claims, "azp", rules.clientId) ||
        !absentOrEqual(claims, "client_id", rules.clientId)) {
        return Reason::authorized_party_mismatch;
    }

    // 6, 7, 8. Signature and algorithm: verify() was asked before.

    // 9, 10. It has not expired, its time has come, and it is not from the future. How old it may
    // be is for exp to say: the nonce ties it to this login.
    const Reason times = checkTimes(claims, rules.now, rules.skew, IssuedAt::required);
    if (times != Reason::none) {
        return times;
    }

    // 11. It answers this login.
    const auto nonce = stringMember(claims, "nonce");
    if (!nonce || rules.nonce.empty() || !equalSecrets(*nonce, rules.nonce)) {
        return Reason::nonce_mismatch;
    }

    // Section 2: it is about somebody.
    if (!subjectValid(claims)) {
        return Reason::subject_missing;
    }

    // 3.1.3.8 and 3.3.2.11: optional in the code flow, but true.
    if (!hashHolds(token, "at_hash", rules.accessToken)) {
        return Reason::at_hash_mismatch;
    }
    if (!hashHolds(token, "c_hash", rules.code)) {
        return Reason::c_hash_mismatch;
    }

    return Reason::none;
}

Identity identityFrom(JsonValue claims)
{
    Identity identity;
    identity.subject = text(claims, "sub");
    identity.organization = text(claims, "oid");
    identity.connection = connectionOf(claims);
    identity.providerSession = text(claims, "sid");
    identity.email = text(claims, "email");
    identity.name = fullName(claims);
    identity.picture = text(claims, "picture");
    std::string path;
    flatten(claims, path, 0, identity.claims);
    return identity;
}

}  // namespace scalekit
