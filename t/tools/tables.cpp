/**
 * tables: prints what the module's own tables say, one line for each row, for t/docs.t:
 *
 *     directive NAME CONTEXT... | setting NAME | variable NAME | header SUFFIX | endpoint PATH
 *     reason WORD STATUS [BEARER_ERROR DESCRIPTION]
 *     default NAME none | default NAME VALUE...
 *
 * It is linked with the module's objects. What they need of nginx is left open, but for the few
 * functions below: tables are read, and configurations made in which nothing is written.
 */

#include "nginx/conf/bearer_directives.hpp"
#include "nginx/conf/directives.hpp"
#include "nginx/conf/environment_block.hpp"
#include "nginx/conf/environment_directives.hpp"
#include "nginx/conf/resource_directive.hpp"
#include "nginx/conf/merge.hpp"
#include "nginx/endpoint/metadata.hpp"
#include "nginx/identity/variables.hpp"

#include <cstdio>
#include <cstdlib>

using namespace scalekit;

namespace {

std::size_t zoneSize = 0;  // that nginx was asked for

}  // namespace

extern "C" {

void* ngx_pcalloc(ngx_pool_t*, std::size_t size)
{
    return std::calloc(1, size);
}

void* ngx_pnalloc(ngx_pool_t* pool, std::size_t size)
{
    return ngx_pcalloc(pool, size);
}

ngx_pool_cleanup_t* ngx_pool_cleanup_add(ngx_pool_t* pool, std::size_t size)
{
    auto* cleanup = static_cast<ngx_pool_cleanup_t*>(ngx_pcalloc(pool, sizeof(ngx_pool_cleanup_t)));
    cleanup->data = ngx_pcalloc(pool, size);
    return cleanup;
}

void ngx_strlow(u_char*, u_char*, std::size_t) {}

ngx_uint_t ngx_hash_key(u_char*, std::size_t)
{
    return 0;
}

ngx_shm_zone_t* ngx_shared_memory_add(ngx_conf_t*, ngx_str_t*, std::size_t size, void*)
{
    static ngx_shm_zone_t zone;
    zoneSize = size;
    return &zone;
}

/** Reads a scalekit_environment block that has nothing but what is required. */
char* ngx_conf_parse(ngx_conf_t* cf, ngx_str_t*)
{
    void* draft = cf->handler_conf;
    Environment& environment = static_cast<EnvironmentDraft*>(draft)->environment;
    environment.provider.issuer = "https://acme.scalekit.com";
    environment.party.client.id = "skc_1";
    return NGX_CONF_OK;
}
}

