#include "base/text.hpp"
#include "nginx/conf/conf.hpp"
#include "nginx/ngx/directive.hpp"
#include "nginx/ngx/interop.hpp"
#include "oidc/claims.hpp"
#include "session/requirement.hpp"

#include <algorithm>

/** The directives about bearer tokens, and what a place demands of an identity. */
namespace scalekit {

namespace {

/** Remembers where a directive that guards is written. */
GuardLine* rememberLine(ngx_conf_t* cf)
{
    auto& main =
        *static_cast<MainConf*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_scalekit_module));
    main.guardLines.push_back(std::make_unique<GuardLine>(
        GuardLine{arguments(cf)[0], cf->conf_file->file.name, cf->conf_file->line, false}));
    return main.guardLines.back().get();
}

/** The policy of a place, shared with the places that have the same. */
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
    if (conf.claimRules == NGX_CONF_UNSET_PTR) {
        conf.requireLine = prev.requireLine;
    }
    if (conf.bearer == NGX_CONF_UNSET_UINT) {
        conf.bearerLine = prev.bearerLine;
        conf.realm = prev.realm;
        conf.exposeChallenge = prev.exposeChallenge;
    }
    ngx_conf_merge_uint_value(conf.bearer, prev.bearer, static_cast<ngx_uint_t>(Bearer::off));
    if (conf.resource != nullptr && conf.audiences == NGX_CONF_UNSET_PTR) {
        conf.audiences = nullptr;  // its own, not those of what is around it
    }
    ngx_conf_merge_ptr_value(conf.audiences, prev.audiences, nullptr);
    ngx_conf_merge_ptr_value(conf.token, prev.token, nullptr);
    ngx_conf_merge_ptr_value(conf.claimRules, prev.claimRules, nullptr);

    if (conf.resource != nullptr) {
        if (!completeResource(cf, conf)) {
            return false;
        }
    } else if (prev.environment == conf.environment) {
        conf.resource = prev.resource;  // another environment's tokens are for other resources
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
    conf.environment->usedToLogin = conf.environment->usedToLogin || conf.takesCookies();
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
        auto& main = *static_cast<MainConf*>(
            ngx_http_conf_get_module_main_conf(cf, ngx_http_scalekit_module));
        conf.policy = policyOf(main, conf);
    }
    return true;
}

ngx_int_t checkGuardLines(ngx_conf_t* cf) noexcept
{
    const auto& main =
        *static_cast<MainConf*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_scalekit_module));
    for (const auto& line : main.guardLines) {
        if (!line->guards) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "\"%V\" has no effect: no place that a scalekit_auth guards inherits "
                          "it; add \"scalekit_auth NAME\" there, or remove it in %V:%ui",
                          &line->directive, &line->file, line->line);
            return NGX_ERROR;
        }
    }
    return NGX_OK;
}

char* setBearer(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
try {
    auto& location = *static_cast<LocationConf*>(conf);
    const ngx_str_t* value = arguments(cf);

    if (location.bearer != NGX_CONF_UNSET_UINT) {
        return const_cast<char*>("is duplicate");
    }
    const std::string_view mode = view(value[1]);
    if (mode == "on") {
        location.bearer = static_cast<ngx_uint_t>(Bearer::on);
    } else if (mode == "only") {
        location.bearer = static_cast<ngx_uint_t>(Bearer::only);
    } else if (mode == "off") {
        location.bearer = static_cast<ngx_uint_t>(Bearer::off);
    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "scalekit_bearer is off, on or only, not \"%V\"",
                           &value[1]);
        return confError;
    }

    for (ngx_uint_t i = 2; i < cf->args->nelts; ++i) {
        std::string_view option = view(value[i]);
        if (option == "expose_headers") {
            location.exposeChallenge = 1;
            continue;
        }
        const bool realm = option.starts_with("realm=");
        option.remove_prefix(realm ? 6 : 0);
        if (!realm || !quotable(option)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "scalekit_bearer takes realm=NAME (printable, without quotes and "
                               "backslashes) and expose_headers, not \"%V\"",
                               &value[i]);
            return confError;
        }
        location.realm = borrow(option);
    }
    if (mode != "off") {
        location.bearerLine = rememberLine(cf);
    }
    return confOk;
} catch (...) {
    return confError;
}

