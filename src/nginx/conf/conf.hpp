#pragma once

#include "base/cookie.hpp"
#include "base/name_set.hpp"
#include "nginx/conf/defaults.hpp"
#include "nginx/conf/endpoint_rows.hpp"
#include "nginx/ngx/ngx.hpp"
#include "oidc/login.hpp"
#include "oidc/provider.hpp"
#include "oidc/resource.hpp"
#include "session/identity_text.hpp"
#include "session/session.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/**
 * What the administrator wrote. Configuration objects are made while nginx reads its files, live as
 * long as the cycle's pool, and are never written at run time.
 */
namespace scalekit {

struct SessionCookie {
    std::string name{defaults::sessionCookie};
    std::string plainName{defaults::plainSessionCookie};
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
    std::string providerKey;  // names the provider's documents in shared memory
    SealKeys sessionKeys;
    bool hasSessionKeys = false;
    SessionLimits limits{defaults::sessionLifetime, defaults::sessionIdle, defaults::clockSkew};
    SessionCookie cookie;
    std::string sessionContext;       // what seals of `cookie.name` are bound to
    std::string plainSessionContext;  // likewise for `cookie.plainName`

    std::string basePath{defaults::basePath};
    std::string baseUrl;  // the origin that the browser sees; empty: from the request
    std::string prefix;   // of the paths that the browser sees, such as /app; or empty
    std::array<std::string, endpointCount> endpointPaths;

    const std::string& path(Endpoint endpoint) const noexcept
    {
        return endpointPaths[static_cast<std::size_t>(endpoint)];
    }

    /** The endpoint's path as the browser sees it. */
    std::string link(Endpoint endpoint) const { return prefix + path(endpoint); }

    bool allowHttp = false;
    std::chrono::milliseconds timeout = defaults::timeout;
    std::string trustedCertificates;  // PEM; empty: those of the system

    bool used = false;         // guards a location
    bool usedToLogin = false;  // one that is not for bearer tokens only
};

/**
 * Which bearer tokens are good. One object for all locations that accept the same: verdicts are
 * kept by its address.
 */
struct TokenPolicy {
    const Environment* environment;
    std::vector<std::string> issuers;
    std::vector<std::string> audiences;
    bool anyAudience;

    bool operator==(const TokenPolicy&) const = default;
};

inline constexpr std::string_view loginCookieName = "__Host-sk_login";
inline constexpr std::string_view plainLoginCookieName = "sk_login";

/** Directives that do something in guarded locations alone. */
enum class Guarded : std::size_t {
    bearer,  // this and the next say who may come in
    require,
    organizationId,
    connectionId,
    unauthenticated,
    domain,
    provider,
    loginHint,
    prompt,
    authorizeParameter,
    setHeader,
    audience,  // this and the next are about tokens
    token
};

inline constexpr std::size_t guardedCount = static_cast<std::size_t>(Guarded::token) + 1;

/** Where one of them is written. */
struct GuardLine {
    ngx_str_t directive;
    Guarded which;
    ngx_str_t file;
    ngx_uint_t line;
    bool works;  // some guarded location inherits it, or it only takes back an outer one
};

/** http{} level. */
struct MainConf {
    std::vector<std::unique_ptr<Environment>> environments;
    std::vector<std::unique_ptr<TokenPolicy>> policies;
    std::vector<std::unique_ptr<GuardLine>> guardLines;
    std::vector<std::string> identityPrefixes;  // lower case, '-' for '_'; of all locations,
                                                // "x-scalekit-" always among them
    NameSet cookieNames;                        // of the module, whichever environment's
    std::vector<ngx_uint_t> variables;          // indices of the $scalekit_ ones that are in use
    ngx_shm_zone_t* zone = nullptr;
    std::size_t zoneSize = NGX_CONF_UNSET_SIZE;
};

/** An API that describes itself (scalekit_resource). */
struct Resource {
    ProtectedResource description;
    std::string path;  // of its metadata
    std::string url;   // likewise, absolute
    std::string json;  // the metadata
    ngx_str_t file;    // where the directive stands, for messages
    ngx_uint_t line = 0;
};

/** server level. */
struct ServerConf {
    std::vector<Resource*> resources;
    std::vector<const Environment*> guards;   // they sign people in somewhere in the server
    std::vector<std::string> setHeaderNames;  // folded; of scalekit_set_header
    bool signsIn = false;                     // their callbacks arrive, and are not sent elsewhere
    bool namesTenant = false;                 // some location says whose people it is for
};

enum class Unauthenticated : ngx_uint_t { automatic, redirect, unauthorized, pass };

enum class Bearer : ngx_uint_t { off, on, only };

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

/** One scalekit_require line. */
struct ClaimRule {
    std::string claim;
    std::vector<ngx_http_complex_value_t> values;  // one of them has to be held
    std::string text;                              // the line as written, for the log
};

/** A request header's name as nginx keeps it. */
struct HeaderName {
    ngx_str_t name;
    ngx_str_t lowcase;
    ngx_uint_t hash;
};

/** NGX_CONF_UNSET_PTR, for a pointer to anything. */
inline constexpr struct {
    template <class T>
    operator T*() const noexcept
    {
        return static_cast<T*>(NGX_CONF_UNSET_PTR);
    }
} unsetPointer;

/** One scalekit_set_header line. */
struct SetHeader {
    HeaderName name;
    std::string folded;  // the name as names are compared
    ngx_http_complex_value_t value;
};

/** http, server and location level. */
struct LocationConf {
    ngx_str_t
        environmentName;  // "off" or a name, as written; data is nullptr when not written here
    ngx_uint_t line;      // of scalekit_auth
    ngx_str_t file;
    Environment* environment;  // nullptr: not guarded

