#include "nginx/request_headers.hpp"

#include "nginx/interop.hpp"

namespace scalekit {

namespace {

using Element = ngx_table_elt_t;

/** Name against a folded prefix: any case, '_' for '-'. */
bool hasPrefix(const ngx_str_t& name, std::string_view foldedPrefix) noexcept
{
    if (name.len < foldedPrefix.size()) {
        return false;
    }
    for (std::size_t i = 0; i < foldedPrefix.size(); ++i) {
        const u_char c = name.data[i] == '_' ? '-' : static_cast<u_char>(ngx_tolower(name.data[i]));
        if (c != static_cast<u_char>(foldedPrefix[i])) {
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

bool mentionsModuleCookie(std::string_view header, const MainConf& main) noexcept
{
    bool found = false;
    forEachCookie(header, [&](std::string_view name, std::string_view) {
        found = found || moduleCookie(name, main);
    });
    return found;
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

bool rewriteCookies(ngx_http_request_t* r, const MainConf& main)
{
    bool ok = true;
    forEachHeader(r->headers_in.headers, [&](Element& header) {
        if (cookieHeader(header) && mentionsModuleCookie(view(header.value), main)) {
            const std::string kept = withoutCookies(view(header.value), [&](std::string_view name) {
                return moduleCookie(name, main);
            });
            header.value = copy(r->pool, kept);
            ok = ok && header.value.data != nullptr;
        }
    });
    return ok;
}

bool scrub(ngx_http_request_t* r, const MainConf& main)
{
    bool identity = false;
    bool cookies = false;
    forEachHeader(r->headers_in.headers, [&](Element& header) {
        identity = identity || identityHeader(header, main);
        cookies =
            cookies || (cookieHeader(header) && mentionsModuleCookie(view(header.value), main));
    });

    if (cookies) {
        Context* context = obtainContext(r);
        if (context == nullptr) {
            return false;
        }
        keepCookies(*context);
        if (!rewriteCookies(r, main)) {
            return false;
        }
    }
    if (!identity && !cookies) {
        return true;
    }
    return removeHeaders(r->headers_in.headers, [&](const Element& header) {
        return identityHeader(header, main) ||
               (cookies && cookieHeader(header) && header.value.len == 0);
    });
}

std::string_view sessionValue(const SessionView& session, IdentityHeader header,
                              ngx_pool_t* pool) noexcept
{
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
    }
    return {};
}

bool plain(char c) noexcept
{
    return c >= 0x20 && c < 0x7f && c != '%';
}

std::size_t encodedSize(std::string_view text, bool commas) noexcept
{
    std::size_t size = 0;
    for (const char c : text) {
        size += plain(c) && !(commas && c == ',') ? 1 : 3;
    }
    return size;
}

u_char* encode(u_char* out, std::string_view text, bool commas) noexcept
{
    constexpr char digits[] = "0123456789ABCDEF";
    for (const char c : text) {
        if (plain(c) && !(commas && c == ',')) {
            *out++ = static_cast<u_char>(c);
        } else {
            *out++ = '%';
            *out++ = static_cast<u_char>(digits[static_cast<u_char>(c) >> 4]);
            *out++ = static_cast<u_char>(digits[static_cast<u_char>(c) & 15]);
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

ngx_int_t scrubRequest(ngx_http_request_t* r) noexcept
try {
    const MainConf& main = *mainConf(r);
    if (main.environments.empty() || r != r->main) {
        return NGX_DECLINED;
    }

    Context* context = findContext(r);
    if (context != nullptr && context->scrubbed) {
        // after an internal redirect these headers are the module's own: an unguarded place may
        // have them, a guarded one judges anew
        const LocationConf& conf = *locationConf(r);
        if (conf.environment == nullptr && conf.identityHeaders) {
            return NGX_DECLINED;
        }
        const bool removed = removeHeaders(r->headers_in.headers, [&](const Element& header) {
            return identityHeader(header, main);
        });
        return removed ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
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
    std::string_view values[identityHeaderCount];
    std::size_t count = 0;

    for (std::size_t i = 0; i < identityHeaderCount; ++i) {
        values[i] = sessionValue(context.session, static_cast<IdentityHeader>(i), r->pool);
        count += values[i].empty() ? 0 : 1;
    }
    if (count == 0) {
        return true;
    }

    ngx_list_t& list = r->headers_in.headers;
    auto* part = static_cast<ngx_list_part_t*>(ngx_pcalloc(r->pool, sizeof(ngx_list_part_t)));
    auto* header = static_cast<Element*>(ngx_pcalloc(r->pool, count * sizeof(Element)));
    if (part == nullptr || header == nullptr) {
        return false;
    }

    part->elts = header;
    part->nelts = count;
    for (std::size_t i = 0; i < identityHeaderCount; ++i) {
        if (!values[i].empty()) {
            const HeaderName& name = conf.identityHeaderNames[i];
            header->hash = name.hash;
            header->key = name.name;
            header->lowcase_key = name.lowcase.data;
            header->value = borrow(values[i]);
            ++header;
        }
    }

    if (list.last->nelts == 0) {
        list.part =
            *part;  // the only part can be empty; nginx's loops allow that for none that follows
        list.last = &list.part;
    } else {
        list.last->next = part;
        list.last = part;
    }
    list.nalloc = count;
    context.scrubbed = true;  // what is in the list now is ours
    return true;
}

std::string_view headerSafe(ngx_pool_t* pool, std::string_view text) noexcept
{
    const std::size_t size = encodedSize(text, false);
    if (size == text.size()) {
        return text;
    }
    auto* out = static_cast<u_char*>(ngx_pnalloc(pool, size));
    if (out == nullptr) {
        return {};
    }
    encode(out, text, false);
    return {reinterpret_cast<char*>(out), size};
}

std::string_view joinedValues(ngx_pool_t* pool, const ClaimView& claim) noexcept
{
    std::size_t size = 0;
    forEachValue(claim, [&](std::string_view value) { size += encodedSize(value, true) + 1; });
    if (size == 0) {
        return {};
    }
    auto* out = static_cast<u_char*>(ngx_pnalloc(pool, size));
    if (out == nullptr) {
        return {};
    }
    u_char* end = out;
    forEachValue(claim, [&](std::string_view value) {
        end = encode(end, value, true);
        *end++ = ',';
    });
    return {reinterpret_cast<char*>(out), size - 1};
}

}  // namespace scalekit
