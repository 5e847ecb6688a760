#include "base/version.hpp"
#include "nginx/conf/bearer_directives.hpp"
#include "nginx/conf/callback_check.hpp"
#include "nginx/conf/directives.hpp"
#include "nginx/conf/environment_block.hpp"
#include "nginx/conf/guard_lines.hpp"
#include "nginx/conf/merge.hpp"
#include "nginx/conf/resource_directive.hpp"
#include "nginx/conf/server_warnings.hpp"
#include "nginx/endpoint/metadata.hpp"
#include "nginx/identity/variables.hpp"
#include "nginx/module/access.hpp"
#include "nginx/module/filter.hpp"
#include "nginx/ngx/interop.hpp"
#include "nginx/worker/worker.hpp"

#include <curl/curl.h>
#include <openssl/crypto.h>

#include <algorithm>

/** The tables by which nginx knows the module. */
namespace scalekit {

namespace {

auto commands = commandsOf(environmentDirectives, directives, bearerDirectives, resourceDirectives);

bool addHandler(ngx_http_core_main_conf_t* core, ngx_http_phases phase, ngx_http_handler_pt handler)
{
    auto* slot = static_cast<ngx_http_handler_pt*>(ngx_array_push(&core->phases[phase].handlers));
    if (slot == nullptr) {
        return false;
    }
    *slot = handler;
    return true;
}

/** In front of those that write the logs; nginx calls them in their order. */
bool addFirstLogHandler(ngx_http_core_main_conf_t* core, ngx_http_handler_pt handler)
{
    if (!addHandler(core, NGX_HTTP_LOG_PHASE, handler)) {
        return false;
    }
    ngx_array_t& handlers = core->phases[NGX_HTTP_LOG_PHASE].handlers;
    auto* first = static_cast<ngx_http_handler_pt*>(handlers.elts);
    std::rotate(first, first + handlers.nelts - 1, first + handlers.nelts);
    return true;
}

ngx_int_t initialize(ngx_conf_t* cf) noexcept
{
    if (mainConf(cf)->environments.empty()) {
        return checkGuardLines(cf);
    }
    auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    if (!indexVariables(cf) || !addHandler(core, NGX_HTTP_POST_READ_PHASE, serveMetadata) ||
        !addHandler(core, NGX_HTTP_PREACCESS_PHASE, prepareRequest) ||
        !addHandler(core, NGX_HTTP_ACCESS_PHASE, checkAccess) ||
        !addFirstLogHandler(core, beginLog) || checkSecrets(cf) != NGX_OK ||
        checkGuardLines(cf) != NGX_OK) {
        return NGX_ERROR;
    }
    return checkCallbackLocations(cf) == NGX_OK ? warnOfConfiguration(cf) : NGX_ERROR;
}

/** Called once for each configuration that nginx starts or reloads with. */
ngx_int_t logVersions(ngx_cycle_t* cycle) noexcept
{
    if (!ngx_test_config) {
        ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0,
                      "scalekit: %s, built for %s, using libcurl/%s and OpenSSL/%s", product,
                      NGINX_VER, curl_version_info(CURLVERSION_NOW)->version,
                      OpenSSL_version(OPENSSL_VERSION_STRING));
    }
    return NGX_OK;
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

ngx_http_module_t filterContext = {
    nullptr,              // preconfiguration
    installHeaderFilter,  // postconfiguration
    nullptr,              // create main configuration
    nullptr,              // init main configuration
    nullptr,              // create server configuration
    nullptr,              // merge server configuration
    nullptr,              // create location configuration
    nullptr,              // merge location configuration
};

}  // namespace

}  // namespace scalekit

ngx_module_t ngx_http_scalekit_module = {
    NGX_MODULE_V1,
    &scalekit::moduleContext,   // module context
    scalekit::commands.data(),  // module directives
    NGX_HTTP_MODULE,            // module type
    nullptr,                    // init master
    scalekit::logVersions,      // init module
    scalekit::startWorker,      // init process
    nullptr,                    // init thread
    nullptr,                    // exit thread
    scalekit::stopWorker,       // exit process
    nullptr,                    // exit master
    NGX_MODULE_V1_PADDING,
};

ngx_module_t ngx_http_scalekit_filter_module = {
    NGX_MODULE_V1,
    &scalekit::filterContext,  // module context
    nullptr,                   // module directives
    NGX_HTTP_MODULE,           // module type
    nullptr,                   // init master
    nullptr,                   // init module
    nullptr,                   // init process
    nullptr,                   // init thread
    nullptr,                   // exit thread
    nullptr,                   // exit process
    nullptr,                   // exit master
    NGX_MODULE_V1_PADDING,
};
