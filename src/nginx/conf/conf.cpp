#include "nginx/conf/conf.hpp"

#include "nginx/ngx/directive.hpp"
#include "nginx/ngx/interop.hpp"
#include "nginx/shared/store.hpp"

#include <algorithm>

namespace scalekit {

namespace {

constexpr std::size_t minZoneSize = 1024 * 1024;
constexpr std::size_t defaultZoneSize = 4 * 1024 * 1024;
constexpr std::string_view defaultIdentityPrefix = "X-Scalekit-";

/** How prefixes and header names are compared: lower case, '-' for '_'. */
std::string foldedName(std::string_view name)
{
    std::string folded(name);
    std::transform(folded.begin(), folded.end(), folded.begin(), [](char c) {
        return c == '_' ? '-' : static_cast<char>(ngx_tolower(static_cast<u_char>(c)));
    });
    return folded;
}

void rememberPrefix(MainConf& main, std::string_view prefix)
{
    std::string folded = foldedName(prefix);
    auto& known = main.identityPrefixes;
    if (std::find(known.begin(), known.end(), folded) == known.end()) {
        known.push_back(std::move(folded));
    }
}

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
        static_cast<HeaderName*>(ngx_pcalloc(pool, identityHeaderCount * sizeof(HeaderName)));
    if (names == nullptr) {
        return nullptr;
    }
    for (std::size_t i = 0; i < identityHeaderCount; ++i) {
        names[i].name = copy(pool, std::string(prefix) + std::string(identityHeaderSuffixes[i]));
        names[i].lowcase = copy(pool, view(names[i].name));
        if (names[i].name.data == nullptr || names[i].lowcase.data == nullptr) {
            return nullptr;
        }
        ngx_strlow(names[i].lowcase.data, names[i].lowcase.data, names[i].lowcase.len);
        names[i].hash = ngx_hash_key(names[i].lowcase.data, names[i].lowcase.len);
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
    rememberPrefix(main, defaultIdentityPrefix);
    if (main.environments.empty()) {
        return confOk;
    }
    const std::size_t size = main.zoneSize == 0 ? defaultZoneSize : main.zoneSize;
    main.zone = addStoreZone(cf, size, &main);
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
    auto* conf = static_cast<LocationConf*>(ngx_pcalloc(cf->pool, sizeof(LocationConf)));
    if (conf != nullptr) {
        conf->unauthenticated = NGX_CONF_UNSET_UINT;
        conf->connectionId = static_cast<TenantValue*>(NGX_CONF_UNSET_PTR);
        conf->organizationId = static_cast<TenantValue*>(NGX_CONF_UNSET_PTR);
        conf->domain = static_cast<ngx_http_complex_value_t*>(NGX_CONF_UNSET_PTR);
        conf->provider = static_cast<ngx_http_complex_value_t*>(NGX_CONF_UNSET_PTR);
        conf->loginHint = static_cast<ngx_http_complex_value_t*>(NGX_CONF_UNSET_PTR);
        conf->prompt = static_cast<ngx_http_complex_value_t*>(NGX_CONF_UNSET_PTR);
        conf->authorizeParameters = static_cast<ngx_array_t*>(NGX_CONF_UNSET_PTR);
        conf->identityHeaders = NGX_CONF_UNSET;
        conf->bearer = NGX_CONF_UNSET_UINT;
        conf->audiences = static_cast<ngx_array_t*>(NGX_CONF_UNSET_PTR);
        conf->token = static_cast<ngx_http_complex_value_t*>(NGX_CONF_UNSET_PTR);
        conf->claimRules = static_cast<ngx_array_t*>(NGX_CONF_UNSET_PTR);
    }
    return conf;
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
        auto& main = *static_cast<MainConf*>(
            ngx_http_conf_get_module_main_conf(cf, ngx_http_scalekit_module));
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
    if (conf.identityHeaders == NGX_CONF_UNSET) {
        conf.identityPrefix = prev.identityPrefix;
    }
    ngx_conf_merge_value(conf.identityHeaders, prev.identityHeaders, 1);
    if (conf.identityPrefix.data == nullptr) {
        conf.identityPrefix = borrow(defaultIdentityPrefix);
    }
    const bool inherited = prev.identityHeaderNames != nullptr &&
                           view(prev.identityPrefix) == view(conf.identityPrefix);
    conf.identityHeaderNames =
        inherited ? prev.identityHeaderNames : headerNames(cf->pool, view(conf.identityPrefix));
    return conf.identityHeaderNames != nullptr ? confOk : confError;
} catch (...) {
    return confError;
}

char* setZone(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    MainConf& main = *static_cast<MainConf*>(conf);
    ngx_str_t* value = arguments(cf);

    if (main.zoneSize != 0) {
        return const_cast<char*>("is duplicate");
    }
    const ssize_t size = ngx_parse_size(&value[1]);
    if (size == NGX_ERROR || static_cast<std::size_t>(size) < minZoneSize) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "scalekit_zone: \"%V\" is not a size of at least 1m", &value[1]);
        return confError;
    }
    main.zoneSize = static_cast<std::size_t>(size);
    return confOk;
}

