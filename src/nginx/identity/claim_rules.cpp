#include "nginx/identity/claim_rules.hpp"

#include "base/log_text.hpp"
#include "base/text.hpp"
#include "nginx/ngx/interop.hpp"
#include "session/scopes.hpp"

namespace scalekit {

namespace {

/** Calls visit(std::string_view value) until it answers true; whether it did. */
template <class Visit>
bool anyValue(ngx_http_request_t* r, ClaimRule& rule, Visit&& visit)
{
    return std::ranges::any_of(rule.values, [&](ngx_http_complex_value_t& value) {
        ngx_str_t text = {};
        return ngx_http_complex_value(r, &value, &text) == NGX_OK && visit(view(text));
    });
}

std::string neededScope(ngx_http_request_t* r, const Caller& caller, ClaimRule& rule)
{
    std::string first;
    std::string held;
    anyValue(r, rule, [&](std::string_view scope) {
        first = first.empty() ? scope : first;
        const bool holds = claimHolds(caller.identity(), rule.claim, scope);
        held = holds ? scope : "";
        return holds;
    });
    return held.empty() ? first : held;
}

}  // namespace

const ClaimRule* findUnmetRule(ngx_http_request_t* r, const Caller& caller,
                               const LocationConf& conf) noexcept
{
    if (conf.claimRules == nullptr) {
        return nullptr;
    }
    for (ClaimRule& rule : *conf.claimRules) {
        const bool holds = anyValue(r, rule, [&](std::string_view value) {
            return claimHolds(caller.identity(), rule.claim, value);
        });
        if (!holds) {
            return &rule;
        }
    }
    return nullptr;
}

std::string neededScopes(ngx_http_request_t* r, const Caller& caller, const LocationConf& conf)
{
    std::string scopes;
    for (ClaimRule& rule : *conf.claimRules) {
        const std::string scope =
            namesScopes(rule.claim) ? neededScope(r, caller, rule) : std::string();
        scopes += scopes.empty() || scope.empty() ? "" : " ";
        scopes += scope;
    }
    return scopes;
}

std::string ruleFinding(std::string_view rule, const IdentityView& identity, std::string_view claim)
{
    std::vector<std::string> values;
    const auto add = [&values](std::string_view value) { values.emplace_back(value); };
    if (namesScopes(claim)) {
        forEachScope(scopeClaims(identity), add);
    } else {
        forEachValue(findClaim(identity, claim), add);
    }
    return concat({rule, ", found ", quotedForLog(joined(values, " "))});
}

}  // namespace scalekit
