#include "nginx/request_headers.hpp"

#include "nginx/interop.hpp"
#include "session/requirement.hpp"

#include <algorithm>
#include <array>

namespace scalekit {

namespace {

using Element = ngx_table_elt_t;

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

bool identityHeader(const Element& header, const MainConf& main) noexcept
{
    for (const std::string& prefix : main.identityPrefixes) {
        if (hasPrefix(header.key, prefix)) {
            return true;
        }
    }
    return false;
}

bool cookieHeader(const Element& header) noexcept
{
    return header.key.len == 6 && startsWithIgnoringCase(view(header.key), "cookie");
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

template <class Visit>
void forEachHeader(ngx_list_t& list, Visit&& visit)
{
    for (ngx_list_part_t* part = &list.part; part != nullptr; part = part->next) {
        auto* header = static_cast<Element*>(part->elts);
        for (ngx_uint_t i = 0; i < part->nelts; ++i) {
            visit(header[i]);
        }
    }
}

/**
 * Takes elements out of a header list without moving the others, to which nginx holds pointers: the
 * list's parts are cut into the runs that stay. nginx's own loops expect no empty part but the
 * first.
 */
template <class Drop>
bool removeHeaders(ngx_list_t& list, Drop&& drop)
{
    ngx_list_part_t first = {};
    ngx_list_part_t* last = nullptr;

    for (ngx_list_part_t* part = &list.part; part != nullptr; part = part->next) {
        auto* header = static_cast<Element*>(part->elts);
        for (ngx_uint_t i = 0; i < part->nelts;) {
            if (drop(header[i])) {
                ++i;
                continue;
            }
            ngx_list_part_t* run = &first;
            if (last != nullptr) {
                run =
                    static_cast<ngx_list_part_t*>(ngx_pcalloc(list.pool, sizeof(ngx_list_part_t)));
                if (run == nullptr) {
                    return false;
                }
                last->next = run;
            }
            run->elts = &header[i];
            while (i < part->nelts && !drop(header[i])) {
                ++run->nelts;
                ++i;
            }
            last = run;
        }
    }

    if (last == nullptr) {
        return ngx_list_init(&list, list.pool, 4, sizeof(Element)) == NGX_OK;
    }
    list.part = first;
    list.last = last == &first ? &list.part : last;
    list.nalloc = list.last->nelts;  // full: the next ngx_list_push() begins a new part
    return true;
}

/** Takes our cookies out of a Cookie header, once the context has them; false without memory. */
bool takeCookies(ngx_http_request_t* r, Element& header, const MainConf& main)
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
    forEachHeader(r->headers_in.headers, [&](Element& header) {
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
    return removeHeaders(r->headers_in.headers, [&](const Element& header) {
        return cookieHeader(header) ? header.value.len == 0 : identityHeader(header, main);
    });
}

std::string_view identityValue(const Context& context, IdentityHeader header) noexcept
{
    const SessionView& session = context.session;
    ngx_pool_t* pool = context.request->pool;
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
        return joinedValues(pool, findClaim(session, "roles"));
    case IdentityHeader::permissions:
        return joinedValues(pool, findClaim(session, "permissions"));
    case IdentityHeader::scopes:
        return joinedScopes(pool, session);
    case IdentityHeader::client:
        return context.bearer ? joinedValues(pool, findClaim(session, "client_id")) : "";
    }
    return {};
}

/** A part of the request's header list, in one piece of memory. */
struct IdentityHeaders {
    ngx_list_part_t part;
    Element headers[identityHeaderCount];
};

/** The bytes that a header may carry as they are; all others are percent-encoded. */
using PlainBytes = std::array<bool, 256>;

constexpr PlainBytes printableBut(std::string_view encoded)
{
    PlainBytes plain{};
    for (std::size_t c = 0x20; c < 0x7f; ++c) {
        plain[c] = encoded.find(static_cast<char>(c)) == std::string_view::npos;
    }
    return plain;
}

constexpr PlainBytes plainInText = printableBut("%");
constexpr PlainBytes plainInList = printableBut("%,");
constexpr std::size_t maxEncoded = 3;  // bytes that one byte takes at most

bool allPlain(std::string_view text, const PlainBytes& plain) noexcept
{
    return std::all_of(text.begin(), text.end(),
                       [&](char c) { return plain[static_cast<u_char>(c)]; });
}

u_char* encode(u_char* out, std::string_view text, const PlainBytes& plain) noexcept
{
    constexpr char digits[] = "0123456789ABCDEF";
    for (const char character : text) {
        const auto c = static_cast<u_char>(character);
        if (plain[c]) {
            *out++ = c;
        } else {
            *out++ = '%';
            *out++ = static_cast<u_char>(digits[c >> 4]);
            *out++ = static_cast<u_char>(digits[c & 15]);
        }
    }
    return out;
}

}  // namespace

void keepCookies(Context& context) noexcept
{
    if (context.cookieLineCount > 0) {
        return;
    }
    forEachHeader(context.request->headers_in.headers, [&](const Element& header) {
        if (cookieHeader(header) && context.cookieLineCount < Context::maxCookieLines) {
            context.cookieLines[context.cookieLineCount++] = view(header.value);
        }
    });
}

bool removeIdentityHeaders(ngx_http_request_t* r) noexcept
{
    const MainConf& main = *mainConf(r);
    return removeHeaders(r->headers_in.headers,
                         [&](const Element& header) { return identityHeader(header, main); });
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

bool addIdentityHeaders(Context& context, const LocationConf& conf) noexcept
{
    ngx_http_request_t* r = context.request;
    auto* added = static_cast<IdentityHeaders*>(ngx_pcalloc(r->pool, sizeof(IdentityHeaders)));
    if (added == nullptr) {
        return false;
    }

    ngx_list_part_t* part = &added->part;
    part->elts = added->headers;
    for (std::size_t i = 0; i < identityHeaderCount; ++i) {
        const std::string_view value = identityValue(context, static_cast<IdentityHeader>(i));
        if (value.data() == nullptr) {
            return false;
        }
        if (!value.empty()) {
            const HeaderName& name = conf.identityHeaderNames[i];
            Element& header = added->headers[part->nelts++];
            header.hash = name.hash;
            header.key = name.name;
            header.lowcase_key = name.lowcase.data;
            header.value = borrow(value);
        }
    }
    if (part->nelts == 0) {
        return true;
    }

    ngx_list_t& list = r->headers_in.headers;
    // the first part may be empty, and then there is no other; nginx's loops allow none after it
    if (list.last->nelts == 0) {
        list.part = *part;
        list.last = &list.part;
    } else {
        list.last->next = part;
        list.last = part;
    }
    list.nalloc = part->nelts;
    context.scrubbed = true;  // what is in the list now is ours
    return true;
}

std::string_view headerSafe(ngx_pool_t* pool, std::string_view text) noexcept
{
    if (allPlain(text, plainInText)) {
        return text.empty() ? "" : text;
    }
    auto* out = static_cast<u_char*>(ngx_pnalloc(pool, maxEncoded * text.size()));
    if (out == nullptr) {
        return {};
    }
    const u_char* end = encode(out, text, plainInText);
    return {reinterpret_cast<char*>(out), static_cast<std::size_t>(end - out)};
}

namespace {

/** Joins what `each(visit)` visits, twice: to measure and to write. */
template <class Each>
std::string_view joined(ngx_pool_t* pool, Each&& each) noexcept
{
    std::size_t size = 0;
    bool plain = true;
    each([&](std::string_view value) {
        size += value.size() + 1;
        plain = plain && allPlain(value, plainInList);
    });
    if (size == 0) {
        return "";
    }
    auto* out = static_cast<u_char*>(ngx_pnalloc(pool, plain ? size : maxEncoded * size));
    if (out == nullptr) {
        return {};
    }
    u_char* end = out;
    each([&](std::string_view value) {
        end = plain ? ngx_cpymem(end, value.data(), value.size()) : encode(end, value, plainInList);
        *end++ = ',';
    });
    return {reinterpret_cast<char*>(out), static_cast<std::size_t>(end - out) - 1};
}

}  // namespace

std::string_view joinedValues(ngx_pool_t* pool, const ClaimView& claim) noexcept
{
    return joined(pool, [&](auto&& visit) { forEachValue(claim, visit); });
}

std::string_view joinedScopes(ngx_pool_t* pool, const SessionView& session) noexcept
{
    return joined(pool, [&](auto&& visit) { forEachScope(session, visit); });
}

}  // namespace scalekit
