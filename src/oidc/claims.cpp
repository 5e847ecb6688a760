#include "oidc/claims.hpp"

#include "base/base64url.hpp"
#include "base/json.hpp"
#include "crypto/digest.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace scalekit {

namespace {

constexpr std::size_t maxSubjectSize = 255;
constexpr int maxClaimDepth = 5;

/**
 * RFC 8725 3.11: every other type, such as at+jwt and logout+jwt, is a token of another profile.
 */
bool typeAllowed(std::string_view type) noexcept
{
    constexpr auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    };
    constexpr std::string_view application = "application/";

    std::string_view name = type;
    if (std::ranges::equal(name.substr(0, application.size()), application, {}, lower)) {
        name.remove_prefix(application.size());
    }
    return type.empty() || std::ranges::equal(name, std::string_view("jwt"), {}, lower);
}

bool contains(const std::vector<std::string>& list, std::string_view text) noexcept
{
    return std::ranges::find(list, text) != list.end();
}

bool onlyAudience(const json_t* claims, std::string_view value) noexcept
{
    const json_t* audience = json_object_get(claims, "aud");
    if (json_is_string(audience)) {
        return stringValue(audience) == value;
    }

    for (std::size_t i = 0; i < json_array_size(audience); ++i) {
        const json_t* entry = json_array_get(audience, i);
        if (!json_is_string(entry) || stringValue(entry) != value) {
            return false;
        }
    }
    return true;
}

/** Absent, or a string that says exactly this. */
bool absentOrEqual(const json_t* claims, const char* name, std::string_view value) noexcept
{
    return !hasMember(claims, name) || stringMember(claims, name) == value;
}

bool validSubject(const json_t* claims) noexcept
{
    const auto subject = stringMember(claims, "sub");
    return subject && !subject->empty() && subject->size() <= maxSubjectSize &&
           std::ranges::none_of(*subject, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

/**
 * at_hash and c_hash (OIDC Core 3.1.3.6): the left half of the hash that belongs to the token's
 * algorithm.
 */
bool hashHolds(const Jwt& token, const char* name, std::string_view hashed)
{
    if (!hasMember(token.claims.get(), name)) {
        return true;
    }

    const std::string whole = digest(token.algorithm->hash, hashed);
    const auto claimed = stringMember(token.claims.get(), name);
    return claimed && !hashed.empty() && !whole.empty() &&
           equalSecrets(*claimed,
                        base64urlEncode(std::string_view(whole).substr(0, whole.size() / 2)));
}

/** A scalar as text; nullopt for null, arrays and objects. */
std::optional<std::string> scalarText(const json_t* value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        return std::string(stringValue(value));
    case JSON_INTEGER:
        return std::to_string(json_integer_value(value));
    case JSON_REAL: {
        char digits[32];
        const auto end = std::to_chars(digits, digits + sizeof(digits), json_real_value(value));
        return std::string(digits, end.ptr);
    }
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    default:
        return std::nullopt;
    }
}

std::optional<Claim> readClaim(std::string name, const json_t* value)
{
    Claim claim{std::move(name), json_is_array(value), {}};

    for (std::size_t i = 0; claim.list && i < json_array_size(value); ++i) {
        if (auto text = scalarText(json_array_get(value, i))) {
            claim.values.push_back(std::move(*text));
        }
    }
    if (!claim.list) {
        if (auto text = scalarText(value)) {
            claim.values.push_back(std::move(*text));
        }
    }

    return claim.values.empty() ? std::nullopt : std::optional(std::move(claim));
}

/** What says nothing about the person, and what has a place of its own in Identity. */
bool leftOut(std::string_view name) noexcept
{
    constexpr std::string_view names[] = {
        "iss",     "aud",    "azp",    "client_id", "exp", "iat", "nbf",   "jti",  "nonce",
        "at_hash", "c_hash", "s_hash", "sub",       "oid", "sid", "email", "name", "picture",
    };
    return std::ranges::find(names, name) != std::end(names);
}

/**
 * Appends the members of an object, those of its objects last: where a name with a dot in it and a
 * path read the same, the name comes first and is the one that is found.
 */
void flatten(const json_t* object, const std::string& prefix, int depth, std::vector<Claim>& claims)
{
    const char* member = nullptr;
    json_t* value = nullptr;
    json_t* members = const_cast<json_t*>(object);  // jansson's iterators are not const

    json_object_foreach(members, member, value)
    {
        if (!json_is_object(value) && (depth > 0 || !leftOut(member))) {
            if (auto claim = readClaim(prefix + member, value)) {
                claims.push_back(std::move(*claim));
            }
        }
    }

    json_object_foreach(members, member, value)
    {
        if (json_is_object(value) && depth + 1 < maxClaimDepth && (depth > 0 || !leftOut(member))) {
            flatten(value, prefix + member + '.', depth + 1, claims);
        }
    }
}

std::string text(const json_t* claims, const char* name)
{
    return std::string(stringMember(claims, name).value_or(""));
}

std::string fullName(const json_t* claims)
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
std::string connectionOf(const json_t* claims)
{
    const json_t* methods = json_object_get(claims, "amr");
    const json_t* first = json_is_array(methods) ? json_array_get(methods, 0) : methods;

    const std::string_view method = json_is_string(first) ? stringValue(first) : "";
    return std::string(method.starts_with("conn_") ? method : "");
}

}  // namespace

