#include "session/requirement.hpp"

namespace scalekit {

bool namesScopes(std::string_view claim) noexcept
{
    return claim == "scope" || claim == "scopes";
}

bool claimHolds(const SessionView& session, std::string_view claim, std::string_view value) noexcept
{
    bool held = false;
    const auto compare = [&](std::string_view text) { held = held || text == value; };

    if (value.empty()) {
        return false;
    }
    if (namesScopes(claim)) {
        forEachScopeAsWritten(session, compare);
    } else {
        forEachValue(findClaim(session, claim), compare);
    }
    return held;
}

}  // namespace scalekit
