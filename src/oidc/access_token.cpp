#include "oidc/access_token.hpp"

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "oidc/claims.hpp"
#include "oidc/token_rules.hpp"

#include <algorithm>

namespace scalekit {

namespace {

template <std::size_t size>
bool hasAny(JsonValue claims, const std::string_view (&names)[size]) noexcept
{
    return std::ranges::any_of(names, [&](auto name) { return hasMember(claims, name); });
}

/** Scalekit may write null for a list that is empty. */
bool says(JsonValue claims, std::string_view name) noexcept
{
    const JsonValue member = claims.member(name);
    return member.type() != JsonType::absent && !member.isNull();
}

bool isText(JsonValue claims, std::string_view name) noexcept
{
    return !stringMember(claims, name).value_or("").empty();
}

bool isTextList(JsonValue list) noexcept
{
    return list.isArray() && std::ranges::all_of(list.elements(), &JsonValue::isString);
}

/** Scalekit signs all its tokens as "JWT", with the same keys: what one says tells which it is. */
bool looksLikeAccessToken(JsonValue claims) noexcept
{
    // An ID token's, and a logout token's.
    if (hasAny(claims, {"nonce", "at_hash", "c_hash", "s_hash", "amr", "events"})) {
        return false;
    }
    // idp_initiated_login: it asks for a login and is about nobody.
    if (!hasMember(claims, "sub") &&
        hasAny(claims, {"organization_id", "connection_id", "login_hint"})) {
        return false;
    }

    // An ID token may have a claim "scope" that a customer chose, but not without those above.
    return says(claims, "scope") || says(claims, "scopes") ||
           (isText(claims, "jti") && isText(claims, "client_id") && !hasMember(claims, "azp"));
}

enum class Audience { required, optional };

Reason checkAudience(JsonValue claims, const std::vector<std::string>* accepted, Audience presence)
{
    if (accepted == nullptr && presence == Audience::optional) {
        return Reason::none;
    }

    const JsonValue audience = claims.member("aud");
    if (audience.type() == JsonType::absent ||
        (audience.isArray() && audience.elements().empty())) {
        return Reason::audience_mismatch;
    }
    if (!audience.isString() && !isTextList(audience)) {
        return Reason::claims_malformed;
    }

    const auto held = [claims](const std::string& value) { return audienceHolds(claims, value); };
    if (accepted != nullptr && std::ranges::none_of(*accepted, held)) {
        return Reason::audience_mismatch;
    }
    return Reason::none;
}

bool scopesWellFormed(JsonValue claims) noexcept
{
    return (!says(claims, "scope") || claims.member("scope").isString()) &&
           (!says(claims, "scopes") || isTextList(claims.member("scopes")));
}

Claim* findClaim(std::vector<Claim>& claims, std::string_view name) noexcept
{
    const auto found = std::ranges::find(claims, name, &Claim::name);
    return found != claims.end() ? &*found : nullptr;
}

/** The values of a claim; those of `scope` are its words. */
void appendValues(std::vector<std::string>& values, const Claim& claim)
{
    for (const std::string& value : claim.values) {
        std::string_view words = value;
        const bool scope = claim.name == "scope";
        for (auto word = scope ? takeWord(words) : words; !word.empty();
             word = scope ? takeWord(words) : "") {
            appendOnce(values, word);
        }
    }
}

void unite(std::vector<Claim>& claims, const Claim& added)
{
    Claim* present = findClaim(claims, added.name);
    Claim united{added.name, added.list, {}};
    if (present != nullptr) {
        united.list = united.list || present->list;
        appendValues(united.values, *present);
    }
    appendValues(united.values, added);

    if (united.name == "scope") {
        united.list = false;
        united.values = {joined(united.values, " ")};
    } else {
        united.list = united.list || united.values.size() > 1;
    }

    if (present != nullptr) {
        *present = std::move(united);
    } else if (!united.values.empty()) {
        claims.push_back(std::move(united));
    }
}

}  // namespace

Reason checkAccessToken(const Jwt& token, const AccessTokenRules& rules)
{
    const JsonValue claims = token.claims.root();

    // RFC 9068 section 4, or a token of Scalekit; no other profile (RFC 8725 3.11, 3.12).
    const bool profiled = isType(token.type, "at+jwt");
    const bool plain = token.type.empty() || isType(token.type, "JWT");
    if (profiled ? hasMember(claims, "events") : !plain || !looksLikeAccessToken(claims)) {
        return Reason::token_type_mismatch;
    }

    if (!issuerIsOneOf(claims, *rules.issuers)) {
        return Reason::issuer_mismatch;
    }

    const Reason audience =
        checkAudience(claims, rules.audiences, profiled ? Audience::required : Audience::optional);
    if (audience != Reason::none) {
        return audience;
    }

    const Reason times = checkTimes(claims, rules.now, rules.skew,
                                    profiled ? IssuedAt::required : IssuedAt::optional);
    if (times != Reason::none) {
        return times;
    }

    if (!subjectValid(claims)) {
        return Reason::subject_missing;
    }

    // RFC 9068 section 2.2
    if (profiled && (!isText(claims, "client_id") || !isText(claims, "jti"))) {
        return Reason::claims_malformed;
    }
    if (!scopesWellFormed(claims)) {
        return Reason::claims_malformed;
    }

    return Reason::none;
}

std::chrono::sys_seconds expiryOf(JsonValue claims) noexcept
{
    return std::chrono::sys_seconds(std::chrono::seconds(dateMember(claims, "exp").value_or(0)));
}

Identity identityFromAccessToken(JsonValue claims)
{
    Identity identity = identityFrom(claims);
    if (const auto client = stringMember(claims, "client_id"); client && !client->empty()) {
        identity.claims.push_back({"client_id", false, {std::string(*client)}});
    }
    return identity;
}

Reason addAccessTokenClaims(Identity& identity, const Jwt& token, const AccessTokenRules& rules,
                            std::string_view clientId)
{
    if (const Reason reason = checkAccessToken(token, rules); reason != Reason::none) {
        return reason;
    }

    const JsonValue claims = token.claims.root();
    if (!absentOrEqual(claims, "client_id", clientId) || !absentOrEqual(claims, "azp", clientId)) {
        return Reason::authorized_party_mismatch;
    }

    if (stringMember(claims, "sub") != identity.subject) {
        return Reason::subject_missing;
    }
    if (!identity.organization.empty() && !absentOrEqual(claims, "oid", identity.organization)) {
        return Reason::organization_mismatch;
    }

    const Identity holder = identityFrom(claims);
    for (const Claim& claim : holder.claims) {
        constexpr std::string_view added[] = {"roles", "permissions", "scope", "scopes"};
        if (std::ranges::find(added, claim.name) != std::end(added)) {
            unite(identity.claims, claim);
        }
    }
    return Reason::none;
}

}  // namespace scalekit
