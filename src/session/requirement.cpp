#include "session/requirement.hpp"

#include "base/ascii.hpp"

namespace scalekit {

bool namesScopes(std::string_view claim) noexcept
{
    return claim == "scope" || claim == "scopes";
}

ScopeClaims scopeClaims(const SessionView& session) noexcept
{
    return {findClaim(session, "scope"), findClaim(session, "scopes")};
}

bool amongFirstWords(const ClaimView& scope, std::string_view word) noexcept
{
    constexpr int most = 64;
    std::string_view words;
    forEachValue(scope, [&](std::string_view text) { words = words.empty() ? text : words; });
    for (int seen = 0; seen < most && !words.empty(); ++seen) {
        if (takeWord(words) == word) {
            return true;
        }
    }
    return false;
}

bool claimHolds(const SessionView& session, std::string_view claim, std::string_view value) noexcept
{
    bool held = false;
    const auto compare = [&](std::string_view text) { held = held || text == value; };

    if (value.empty()) {
        return false;
    }
    if (namesScopes(claim)) {
        const ScopeClaims claims = scopeClaims(session);
        forEachScopeWord(claims.scope, compare);
        forEachValue(claims.scopes, compare);
    } else {
        forEachValue(findClaim(session, claim), compare);
    }
    return held;
}

}  // namespace scalekit
