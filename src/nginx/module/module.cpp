#include "nginx/module/access.hpp"
#include "nginx/conf/conf.hpp"
#include "nginx/ngx/interop.hpp"
#include "nginx/endpoint/metadata.hpp"
#include "nginx/identity/variables.hpp"
#include "nginx/worker/worker.hpp"

/** The tables by which nginx knows the module. */
namespace scalekit {

namespace {

constexpr ngx_uint_t everywhere = NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF;

ngx_conf_enum_t unauthenticatedModes[] = {
    {ngx_string("auto"), static_cast<ngx_uint_t>(Unauthenticated::automatic)},
    {ngx_string("redirect"), static_cast<ngx_uint_t>(Unauthenticated::redirect)},
    {ngx_string("401"), static_cast<ngx_uint_t>(Unauthenticated::unauthorized)},
    {ngx_string("pass"), static_cast<ngx_uint_t>(Unauthenticated::pass)},
    {ngx_null_string, 0},
};

ngx_command_t commands[] = {
    {ngx_string("scalekit_environment"), NGX_HTTP_MAIN_CONF | NGX_CONF_BLOCK | NGX_CONF_TAKE1,
     setEnvironment, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("scalekit_zone"), NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1, setZone,
     NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr},
    {ngx_string("scalekit_auth"), everywhere | NGX_CONF_TAKE1, setAuth, NGX_HTTP_LOC_CONF_OFFSET, 0,
     nullptr},
    {ngx_string("scalekit_unauthenticated"), everywhere | NGX_CONF_TAKE1, ngx_conf_set_enum_slot,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationConf, unauthenticated), unauthenticatedModes},
    {ngx_string("scalekit_connection_id"), everywhere | NGX_CONF_TAKE12, setTenantValue,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationConf, connectionId), nullptr},
    {ngx_string("scalekit_organization_id"), everywhere | NGX_CONF_TAKE12, setTenantValue,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationConf, organizationId), nullptr},
    {ngx_string("scalekit_domain"), everywhere | NGX_CONF_TAKE1, setRoutingValue,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationConf, domain), nullptr},
    {ngx_string("scalekit_provider"), everywhere | NGX_CONF_TAKE1, setRoutingValue,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationConf, provider), nullptr},
    {ngx_string("scalekit_login_hint"), everywhere | NGX_CONF_TAKE1, setRoutingValue,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationConf, loginHint), nullptr},
    {ngx_string("scalekit_prompt"), everywhere | NGX_CONF_TAKE1, setRoutingValue,
     NGX_HTTP_LOC_CONF_OFFSET, offsetof(LocationConf, prompt), nullptr},
    {ngx_string("scalekit_authorize_param"), everywhere | NGX_CONF_TAKE2, setAuthorizeParameter,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {ngx_string("scalekit_identity_headers"), everywhere | NGX_CONF_TAKE12, setIdentityHeaders,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {ngx_string("scalekit_bearer"), everywhere | NGX_CONF_TAKE123, setBearer,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {ngx_string("scalekit_audience"), everywhere | NGX_CONF_1MORE, setAudience,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {ngx_string("scalekit_token"), everywhere | NGX_CONF_TAKE1, setToken, NGX_HTTP_LOC_CONF_OFFSET,
     offsetof(LocationConf, token), nullptr},
    {ngx_string("scalekit_require"), everywhere | NGX_CONF_1MORE, setRequirement,
     NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    {ngx_string("scalekit_resource"), NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF | NGX_CONF_TAKE123,
     setResource, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr},
    ngx_null_command,
};

bool addHandler(ngx_http_core_main_conf_t* core, ngx_http_phases phase, ngx_http_handler_pt handler)
{
    auto* slot = static_cast<ngx_http_handler_pt*>(ngx_array_push(&core->phases[phase].handlers));
    if (slot == nullptr) {
        return false;
    }
    *slot = handler;
    return true;
}

ngx_int_t initialize(ngx_conf_t* cf) noexcept
{
    const auto* main =
        static_cast<MainConf*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_scalekit_module));
    if (main->environments.empty()) {
        return checkGuardLines(cf);
    }
    auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    if (!indexVariables(cf) || !addHandler(core, NGX_HTTP_POST_READ_PHASE, serveMetadata) ||
        !addHandler(core, NGX_HTTP_PREACCESS_PHASE, prepareRequest) ||
        !addHandler(core, NGX_HTTP_ACCESS_PHASE, checkAccess) || checkSecrets(cf) != NGX_OK ||
        checkGuardLines(cf) != NGX_OK) {
        return NGX_ERROR;
    }
    return checkCallbackLocations(cf);
}

ngx_http_module_t moduleContext = {
    addVariables,        // preconfiguration
    initialize,          // postconfiguration
    createMainConf,      // create main configuration
    initMainConf,        // init main configuration
    createServerConf,    // create server configuration
    nullptr,             // merge server configuration
    createLocationConf,  // create location configuration
    mergeLocationConf,   // merge location configuration
};

}  // namespace

}  // namespace scalekit

ngx_module_t ngx_http_scalekit_module = {
    NGX_MODULE_V1,
    &scalekit::moduleContext,  // module context
    scalekit::commands,        // module directives
    NGX_HTTP_MODULE,           // module type
    nullptr,                   // init master
    nullptr,                   // init module
    scalekit::startWorker,     // init process
    nullptr,                   // init thread
    nullptr,                   // exit thread
    scalekit::stopWorker,      // exit process
    nullptr,                   // exit master
    NGX_MODULE_V1_PADDING,
};
