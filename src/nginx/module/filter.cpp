#include "nginx/module/filter.hpp"

#include "base/cache_control.hpp"
#include "nginx/identity/session_cookie.hpp"
#include "nginx/ngx/headers.hpp"

#include <initializer_list>

namespace scalekit {

namespace {

ngx_http_output_header_filter_pt nextHeaderFilter;

/** Visits the answer's fields of this name. nginx passes over those without a hash. */
template <class Visit>
void forEachField(ngx_http_request_t* r, std::string_view lowerCaseName, Visit&& visit)
{
    forEachHeader(r->headers_out.headers, [&](HeaderField& field) {
        if (field.hash != 0 && named(field, lowerCaseName)) {
            visit(field);
        }
    });
}

void dropFields(ngx_http_request_t* r, std::initializer_list<std::string_view> names) noexcept
{
    forEachHeader(r->headers_out.headers, [&](HeaderField& field) {
        for (const std::string_view name : names) {
            field.hash = named(field, name) ? 0 : field.hash;
        }
    });
}

/** Words for a CDN alone, which it puts above Cache-Control (RFC 9213). */
void dropTargetedFields(ngx_http_request_t* r) noexcept
{
    dropFields(r, {"cdn-cache-control", "surrogate-control"});
}

/** Makes this all that the answer says to caches. */
bool setCacheControl(ngx_http_request_t* r, std::string_view value) noexcept
{
    dropTargetedFields(r);
    dropFields(r, {"cache-control", "expires"});
    return addHeader(r, "Cache-Control", value);
}

bool protectOwnAnswer(ngx_http_request_t* r) noexcept
{
    dropFields(r, {"referrer-policy"});
    return setCacheControl(r, "no-store") && addHeader(r, "Referrer-Policy", "no-referrer");
}

/** What an answer of the application says to caches. */
struct Caching {
    CacheControl control;
    bool expires = false;
    bool expiresLater = false;
};

Caching readCaching(ngx_http_request_t* r) noexcept
{
    Caching caching;
    forEachField(r, "cache-control",
                 [&](HeaderField& field) { caching.control.add(view(field.value)); });
    forEachField(r, "expires", [&](HeaderField& field) {
        caching.expires = true;
        // a date that cannot be read is NGX_ERROR, and past
        caching.expiresLater = caching.expiresLater ||
                               ngx_parse_http_time(field.value.data, field.value.len) > ngx_time();
    });
    return caching;
}

/** Renews the session if its cookie is for nobody but the browser that gets it. */
bool renewInAnswer(Context& context) noexcept
{
    ngx_http_request_t* r = context.request;
    const Caching caching = readCaching(r);
    if (caching.control.servesOthers(caching.expiresLater)) {
        return true;  // the application's choice stands, another answer will renew
    }
    if (caching.control.keepsOthersOut()) {
        dropTargetedFields(r);
        return renewSession(context);
    }
    return renewSession(context) && setCacheControl(r, "private, no-cache");
}

/**
 * A browser would show the answer again after the sign-out, and a shared cache to others, as long
 * as they think fit. Pragma means nothing in an answer (RFC 9111 5.4).
 */
bool keepOthersOut(ngx_http_request_t* r) noexcept
{
    const Caching caching = readCaching(r);
    return caching.control.decides() || caching.expires ||
           addHeader(r, "Cache-Control", "private, no-cache");
}

bool completeHeaders(ngx_http_request_t* r) noexcept
{
    Context* context = findContext(r);
    if (context != nullptr && context->ownAnswer) {
        return protectOwnAnswer(r);
    }
    if (context != nullptr && renewalDue(*context)) {
        return renewInAnswer(*context);
    }
    const LocationConf& conf = *locationConf(r);
    const bool guarded = conf.environment != nullptr || (context != nullptr && context->guarded);
    return !guarded || !conf.cacheControl || keepOthersOut(r);
}

ngx_int_t filterHeaders(ngx_http_request_t* r) noexcept
{
    if (r == r->main && !completeHeaders(r)) {
        logLine(NGX_LOG_CRIT, r->connection->log, "the headers of an answer cannot be completed");
        return NGX_ERROR;
    }
    return nextHeaderFilter(r);
}

}  // namespace

ngx_int_t installHeaderFilter(ngx_conf_t*) noexcept
{
    // with or without environments: the chain is the process's, also when a reload fails
    nextHeaderFilter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = filterHeaders;
    return NGX_OK;
}

}  // namespace scalekit
