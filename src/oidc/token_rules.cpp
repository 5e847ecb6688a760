#include "oidc/token_rules.hpp"

#include "base/ascii.hpp"

#include <algorithm>

namespace scalekit {

namespace {

constexpr std::size_t maxSubjectSize = 255;

}  // namespace

bool isType(std::string_view typ, std::string_view name) noexcept
{
    constexpr std::string_view application = "application/";
    if (startsWithIgnoringCase(typ, application)) {
        typ.remove_prefix(application.size());
    }
    return equalIgnoringCase(typ, name);
}

bool issuerIsOneOf(JsonValue claims, const std::vector<std::string>& issuers) noexcept
{
    const auto issuer = stringMember(claims, "iss");
    return issuer && std::ranges::find(issuers, *issuer) != issuers.end();
}

bool audienceHolds(JsonValue claims, std::string_view value) noexcept
{
    const JsonValue audience = claims.member("aud");
    const auto isIt = [value](JsonValue entry) {
        return entry.isString() && entry.text() == value;
    };
    return isIt(audience) || std::ranges::any_of(audience.elements(), isIt);
}

Reason checkTimes(JsonValue claims, std::chrono::sys_seconds at, std::chrono::seconds leeway,
                  IssuedAt presence) noexcept
{
    const std::int64_t now = at.time_since_epoch().count();
    const std::int64_t skew = leeway.count();

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

    const bool unsaid = presence == IssuedAt::optional && !hasMember(claims, "iat");
    const auto issuedAt = dateMember(claims, "iat");
    if (!unsaid && (!issuedAt || *issuedAt > now + skew)) {
        return Reason::issued_at_invalid;
    }
    return Reason::none;
}

bool subjectValid(JsonValue claims) noexcept
{
    const auto subject = stringMember(claims, "sub");
    return subject && !subject->empty() && subject->size() <= maxSubjectSize &&
           !hasControls(*subject);
}

bool absentOrEqual(JsonValue claims, std::string_view name, std::string_view value) noexcept
{
    return !hasMember(claims, name) || stringMember(claims, name) == value;
}

}  // namespace scalekit
