#include "nginx/conf/bearer_directives.hpp"

#include "base/text.hpp"
#include "nginx/conf/directives.hpp"
#include "nginx/conf/resource_directive.hpp"
#include "oidc/claims.hpp"
#include "session/scopes.hpp"

#include <algorithm>
#include <span>

namespace scalekit {

namespace {

/** The policy of a location, shared with the locations that have the same. */
const TokenPolicy* policyOf(MainConf& main, const LocationConf& conf)
{
    TokenPolicy policy{conf.environment, conf.environment->party.issuers, {}, false};

    if (conf.resource != nullptr) {
        for (const std::string& server : conf.resource->description.servers) {
            appendOnce(policy.issuers, server);
        }
    }
    if (conf.audiences != nullptr) {
        policy.audiences = *conf.audiences;
        policy.anyAudience = policy.audiences.empty();
    } else if (conf.resource != nullptr) {
        policy.audiences = resourceAudiences(conf.resource->description);
    } else {
        policy.audiences.push_back(conf.environment->party.client.id);
    }

    for (const auto& known : main.policies) {
        if (*known == policy) {
            return known.get();
        }
    }
    main.policies.push_back(std::make_unique<TokenPolicy>(std::move(policy)));
    return main.policies.back().get();
}

}  // namespace

bool mergeBearerConf(ngx_conf_t* cf, const LocationConf& prev, LocationConf& conf)
{
    if (isUnset(conf.bearer)) {
        conf.realm = prev.realm;
        conf.exposeChallenge = prev.exposeChallenge;
    }
    ngx_conf_merge_uint_value(conf.bearer, prev.bearer, static_cast<ngx_uint_t>(Bearer::off));
    const bool ownResource = !isUnset(conf.resource);
    if (ownResource && isUnset(conf.audiences)) {
        conf.audiences = nullptr;  // its own, not those of what is around it
    }
    ngx_conf_merge_ptr_value(conf.audiences, prev.audiences, nullptr);
    ngx_conf_merge_ptr_value(conf.token, prev.token, nullptr);
    ngx_conf_merge_ptr_value(conf.claimRules, prev.claimRules, nullptr);

    if (!ownResource) {
        // another environment's tokens are for other resources
        conf.resource = prev.environment == conf.environment && !isUnset(prev.resource)
                            ? prev.resource
                            : nullptr;
    } else if (!completeResource(cf, conf)) {
        return false;
    }
    if (conf.environment == nullptr) {
        return true;
    }

    conf.environment->used = true;
    if (conf.takesCookies()) {
        conf.environment->usedToLogin = true;
        auto& guards = serverConf(cf)->guards;  // of the server whose locations nginx merges
        if (std::ranges::find(guards, conf.environment) == guards.end()) {
            guards.push_back(conf.environment);
        }
    }
    if (conf.claimRules != nullptr &&
        static_cast<Unauthenticated>(conf.unauthenticated) == Unauthenticated::pass) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"%s\" and \"scalekit_unauthenticated pass\" contradict each other in one "
                      "place; add \"scalekit_require off\" where strangers may pass",
                      conf.claimRules->front().text.c_str());
        return false;
    }
    if (conf.takesTokens()) {
        conf.policy = policyOf(*mainConf(cf), conf);
    }
    return true;
}

std::string setBearer(ngx_conf_t*, const Words& words, LocationConf& conf)
{
    const auto mode = choose<Bearer>(
        words[1], {{"off", Bearer::off}, {"on", Bearer::on}, {"only", Bearer::only}});
    if (!mode) {
        return "is off, on or only, not " + inQuotes(words[1]);
    }
    conf.bearer = static_cast<ngx_uint_t>(*mode);

    for (const std::string_view word : std::span(words).subspan(2)) {
        std::string_view option = word;
        if (option == "expose_headers") {
            conf.exposeChallenge = 1;
        } else if (takePrefix(option, "realm=") && quotable(option)) {
            conf.realm = borrow(option);
        } else {
            return "takes realm=NAME (printable, without quotes and backslashes) and "
                   "expose_headers, not " +
                   inQuotes(word);
        }
    }
    return "";
}

std::string setAudience(ngx_conf_t* cf, const Words& words, std::vector<std::string>*& audiences)
{
    audiences = obtain<std::vector<std::string>>(cf);
    if (words.size() == 2 && words[1] == "off") {
        return "";
    }
    for (const std::string_view audience : std::span(words).subspan(1)) {
        if (audience.empty() || audience == "off" || audience.find('$') != std::string_view::npos) {
            return inQuotes(audience) +
                   " is no audience; write the accepted ones as they stand in the tokens (no "
                   "variables), or \"off\" alone";
        }
        audiences->emplace_back(audience);
    }
    return "";
}

std::string setToken(ngx_conf_t* cf, const Words& words, ngx_http_complex_value_t*& token)
{
    ngx_str_t text = borrow(words[1]);
    if (text.len != 0 && ngx_http_script_variables_count(&text) == 0) {
        return inQuotes(words[1]) +
               " is no variable; write one that holds the token, such as $cookie_accessToken";
    }
    return setComplexValue(cf, words, token);
}

std::string setClaimRule(ngx_conf_t* cf, const Words& words, LocationConf& conf)
{
    const std::string_view claim = words[1];

    if (words.size() == 2 && claim == "off") {
        if (!isUnset(conf.claimRules)) {
            return "cannot be \"off\" beside others of the same level";
        }
        conf.claimRules = nullptr;
        return "";
    }
    if (conf.claimRules == nullptr) {
        return "cannot stand beside \"scalekit_require off\"";
    }
    if (words.size() == 2 || claim.empty()) {
        return "needs a claim and one or more values, such as \"scalekit_require roles admin "
               "owner\"";
    }
    if (isProtocolClaim(claim)) {
        return inQuotes(claim) + " is judged by the module itself and cannot be required; see "
                                 "scalekit_audience, \"issuer\" and client_id";
    }
    if (isUnset(conf.claimRules)) {
        conf.claimRules = obtain<std::vector<ClaimRule>>(cf);
    }
    ClaimRule& rule =
        conf.claimRules->emplace_back(ClaimRule{std::string(claim), {}, joined(words, " ")});
    for (const std::string_view value : std::span(words).subspan(2)) {
        if (namesScopes(claim) && value.find(' ') != std::string_view::npos) {
            return "has a scope with a space; to demand two scopes, write two lines";
        }
        if (value.empty()) {
            return "has an empty value";
        }
        rule.values.push_back(compiled(cf, value));
    }
    return "";
}

}  // namespace scalekit
