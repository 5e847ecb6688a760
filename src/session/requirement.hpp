#pragma once

#include "session/session.hpp"

#include <algorithm>
#include <array>
#include <string_view>

/** What scalekit_require asks of an identity, whether a session or a bearer token brought it. */
namespace scalekit {

/** True for the claims that hold scopes, by either of their names: "scope" and "scopes". */
bool namesScopes(std::string_view claim) noexcept;

/**
 * True when the claim (a name or a dotted path, as findClaim() takes it) is this text, or a list
 * that holds it; byte-exact. Scopes are looked for in `scope`, a text of words, and in `scopes`, a
 * list. An empty value is held by nothing.
 */
bool claimHolds(const SessionView& session, std::string_view claim,
                std::string_view value) noexcept;

constexpr std::size_t maxDistinctScopes = 64;

/**
 * Calls visit(std::string_view scope) for each scope of the identity, each once; beyond
 * maxDistinctScopes some may come again, so that a long list costs no more than its length.
 */
template <class Visit>
void forEachScope(const SessionView& session, Visit&& visit);

/** The same in the order of the claims, repeated where they repeat. */
template <class Visit>
void forEachScopeAsWritten(const SessionView& session, Visit&& visit)
{
    forEachValue(findClaim(session, "scope"), [&visit](std::string_view words) {
        while (!words.empty()) {
            const std::size_t size = std::min(words.find(' '), words.size());
            if (size > 0) {
                visit(words.substr(0, size));
            }
            words.remove_prefix(std::min(size + 1, words.size()));
        }
    });
    forEachValue(findClaim(session, "scopes"), [&visit](std::string_view scope) {
        if (!scope.empty()) {
            visit(scope);
        }
    });
}

template <class Visit>
void forEachScope(const SessionView& session, Visit&& visit)
{
    std::array<std::string_view, maxDistinctScopes> seen;
    std::size_t count = 0;
    forEachScopeAsWritten(session, [&](std::string_view scope) {
        const auto end = seen.begin() + count;
        if (std::find(seen.begin(), end, scope) != end) {
            return;
        }
        if (count < seen.size()) {
            seen[count++] = scope;
        }
        visit(scope);
    });
}

}  // namespace scalekit
