#include "nginx/identity/request_headers.hpp"

#include "nginx/identity/header_value.hpp"
#include "nginx/ngx/headers.hpp"

#include <algorithm>

namespace scalekit {

namespace {

/**
 * Name against a folded prefix: any case, and every byte that is no letter or digit for '-', as
 * applications fold names into variables of theirs.
 */
bool hasPrefix(const ngx_str_t& name, std::string_view foldedPrefix) noexcept
{
    if (name.len < foldedPrefix.size()) {
        return false;
    }
    for (std::size_t i = 0; i < foldedPrefix.size(); ++i) {
        const u_char c = static_cast<u_char>(ngx_tolower(name.data[i]));
        const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if ((plain ? c : '-') != static_cast<u_char>(foldedPrefix[i])) {
            return false;
        }
    }
    return true;
}

bool identityHeader(const HeaderField& header, const MainConf& main) noexcept
{
    for (const std::string& prefix : main.identityPrefixes) {
        if (hasPrefix(header.key, prefix)) {
            return true;
        }
    }
    return false;
}

bool cookieHeader(const HeaderField& header) noexcept
{
    return named(header, "cookie");
}

bool chunkOf(std::string_view name, std::string_view cookie) noexcept
{
    return name.starts_with(cookie) &&
           (name.size() == cookie.size() ||
            (name.size() == cookie.size() + 2 && name[cookie.size()] == '.'));
}

bool moduleCookie(std::string_view name, const MainConf& main) noexcept
{
    if (name == loginCookieName || name == plainLoginCookieName) {
        return true;
    }
    for (const auto& environment : main.environments) {
        if (chunkOf(name, environment->cookie.name) ||
            chunkOf(name, environment->cookie.plainName)) {
            return true;
        }
    }
    return false;
}

/** Takes our cookies out of a Cookie header, once the context has them; false without memory. */
bool takeCookies(ngx_http_request_t* r, HeaderField& header, const MainConf& main)
{
    bool found = false;
    const std::string kept = withoutCookies(view(header.value), [&](std::string_view name) {
        const bool ours = moduleCookie(name, main);
        found = found || ours;
        return ours;
    });
    if (!found) {
        return true;
    }

    Context* context = obtainContext(r);
    if (context == nullptr) {
        return false;
    }
    keepCookies(*context);
    header.value = copy(r->pool, kept);
    header.hash = kept.empty() ? 0 : header.hash;  // or $http_cookie would still join it
    return header.value.data != nullptr;
}

bool scrub(ngx_http_request_t* r, const MainConf& main)
{
    bool ok = true;
    bool identity = false;
    bool emptied = false;
    forEachHeader(r->headers_in.headers, [&](HeaderField& header) {
        if (cookieHeader(header)) {
            ok = ok && takeCookies(r, header, main);
            emptied = emptied || header.value.len == 0;
        } else {
            identity = identity || identityHeader(header, main);
        }
    });

    if (!ok || (!identity && !emptied)) {
        return ok;
    }
    return removeHeaders(r->headers_in.headers, [&](const HeaderField& header) {
        return cookieHeader(header) ? header.value.len == 0 : identityHeader(header, main);
    });
}

/** The claims that have a header of their own, found in one walk over all of them. */
struct HeaderClaims {
    ClaimView roles;
    ClaimView permissions;
    ClaimView client;
    ScopeClaims scopes;
};

HeaderClaims headerClaims(const SessionView& session) noexcept
{
    HeaderClaims found;
    const std::pair<std::string_view, ClaimView*> named[] = {
        {"roles", &found.roles},        {"permissions", &found.permissions},
        {"scope", &found.scopes.scope}, {"scopes", &found.scopes.scopes},
        {"client_id", &found.client},
    };
    std::string_view rest = session.claims;
    while (!rest.empty()) {
        const ClaimView claim = takeClaim(rest);
        for (const auto& [name, kept] : named) {
            if (claim.name == name && kept->name.data() == nullptr) {
                *kept = claim;
            }
        }
    }
    return found;
}

std::string_view identityValue(ngx_pool_t* pool, const Caller& caller, const HeaderClaims& claims,
                               IdentityHeader header) noexcept
{
    const SessionView& session = caller.session;
    switch (header) {
    case IdentityHeader::subject:
        return headerSafe(pool, session.subject);
    case IdentityHeader::email:
        return headerSafe(pool, session.email);
    case IdentityHeader::name:
        return headerSafe(pool, session.name);
    case IdentityHeader::organization:
        return headerSafe(pool, session.organization);
    case IdentityHeader::connection:
        return headerSafe(pool, session.connection);
    case IdentityHeader::session:
        return headerSafe(pool, session.providerSession);
    case IdentityHeader::roles:
        return joinedValues(pool, claims.roles);
    case IdentityHeader::permissions:
        return joinedValues(pool, claims.permissions);
    case IdentityHeader::scopes:
        return joinedScopes(pool, claims.scopes);
    case IdentityHeader::client:
        return caller.bearer ? joinedValues(pool, claims.client) : "";
    }
    return {};
}

/** A part of the request's header list, in one piece of memory. */
struct IdentityHeaders {
    ngx_list_part_t part;
    HeaderField headers[identityHeaderCount];
};

}  // namespace

void keepCookies(Context& context) noexcept
{
    if (context.cookieLineCount > 0) {
        return;
    }
    forEachHeader(context.request->headers_in.headers, [&](const HeaderField& header) {
        if (cookieHeader(header) && context.cookieLineCount < Context::maxCookieLines) {
            context.cookieLines[context.cookieLineCount++] = view(header.value);
        }
    });
}

bool removeIdentityHeaders(ngx_http_request_t* r) noexcept
{
    const MainConf& main = *mainConf(r);
    return removeHeaders(r->headers_in.headers,
                         [&](const HeaderField& header) { return identityHeader(header, main); });
}

ngx_int_t scrubRequest(ngx_http_request_t* r) noexcept
try {
    const MainConf& main = *mainConf(r);

    Context* context = findContext(r);
    if (context != nullptr && context->scrubbed) {
        // after an internal redirect these headers are the module's own: an unguarded place may
        // have them, a guarded one judges anew
        const LocationConf& conf = *locationConf(r);
        if (conf.environment == nullptr && conf.identityHeaders) {
            return NGX_DECLINED;
        }
        return removeIdentityHeaders(r) ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (!scrub(r, main)) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    context = findContext(r);
    if (context != nullptr) {
        context->scrubbed = true;
    }
    return NGX_DECLINED;
} catch (...) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}

bool addIdentityHeaders(ngx_http_request_t* r, const Caller& caller,
                        const LocationConf& conf) noexcept
{
    auto* added = static_cast<IdentityHeaders*>(ngx_pcalloc(r->pool, sizeof(IdentityHeaders)));
    if (added == nullptr) {
        return false;
    }

    ngx_list_part_t* part = &added->part;
    part->elts = added->headers;
    const HeaderClaims claims = headerClaims(caller.session);
    for (std::size_t i = 0; i < identityHeaderCount; ++i) {
        const std::string_view value =
            identityValue(r->pool, caller, claims, static_cast<IdentityHeader>(i));
        if (value.data() == nullptr) {
            return false;
        }
        if (!value.empty()) {
            const HeaderName& name = conf.identityHeaderNames[i];
            HeaderField& header = added->headers[part->nelts++];
            header.hash = name.hash;
            header.key = name.name;
            header.lowcase_key = name.lowcase.data;
            header.value = borrow(value);
        }
    }
    if (part->nelts > 0) {
        appendHeaders(r->headers_in.headers, part);
    }
    return true;
}

}  // namespace scalekit
