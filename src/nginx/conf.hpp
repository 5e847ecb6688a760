#pragma once

#include "base/cookie.hpp"
#include "nginx/ngx.hpp"
#include "oidc/login.hpp"
#include "oidc/provider.hpp"
#include "session/session.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

extern "C" {
extern ngx_module_t ngx_http_scalekit_module;
}

/**
 * What the administrator wrote. Configuration objects are made while nginx reads its files, live as
 * long as the cycle's pool, and are never written at run time.
 */
namespace scalekit {

struct SessionCookie {
    std::string name = "__Host-sk_session";
    std::string plainName = "sk_session";  // on plain http under allow_http
    std::string domain;
    SameSite sameSite = SameSite::lax;
};

/** One scalekit_environment block. */
struct Environment {
    std::string name;
    std::size_t index = 0;  // among the environments
    std::string file;       // where the block stands, for messages
    ngx_uint_t line = 0;

    RelyingParty party;
    ProviderSettings provider;
    SealKeys sessionKeys;
    SessionLimits limits{std::chrono::hours(8), std::chrono::hours(1), std::chrono::seconds(30)};
    SessionCookie cookie;
    std::string sessionContext;       // what seals of `cookie.name` are bound to
    std::string plainSessionContext;  // likewise for `cookie.plainName`

    std::string basePath = "/auth";
    std::string baseUrl;  // without trailing slash; empty: from the request
    std::string callbackPath;
    std::string loginPath;
    std::string logoutPath;
    std::string sessionPath;

    bool allowHttp = false;
    std::chrono::milliseconds timeout{5000};
    std::string trustedCertificate;
};

inline constexpr std::string_view loginCookieName = "__Host-sk_login";
inline constexpr std::string_view plainLoginCookieName = "sk_login";

/** http{} level. */
struct MainConf {
    std::vector<std::unique_ptr<Environment>> environments;
    std::vector<std::string> identityPrefixes;  // lower case, '-' for '_'; of all places,
                                                // "x-scalekit-" always among them
    std::vector<ngx_uint_t> variables;          // indices of the $scalekit_ ones that are in use
    ngx_shm_zone_t* zone = nullptr;
    std::size_t zoneSize = 0;
};

enum class Unauthenticated : ngx_uint_t { automatic, redirect, unauthorized, pass };

/** A tenant directive: its value, and whether an empty one means "any" instead of "unknown tenant".
 */
struct TenantValue {
    ngx_http_complex_value_t value;
    bool optional;
};

struct AuthorizeParameter {
    ngx_str_t name;
    ngx_http_complex_value_t value;
};

/** What the upstream is told, in the order of identityHeaderSuffixes. */
enum class IdentityHeader : std::size_t {
    subject,
    email,
    name,
    organization,
    connection,
    session,
    roles,
    permissions
};

inline constexpr std::string_view identityHeaderSuffixes[] = {
    "Sub", "Email", "Name", "Org-Id", "Connection-Id", "Session-Id", "Roles", "Permissions",
};
inline constexpr std::size_t identityHeaderCount = std::size(identityHeaderSuffixes);

/** A request header's name as nginx keeps it. */
struct HeaderName {
    ngx_str_t name;
    ngx_str_t lowcase;
    ngx_uint_t hash;
};

/** http, server and location level. Plain, so that nginx's slot functions can set it. */
struct LocationConf {
    ngx_str_t
        environmentName;  // "off" or a name, as written; data is nullptr when not written here
    ngx_uint_t line;      // of scalekit_auth
    ngx_str_t file;
    Environment* environment;  // nullptr: not guarded

    ngx_uint_t unauthenticated;  // Unauthenticated
    TenantValue* connectionId;
    TenantValue* organizationId;
    ngx_http_complex_value_t* domain;
    ngx_http_complex_value_t* provider;
    ngx_http_complex_value_t* loginHint;
    ngx_http_complex_value_t* prompt;
    ngx_array_t* authorizeParameters;  // of AuthorizeParameter
    ngx_flag_t identityHeaders;
    ngx_str_t identityPrefix;
    HeaderName* identityHeaderNames;  // identityHeaderCount of them
};

/** Create and merge functions of the ngx_http_module_t. */
void* createMainConf(ngx_conf_t* cf) noexcept;
char* initMainConf(ngx_conf_t* cf, void* conf) noexcept;
void* createLocationConf(ngx_conf_t* cf) noexcept;
char* mergeLocationConf(ngx_conf_t* cf, void* parent, void* child) noexcept;

/** Setters of the directives, see the table in module.cpp. */
char* setEnvironment(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept;
char* setZone(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept;
char* setAuth(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept;
char* setTenantValue(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept;
char* setRoutingValue(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept;
char* setAuthorizeParameter(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept;
char* setIdentityHeaders(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept;

/**
 * Refuses a configuration in which a server guards a location with an environment whose callback
 * path no location guarded by the same environment would receive. Runs after nginx has built its
 * location trees.
 */
ngx_int_t checkCallbackLocations(ngx_conf_t* cf) noexcept;

inline MainConf* mainConf(ngx_http_request_t* r) noexcept
{
    return static_cast<MainConf*>(ngx_http_get_module_main_conf(r, ngx_http_scalekit_module));
}

inline LocationConf* locationConf(ngx_http_request_t* r) noexcept
{
    return static_cast<LocationConf*>(ngx_http_get_module_loc_conf(r, ngx_http_scalekit_module));
}

}  // namespace scalekit