namespace {

void print(const char* kind, std::string_view name)
{
    std::printf("%s %.*s\n", kind, static_cast<int>(name.size()), name.data());
}

template <std::size_t Size>
void printDirectives(const Directive (&table)[Size])
{
    for (const Directive& directive : table) {
        std::string text(directive.name);
        text += (directive.type & NGX_HTTP_MAIN_CONF) != 0 ? " http" : "";
        text += (directive.type & NGX_HTTP_SRV_CONF) != 0 ? " server" : "";
        text += (directive.type & NGX_HTTP_LOC_CONF) != 0 ? " location" : "";
        print("directive", text);
    }
}

void printReason(const ReasonRow& row)
{
    std::string text(row.word);
    text += ' ' + std::to_string(row.status);
    if (!row.bearerError.empty()) {
        text += ' ' + std::string(row.bearerError) + ' ' + std::string(row.bearerDescription);
    }
    print("reason", text);
}

void printDefault(std::string_view name, std::string_view value)
{
    print("default", std::string(name) + ' ' + std::string(value));
}

/** For directives whose default is that nothing is said. */
void printAbsence(std::string_view name, bool absent)
{
    printDefault(name, absent ? "none" : "something");
}

std::string timeText(std::chrono::milliseconds time)
{
    constexpr std::pair<std::int64_t, const char*> units[] = {
        {3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}, {1, "ms"}};
    for (const auto& [size, unit] : units) {
        if (time.count() % size == 0) {
            return std::to_string(time.count() / size) + unit;
        }
    }
    return "";
}

std::string sizeText(std::size_t size)
{
    constexpr std::size_t megabyte = 1024 * 1024;
    return size % megabyte == 0 ? std::to_string(size / megabyte) + "m" : std::to_string(size);
}

void printLocationDefaults()
{
    ngx_conf_t cf = {};
    auto& outer = *static_cast<LocationConf*>(createLocationConf(&cf));
    auto& conf = *static_cast<LocationConf*>(createLocationConf(&cf));
    if (mergeLocationConf(&cf, &outer, &conf) != NGX_CONF_OK) {
        std::abort();
    }
    constexpr std::string_view unauthenticated[] = {"auto", "redirect", "401", "pass"};
    constexpr std::string_view bearer[] = {"off", "on", "only"};
    printDefault("scalekit_auth", conf.environment == nullptr ? "off" : conf.environment->name);
    printDefault("scalekit_unauthenticated", unauthenticated[conf.unauthenticated]);
    printDefault("scalekit_bearer", bearer[conf.bearer]);
    printDefault("scalekit_identity_headers",
                 std::string(conf.identityHeaders ? "on" : "off") +
                     " prefix=" + std::string(view(conf.identityPrefix)));
    printDefault("scalekit_cache_control", conf.cacheControl ? "on" : "off");
    printAbsence("scalekit_organization_id", conf.organizationId == nullptr);
    printAbsence("scalekit_connection_id", conf.connectionId == nullptr);
    printAbsence("scalekit_domain", conf.domain == nullptr);
    printAbsence("scalekit_provider", conf.provider == nullptr);
    printAbsence("scalekit_login_hint", conf.loginHint == nullptr);
    printAbsence("scalekit_prompt", conf.prompt == nullptr);
    printAbsence("scalekit_authorize_param", conf.authorizeParameters == nullptr);
    printAbsence("scalekit_set_header", conf.setHeaders == nullptr);
    printAbsence("scalekit_require", conf.claimRules == nullptr);
    printAbsence("scalekit_token", conf.token == nullptr);
    printAbsence("scalekit_resource", conf.resource == nullptr);
}

void printEnvironmentDefaults(const Environment& environment)
{
    constexpr std::string_view authentications[] = {"post", "basic", "none"};
    static_assert(static_cast<int>(ClientAuthentication::none) == 2);
    const SessionCookie& cookie = environment.cookie;
    const auto authentication = environment.party.client.authentication;
    printDefault("client_auth", authentications[static_cast<std::size_t>(authentication)]);
    printDefault("session_lifetime", timeText(environment.limits.lifetime));
    printDefault("session_idle", timeText(environment.limits.idle));
    printDefault("session_cookie",
                 cookie.name + (cookie.domain.empty() ? "" : " domain=" + cookie.domain) +
                     (cookie.sameSite == SameSite::lax ? " samesite=lax" : " samesite=none"));
    printDefault("base_path", environment.basePath);
    printDefault("scope", environment.party.scope);
    printAbsence("issuer", environment.party.issuers.size() == 1);
    printDefault("clock_skew", timeText(environment.party.skew));
    printDefault("timeout", timeText(environment.timeout));
    printDefault("allow_http", environment.allowHttp ? "on" : "off");
}

void printMainDefaults()
{
    ngx_str_t words[] = {borrow("scalekit_environment"), borrow("acme")};
    ngx_array_t arguments = {};
    arguments.elts = words;
    arguments.nelts = 2;
    ngx_conf_file_t file = {};
    ngx_conf_t cf = {};
    cf.args = &arguments;
    cf.conf_file = &file;

    auto& main = *static_cast<MainConf*>(createMainConf(&cf));
    printAbsence("scalekit_environment", main.environments.empty());
    if (!setEnvironment(&cf, wordsOf(&cf), main).empty() ||
        initMainConf(&cf, &main) != NGX_CONF_OK) {
        std::abort();
    }
    printDefault("scalekit_zone", sizeText(zoneSize));
    printEnvironmentDefaults(*main.environments.front());
}

}  // namespace

int main()
{
    printDirectives(environmentDirectives);
    printDirectives(directives);
    printDirectives(bearerDirectives);
    printDirectives(resourceDirectives);
    for (const std::string_view name : settingNames()) {
        print("setting", name);
    }
    for (const std::string_view name : variableNames()) {
        print("variable", name);
    }
    for (const IdentityFieldNames& field : identityFields) {
        if (!field.header.empty()) {
            print("header", field.header);
        }
    }
    for (const EndpointRow& row : endpointRows) {
        print("endpoint", row.path);
    }
    print("endpoint", wellKnownPath);
    for (int i = 1; i <= static_cast<int>(Reason::internal); ++i) {
        printReason(rowOf(static_cast<Reason>(i)));
    }
    printMainDefaults();
    printLocationDefaults();
}
