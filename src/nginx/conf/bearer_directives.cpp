#include "nginx/conf/bearer_directives.hpp"

#include "base/text.hpp"
#include "nginx/conf/directives.hpp"
#include "nginx/conf/resource_directive.hpp"
#include "oidc/claims.hpp"
#include "session/scopes.hpp"

#include <algorithm>

namespace scalekit {

namespace {

/** Remembers where a directive that guards is written. */
GuardLine* rememberLine(ngx_conf_t* cf)
{
    MainConf& main = *mainConf(cf);
    main.guardLines.push_back(std::make_unique<GuardLine>(
        GuardLine{arguments(cf)[0], cf->conf_file->file.name, cf->conf_file->line, false}));
    return main.guardLines.back().get();
}

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
        const auto* audience = static_cast<ngx_str_t*>(conf.audiences->elts);
        for (ngx_uint_t i = 0; i < conf.audiences->nelts; ++i) {
            policy.audiences.emplace_back(view(audience[i]));
        }
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
    if (isUnset(conf.claimRules)) {
        conf.requireLine = prev.requireLine;
    }
    if (isUnset(conf.bearer)) {
        conf.bearerLine = prev.bearerLine;
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

    for (GuardLine* line : {conf.bearerLine, conf.requireLine}) {
        if (line != nullptr) {
            line->guards = true;
        }
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
        const auto* requirement = static_cast<ClaimRule*>(conf.claimRules->elts);
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"%V\" and \"scalekit_unauthenticated pass\" contradict each other in one "
                      "place; add \"scalekit_require off\" where strangers may pass",
                      &requirement->text);
        return false;
    }
    if (conf.takesTokens()) {
        conf.policy = policyOf(*mainConf(cf), conf);
    }
    return true;
}

ngx_int_t checkGuardLines(ngx_conf_t* cf) noexcept
{
    for (const auto& line : mainConf(cf)->guardLines) {
        if (!line->guards) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "\"%V\" has no effect: no location that a scalekit_auth guards inherits "
                          "it; add \"scalekit_auth NAME\" there, or remove it in %V:%ui",
                          &line->directive, &line->file, line->line);
            return NGX_ERROR;
        }
    }
    return NGX_OK;
}

std::string setBearer(ngx_conf_t* cf, LocationConf& conf)
{
    constexpr std::pair<std::string_view, Bearer> modes[] = {
        {"off", Bearer::off}, {"on", Bearer::on}, {"only", Bearer::only}};
    const ngx_str_t* value = arguments(cf);
    const auto mode = std::find_if(std::begin(modes), std::end(modes), [&](const auto& known) {
        return known.first == view(value[1]);
    });
    if (mode == std::end(modes)) {
        return "is off, on or only, not " + inQuotes(view(value[1]));
    }
    conf.bearer = static_cast<ngx_uint_t>(mode->second);

    for (ngx_uint_t i = 2; i < cf->args->nelts; ++i) {
        std::string_view option = view(value[i]);
        if (option == "expose_headers") {
            conf.exposeChallenge = 1;
        } else if (takePrefix(option, "realm=") && quotable(option)) {
            conf.realm = borrow(option);
        } else {
            return "takes realm=NAME (printable, without quotes and backslashes) and "
                   "expose_headers, not " +
                   inQuotes(view(value[i]));
        }
    }
    if (mode->second != Bearer::off) {
        conf.bearerLine = rememberLine(cf);
    }
    return "";
}

std::string setAudience(ngx_conf_t* cf, ngx_array_t*& audiences)
{
    const ngx_str_t* value = arguments(cf);
    const ngx_uint_t count = cf->args->nelts;
    audiences = ngx_array_create(cf->pool, count, sizeof(ngx_str_t));
    if (audiences == nullptr) {
        throw std::bad_alloc();
    }
    if (count == 2 && view(value[1]) == "off") {
        return "";
    }
    for (ngx_uint_t i = 1; i < count; ++i) {
        const std::string_view audience = view(value[i]);
        if (audience.empty() || audience == "off" || audience.find('$') != std::string_view::npos) {
            return inQuotes(audience) +
                   " is no audience; write the accepted ones as they stand in the tokens (no "
                   "variables), or \"off\" alone";
        }
        *static_cast<ngx_str_t*>(ngx_array_push(audiences)) = value[i];
    }
    return "";
}

std::string setToken(ngx_conf_t* cf, ngx_http_complex_value_t*& token)
{
    ngx_str_t* word = &arguments(cf)[1];
    if (word->len != 0 && ngx_http_script_variables_count(word) == 0) {
        return inQuotes(view(*word)) +
               " is no variable; write one that holds the token, such as $cookie_accessToken";
    }
    return setComplexValue(cf, token);
}

std::string setClaimRule(ngx_conf_t* cf, LocationConf& conf)
{
    ngx_str_t* value = arguments(cf);
    const ngx_uint_t count = cf->args->nelts;
    const std::string_view claim = view(value[1]);

    if (count == 2 && claim == "off") {
        if (!isUnset(conf.claimRules)) {
            return "cannot be \"off\" beside others of the same level";
        }
        conf.claimRules = nullptr;
        return "";
    }
    if (conf.claimRules == nullptr) {
        return "cannot stand beside \"scalekit_require off\"";
    }
    if (count == 2 || claim.empty()) {
        return "needs a claim and one or more values, such as \"scalekit_require roles admin "
               "owner\"";
    }
    if (isProtocolClaim(claim)) {
        return inQuotes(claim) + " is judged by the module itself and cannot be required; see "
                                 "scalekit_audience, \"issuer\" and client_id";
    }
    if (isUnset(conf.claimRules)) {
        conf.claimRules = ngx_array_create(cf->pool, 2, sizeof(ClaimRule));
        conf.requireLine = rememberLine(cf);
    }
    auto* values = ngx_array_create(cf->pool, count - 2, sizeof(ngx_http_complex_value_t));
    auto* rule = conf.claimRules == nullptr
                     ? nullptr
                     : static_cast<ClaimRule*>(ngx_array_push(conf.claimRules));
    if (values == nullptr || rule == nullptr) {
        throw std::bad_alloc();
    }

    std::string text(view(value[0]));
    for (ngx_uint_t i = 1; i < count; ++i) {
        text += ' ';
        text += view(value[i]);
    }
    *rule = {value[1], values, copy(cf->pool, text)};
    if (rule->text.data == nullptr) {
        throw std::bad_alloc();
    }

    for (ngx_uint_t i = 2; i < count; ++i) {
        auto* held = static_cast<ngx_http_complex_value_t*>(ngx_array_push(values));
        *held = {};
        if (namesScopes(claim) && view(value[i]).find(' ') != std::string_view::npos) {
            return "has a scope with a space; to demand two scopes, write two lines";
        }
        if (value[i].len == 0) {
            return "has an empty value";
        }
        compile(cf, &value[i], held);
    }
    return "";
}

}  // namespace scalekit