char* setAuth(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    auto& location = *static_cast<LocationConf*>(conf);
    if (location.environmentName.data != nullptr) {
        return const_cast<char*>("is duplicate");
    }
    location.environmentName = arguments(cf)[1];
    location.file = cf->conf_file->file.name;
    location.line = cf->conf_file->line;
    return confOk;
}

char* setTenantValue(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept
{
    auto** slot = reinterpret_cast<TenantValue**>(static_cast<char*>(conf) + command->offset);
    ngx_str_t* value = arguments(cf);

    if (*slot != NGX_CONF_UNSET_PTR) {
        return const_cast<char*>("is duplicate");
    }
    if (value[1].len == 0) {
        *slot = nullptr;  // takes back what an outer level says
        return confOk;
    }
    auto* tenant = static_cast<TenantValue*>(ngx_pcalloc(cf->pool, sizeof(TenantValue)));
    if (tenant == nullptr || !compile(cf, &value[1], &tenant->value)) {
        return confError;
    }
    if (cf->args->nelts == 3) {
        if (view(value[2]) != "optional") {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "%V: the second value can only be \"optional\", not \"%V\"",
                               &value[0], &value[2]);
            return confError;
        }
        tenant->optional = true;
    }
    *slot = tenant;
    return confOk;
}

/** As ngx_http_set_complex_value_slot(), but "" takes back what an outer level says. */
char* setRoutingValue(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept
{
    auto** slot =
        reinterpret_cast<ngx_http_complex_value_t**>(static_cast<char*>(conf) + command->offset);
    if (*slot != NGX_CONF_UNSET_PTR) {
        return const_cast<char*>("is duplicate");
    }
    if (arguments(cf)[1].len == 0) {
        *slot = nullptr;
        return confOk;
    }
    *slot = static_cast<ngx_http_complex_value_t*>(
        ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t)));
    return *slot != nullptr && compile(cf, &arguments(cf)[1], *slot) ? confOk : confError;
}

char* setAuthorizeParameter(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
{
    auto& location = *static_cast<LocationConf*>(conf);
    ngx_str_t* value = arguments(cf);

    if (value[1].len == 0 || reservedParameter(view(value[1]))) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "scalekit_authorize_param: \"%V\" is reserved; the module sets it "
                           "itself or a directive of its "
                           "own does (scalekit_organization_id, scalekit_prompt, ...)",
                           &value[1]);
        return confError;
    }
    if (location.authorizeParameters == NGX_CONF_UNSET_PTR) {
        location.authorizeParameters = ngx_array_create(cf->pool, 2, sizeof(AuthorizeParameter));
        if (location.authorizeParameters == nullptr) {
            return confError;
        }
    }
    const auto* known = static_cast<AuthorizeParameter*>(location.authorizeParameters->elts);
    for (ngx_uint_t i = 0; i < location.authorizeParameters->nelts; ++i) {
        if (view(known[i].name) == view(value[1])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "scalekit_authorize_param: \"%V\" is written twice", &value[1]);
            return confError;
        }
    }
    auto* parameter =
        static_cast<AuthorizeParameter*>(ngx_array_push(location.authorizeParameters));
    if (parameter == nullptr) {
        return confError;
    }
    *parameter = {};
    parameter->name = value[1];
    return compile(cf, &value[2], &parameter->value) ? confOk : confError;
}

char* setIdentityHeaders(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept
try {
    auto& location = *static_cast<LocationConf*>(conf);
    ngx_str_t* value = arguments(cf);

    if (location.identityHeaders != NGX_CONF_UNSET) {
        return const_cast<char*>("is duplicate");
    }
    if (view(value[1]) == "on") {
        location.identityHeaders = 1;
    } else if (view(value[1]) == "off") {
        location.identityHeaders = 0;
    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "scalekit_identity_headers is on or off, not \"%V\"", &value[1]);
        return confError;
    }
    if (cf->args->nelts == 3) {
        std::string_view prefix = view(value[2]);
        const bool named = prefix.starts_with("prefix=");
        prefix.remove_prefix(named ? 7 : 0);
        const bool token =
            prefix.size() >= 3 && std::all_of(prefix.begin(), prefix.end(), [](char c) {
                return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-';
            });
        if (!named || !token || !prefix.ends_with('-')) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "scalekit_identity_headers: \"%V\" is not a prefix of letters, "
                               "digits and \"-\" that ends "
                               "in \"-\", such as prefix=X-User-",
                               &value[2]);
            return confError;
        }
        location.identityPrefix = borrow(prefix);
        auto& main = *static_cast<MainConf*>(
            ngx_http_conf_get_module_main_conf(cf, ngx_http_scalekit_module));
        rememberPrefix(main, prefix);
    }
    return confOk;
} catch (...) {
    return confError;
}

}  // namespace scalekit