    ngx_uint_t unauthenticated = NGX_CONF_UNSET_UINT;  // Unauthenticated
    TenantValue* connectionId = unsetPointer;
    TenantValue* organizationId = unsetPointer;
    ngx_http_complex_value_t* domain = unsetPointer;
    ngx_http_complex_value_t* provider = unsetPointer;
    ngx_http_complex_value_t* loginHint = unsetPointer;
    ngx_http_complex_value_t* prompt = unsetPointer;
    ngx_array_t* authorizeParameters = unsetPointer;  // of AuthorizeParameter
    ngx_flag_t identityHeaders = NGX_CONF_UNSET;
    ngx_str_t identityPrefix;
    std::vector<SetHeader>* setHeaders = unsetPointer;  // nullptr: none
    HeaderName* identityHeaderNames;  // in the order of identityFields; without a name for some

    ngx_flag_t cacheControl = NGX_CONF_UNSET;  // answers that say nothing to caches get it

    ngx_uint_t bearer = NGX_CONF_UNSET_UINT;  // Bearer
    ngx_str_t realm;
    ngx_flag_t exposeChallenge;
    std::vector<std::string>* audiences = unsetPointer;  // empty: any
    ngx_http_complex_value_t* token = unsetPointer;      // nullptr: it is in Authorization
    std::vector<ClaimRule>* claimRules = unsetPointer;   // nullptr: none
    Resource* resource = unsetPointer;
    const TokenPolicy* policy;  // where bearer tokens are taken
    std::array<GuardLine*, guardedCount> guardLines{};

    bool takesTokens() const noexcept { return static_cast<Bearer>(bearer) != Bearer::off; }
    bool takesCookies() const noexcept { return static_cast<Bearer>(bearer) != Bearer::only; }
};

/** Where the directives of a location may stand. */
inline constexpr ngx_uint_t everywhere = NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF;

inline MainConf* mainConf(ngx_conf_t* cf) noexcept
{
    return static_cast<MainConf*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_scalekit_module));
}

inline MainConf* mainConf(ngx_http_request_t* r) noexcept
{
    return static_cast<MainConf*>(ngx_http_get_module_main_conf(r, ngx_http_scalekit_module));
}

inline ServerConf* serverConf(ngx_conf_t* cf) noexcept
{
    return static_cast<ServerConf*>(
        ngx_http_conf_get_module_srv_conf(cf, ngx_http_scalekit_module));
}

inline ServerConf* serverConf(ngx_http_request_t* r) noexcept
{
    return static_cast<ServerConf*>(ngx_http_get_module_srv_conf(r, ngx_http_scalekit_module));
}

inline LocationConf* locationConf(ngx_http_request_t* r) noexcept
{
    return static_cast<LocationConf*>(ngx_http_get_module_loc_conf(r, ngx_http_scalekit_module));
}

}  // namespace scalekit