Reason checkIdToken(const Jwt& token, const IdTokenRules& rules)
{
    const json_t* claims = token.claims.get();

    // Tokens of other profiles are none (RFC 8725 3.12), whatever else they say.
    if (!typeAllowed(token.type) || hasMember(claims, "events")) {
        return Reason::token_type_mismatch;
    }

    // 2. The issuer is one of ours.
    const auto issuer = stringMember(claims, "iss");
    if (!issuer || !contains(*rules.issuers, *issuer)) {
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

    // 9. It has not expired; RFC 7519 4.1.5: its time has come.
    const std::int64_t now = rules.now.time_since_epoch().count();
    const std::int64_t skew = rules.skew.count();

    const auto expires = dateMember(claims, "exp");
    if (!expires) {
        return Reason::claims_malformed;
    }
    if (now >= *expires + skew) {
        return Reason::token_expired;
    }

    const auto notBefore = dateMember(claims, "nbf");
    if (!notBefore && hasMember(claims, "nbf")) {
        return Reason::claims_malformed;
    }
    if (notBefore && *notBefore > now + skew) {
        return Reason::token_not_yet_valid;
    }

    // 10. It is not from the future. How old it may be is for exp to say: the nonce ties it to this
    // login.
    const auto issuedAt = dateMember(claims, "iat");
    if (!issuedAt || *issuedAt > now + skew) {
        return Reason::issued_at_invalid;
    }

    // 11. It answers this login.
    const auto nonce = stringMember(claims, "nonce");
    if (!nonce || rules.nonce.empty() || !equalSecrets(*nonce, rules.nonce)) {
        return Reason::nonce_mismatch;
    }

    // Section 2: it is about somebody.
    if (!validSubject(claims)) {
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

bool audienceHolds(const json_t* claims, std::string_view value) noexcept
{
    const json_t* audience = json_object_get(claims, "aud");
    if (json_is_string(audience)) {
        return stringValue(audience) == value;
    }

    bool held = false;
    for (std::size_t i = 0; i < json_array_size(audience); ++i) {
        const json_t* entry = json_array_get(audience, i);
        held = held || (json_is_string(entry) && stringValue(entry) == value);
    }
    return held;
}

Identity identityFrom(const json_t* claims)
{
    Identity identity;
    identity.subject = text(claims, "sub");
    identity.organization = text(claims, "oid");
    identity.connection = connectionOf(claims);
    identity.providerSession = text(claims, "sid");
    identity.email = text(claims, "email");
    identity.name = fullName(claims);
    identity.picture = text(claims, "picture");
    flatten(claims, "", 0, identity.claims);
    return identity;
}

}  // namespace scalekit
