#include "nginx/conf/merge.hpp"

#include "base/text.hpp"
#include "nginx/conf/bearer_directives.hpp"
#include "nginx/conf/directives.hpp"
#include "nginx/conf/guard_lines.hpp"
#include "nginx/conf/header_directive.hpp"
#include "nginx/shared/zone.hpp"

#include <algorithm>

namespace scalekit {

namespace {

Environment* findEnvironment(MainConf& main, std::string_view name)
{
    for (const auto& environment : main.environments) {
        if (environment->name == name) {
            return environment.get();
        }
    }
    return nullptr;
}

/** The identity headers' names below a prefix, hashed as nginx hashes what clients send. */
HeaderName* headerNames(ngx_pool_t* pool, std::string_view prefix)
{
    auto* names =
        static_cast<HeaderName*>(ngx_pcalloc(pool, identityFieldCount * sizeof(HeaderName)));
    if (names == nullptr) {
        return nullptr;
    }
    for (std::size_t i = 0; i < identityFieldCount; ++i) {
        const std::string_view suffix = identityFields[i].header;
        if (!suffix.empty()) {
            names[i] = headerName(pool, concat({prefix, suffix}));
        }
    }
    return names;
}

std::string environmentNames(const MainConf& main)
{
    std::string names;
    for (const auto& environment : main.environments) {
        names += names.empty() ? "" : ", ";
        names += environment->name;
    }
    return names;
}

}  // namespace

void* createMainConf(ngx_conf_t* cf) noexcept
{
    return make<MainConf>(cf->pool);
}

char* initMainConf(ngx_conf_t* cf, void* conf) noexcept
try {
    MainConf& main = *static_cast<MainConf*>(conf);
    rememberPrefix(main, defaults::identityPrefix);
    for (const std::string_view name : {loginCookieName, plainLoginCookieName}) {
        main.cookieNames.add(name);
    }
    for (const auto& environment : main.environments) {
        main.cookieNames.add(environment->cookie.name);
        main.cookieNames.add(environment->cookie.plainName);
    }
    if (main.environments.empty()) {
        return confOk;
    }
    const std::size_t size = isUnset(main.zoneSize) ? defaults::zoneSize : main.zoneSize;
    std::vector<std::string> providerKeys;
    for (const auto& environment : main.environments) {
        providerKeys.push_back(environment->providerKey);
    }
    main.zone = addSharedZone(cf, size, std::move(providerKeys));
    return main.zone != nullptr ? confOk : confError;
} catch (...) {
    return confError;
}

void* createServerConf(ngx_conf_t* cf) noexcept
{
    return make<ServerConf>(cf->pool);
}

void* createLocationConf(ngx_conf_t* cf) noexcept
{
    return make<LocationConf>(cf->pool);
}

char* mergeLocationConf(ngx_conf_t* cf, void* parent, void* child) noexcept
try {
    auto& prev = *static_cast<LocationConf*>(parent);
    auto& conf = *static_cast<LocationConf*>(child);

    if (conf.environmentName.data == nullptr) {
        conf.environmentName = prev.environmentName;
        conf.file = prev.file;
        conf.line = prev.line;
    }
    if (conf.environmentName.data != nullptr && view(conf.environmentName) != "off") {
        MainConf& main = *mainConf(cf);
        conf.environment = findEnvironment(main, view(conf.environmentName));
        if (conf.environment == nullptr) {
            const std::string names = environmentNames(main);
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "scalekit_auth: there is no scalekit_environment \"%V\" (%s%s) in "
                          "%V:%ui; define it in http{}",
                          &conf.environmentName,
                          names.empty() ? "none is defined" : "known: ", names.c_str(), &conf.file,
                          conf.line);
            return confError;
        }
    }

    ngx_conf_merge_uint_value(conf.unauthenticated, prev.unauthenticated,
                              static_cast<ngx_uint_t>(Unauthenticated::automatic));
    if (!mergeBearerConf(cf, prev, conf)) {
        return confError;
    }
    ngx_conf_merge_ptr_value(conf.connectionId, prev.connectionId, nullptr);
    ngx_conf_merge_ptr_value(conf.organizationId, prev.organizationId, nullptr);
    ngx_conf_merge_ptr_value(conf.domain, prev.domain, nullptr);
    ngx_conf_merge_ptr_value(conf.provider, prev.provider, nullptr);
    ngx_conf_merge_ptr_value(conf.loginHint, prev.loginHint, nullptr);
    ngx_conf_merge_ptr_value(conf.prompt, prev.prompt, nullptr);
    ngx_conf_merge_ptr_value(conf.authorizeParameters, prev.authorizeParameters, nullptr);
    mergeGuardLines(cf, prev, conf);
    if (conf.identityHeaders == NGX_CONF_UNSET) {
        conf.identityPrefix = prev.identityPrefix;
    }
    ngx_conf_merge_value(conf.identityHeaders, prev.identityHeaders, 1);
    ngx_conf_merge_value(conf.cacheControl, prev.cacheControl, 1);
    if (conf.identityPrefix.data == nullptr) {
        conf.identityPrefix = borrow(defaults::identityPrefix);
    }
    if (!mergeSetHeaders(cf, prev, conf)) {
        return confError;
    }
    const bool inherited = prev.identityHeaderNames != nullptr &&
                           view(prev.identityPrefix) == view(conf.identityPrefix);
    conf.identityHeaderNames =
        inherited ? prev.identityHeaderNames : headerNames(cf->pool, view(conf.identityPrefix));
    return conf.identityHeaderNames != nullptr ? confOk : confError;
} catch (...) {
    return confError;
}

}  // namespace scalekit