char* setAudience(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    auto& location = *static_cast<LocationConf*>(conf);
    const ngx_str_t* value = arguments(cf);

    if (location.audiences != NGX_CONF_UNSET_PTR) {
        return const_cast<char*>("is duplicate");
    }
    location.audiences = ngx_array_create(cf->pool, cf->args->nelts, sizeof(ngx_str_t));
    if (location.audiences == nullptr) {
        return confError;
    }
    if (cf->args->nelts == 2 && view(value[1]) == "off") {
        return confOk;
    }
    for (ngx_uint_t i = 1; i < cf->args->nelts; ++i) {
        if (value[i].len == 0 || view(value[i]) == "off" ||
            view(value[i]).find('$') != std::string_view::npos) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "scalekit_audience: \"%V\" is no audience; write the accepted ones "
                               "as they stand in the tokens (no variables), or \"off\" alone",
                               &value[i]);
            return confError;
        }
        auto* audience = static_cast<ngx_str_t*>(ngx_array_push(location.audiences));
        *audience = value[i];
    }
    return confOk;
}

char* setToken(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept
{
    ngx_str_t* value = arguments(cf);
    if (value[1].len != 0 && ngx_http_script_variables_count(&value[1]) == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "scalekit_token: \"%V\" is no variable; write one that holds the token, "
                           "such as $cookie_accessToken",
                           &value[1]);
        return confError;
    }
    return setRoutingValue(cf, command, conf);
}

char* setRequirement(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
try {
    auto& location = *static_cast<LocationConf*>(conf);
    ngx_str_t* value = arguments(cf);
    const ngx_uint_t count = cf->args->nelts;

    if (count == 2 && view(value[1]) == "off") {
        if (location.claimRules != NGX_CONF_UNSET_PTR) {
            return const_cast<char*>("cannot be \"off\" beside others of the same level");
        }
        location.claimRules = nullptr;
        return confOk;
    }
    if (location.claimRules == nullptr) {
        return const_cast<char*>("cannot stand beside \"scalekit_require off\"");
    }
    if (count == 2 || value[1].len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "scalekit_require needs a claim and one or more values, such as "
                           "\"scalekit_require roles admin owner\"");
        return confError;
    }
    if (isProtocolClaim(view(value[1]))) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "scalekit_require: \"%V\" is judged by the module itself and cannot be "
                           "required; see scalekit_audience, \"issuer\" and client_id",
                           &value[1]);
        return confError;
    }
    if (location.claimRules == NGX_CONF_UNSET_PTR) {
        location.claimRules = ngx_array_create(cf->pool, 2, sizeof(ClaimRule));
        location.requireLine = rememberLine(cf);
    }
    auto* requirement = location.claimRules == nullptr
                            ? nullptr
                            : static_cast<ClaimRule*>(ngx_array_push(location.claimRules));
    if (requirement == nullptr) {
        return confError;
    }
    *requirement = {value[1], nullptr, {}};
    requirement->values = ngx_array_create(cf->pool, count - 2, sizeof(ngx_http_complex_value_t));
    if (requirement->values == nullptr) {
        return confError;
    }

    std::size_t size = 0;
    for (ngx_uint_t i = 0; i < count; ++i) {
        size += value[i].len + 1;
    }
    requirement->text.data = static_cast<u_char*>(ngx_pnalloc(cf->pool, size));
    if (requirement->text.data == nullptr) {
        return confError;
    }
    u_char* end = requirement->text.data;
    for (ngx_uint_t i = 0; i < count; ++i) {
        end = ngx_cpymem(end, value[i].data, value[i].len);
        *end++ = ' ';
    }
    requirement->text.len = size - 1;

    for (ngx_uint_t i = 2; i < count; ++i) {
        auto* held = static_cast<ngx_http_complex_value_t*>(ngx_array_push(requirement->values));
        *held = {};
        if (namesScopes(view(value[1])) && view(value[i]).find(' ') != std::string_view::npos) {
            return const_cast<char*>(
                "has a scope with a space; to demand two scopes, write two lines");
        }
        if (value[i].len == 0 || !compile(cf, &value[i], held)) {
            return const_cast<char*>("has an empty or broken value");
        }
    }
    return confOk;
} catch (...) {
    return confError;
}

}  // namespace scalekit
