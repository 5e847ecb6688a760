#include "nginx/identity/claim_rules.hpp"

#include "nginx/ngx/interop.hpp"
#include "session/scopes.hpp"

namespace scalekit {

namespace {

/** Calls visit(std::string_view value) until it answers true; whether it did. */
template <class Visit>
bool anyValue(ngx_http_request_t* r, const ClaimRule& rule, Visit&& visit)
{
    auto* value = static_cast<ngx_http_complex_value_t*>(rule.values->elts);
    for (ngx_uint_t i = 0; i < rule.values->nelts; ++i) {
        ngx_str_t text = {};
        if (ngx_http_complex_value(r, &value[i], &text) == NGX_OK && visit(view(text))) {
            return true;
        }
    }
    return false;
}

std::string neededScope(ngx_http_request_t* r, const Caller& caller, const ClaimRule& rule)
{
    std::string first;
    std::string held;
    anyValue(r, rule, [&](std::string_view scope) {
        first = first.empty() ? scope : first;
        const bool holds = claimHolds(caller.identity(), view(rule.claim), scope);
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
    const auto* rule = static_cast<ClaimRule*>(conf.claimRules->elts);
    for (ngx_uint_t i = 0; i < conf.claimRules->nelts; ++i) {
        const std::string_view claim = view(rule[i].claim);
        const bool holds = anyValue(r, rule[i], [&](std::string_view value) {
            return claimHolds(caller.identity(), claim, value);
        });
        if (!holds) {
            return &rule[i];
        }
    }
    return nullptr;
}

std::string neededScopes(ngx_http_request_t* r, const Caller& caller, const LocationConf& conf)
{
    std::string scopes;
    const auto* rule = static_cast<ClaimRule*>(conf.claimRules->elts);
    for (ngx_uint_t i = 0; i < conf.claimRules->nelts; ++i) {
        const std::string scope =
            namesScopes(view(rule[i].claim)) ? neededScope(r, caller, rule[i]) : std::string();
        scopes += scopes.empty() || scope.empty() ? "" : " ";
        scopes += scope;
    }
    return scopes;
}

}  // namespace scalekit
