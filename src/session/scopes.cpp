#include "session/scopes.hpp"

#include "base/ascii.hpp"

namespace scalekit {

bool namesScopes(std::string_view claim) noexcept
{
    return claim == "scope" || claim == "scopes";
}

ScopeClaims scopeClaims(const IdentityView& identity) noexcept
{
    return {findClaim(identity, "scope"), findClaim(identity, "scopes")};
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

bool claimHolds(const IdentityView& identity, std::string_view claim,
                std::string_view value) noexcept
{
    bool held = false;
    const auto compare = [&](std::string_view text) { held = held || text == value; };

    if (value.empty()) {
        return false;
    }
    if (namesScopes(claim)) {
        const ScopeClaims claims = scopeClaims(identity);
        forEachScopeWord(claims.scope, compare);
        forEachValue(claims.scopes, compare);
    } else {
        forEachValue(findClaim(identity, claim), compare);
    }
    return held;
}

}  // namespace scalekit
