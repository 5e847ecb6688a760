#pragma once

#include "base/ascii.hpp"
#include "session/identity_record.hpp"

#include <string_view>

/** What scalekit_require asks of an identity: a claim that holds a value, scopes by either name. */
namespace scalekit {

/** True for the claims that hold scopes, by either of their names: "scope" and "scopes". */
bool namesScopes(std::string_view claim) noexcept;

/**
 * True when the claim (a name or a dotted path, as findClaim() takes it) is this text, or a list
 * that holds it; byte-exact. Scopes are looked for in `scope`, a text of words, and in `scopes`, a
 * list. An empty value is held by nothing.
 */
bool claimHolds(const IdentityView& identity, std::string_view claim,
                std::string_view value) noexcept;

/** The claims that hold an identity's scopes: `scope`, a text of words, and `scopes`, a list. */
struct ScopeClaims {
    ClaimView scope{};
    ClaimView scopes{};
};

ScopeClaims scopeClaims(const IdentityView& identity) noexcept;

/** Calls visit(std::string_view word) for each word of `scope`, in its order. */
template <class Visit>
void forEachScopeWord(const ClaimView& scope, Visit&& visit)
{
    forEachValue(scope, [&visit](std::string_view words) {
        for (auto word = takeWord(words); !word.empty(); word = takeWord(words)) {
            visit(word);
        }
    });
}

/** True for one of the first words of `scope`; not of all, so that long lists cost their length. */
bool amongFirstWords(const ClaimView& scope, std::string_view word) noexcept;

/** Calls visit(std::string_view scope) for each scope; what both claims say comes once. */
template <class Visit>
void forEachScope(const ScopeClaims& claims, Visit&& visit)
{
    forEachScopeWord(claims.scope, visit);
    forEachValue(claims.scopes, [&](std::string_view scope) {
        if (!scope.empty() && !amongFirstWords(claims.scope, scope)) {
            visit(scope);
        }
    });
}

}  // namespace scalekit
