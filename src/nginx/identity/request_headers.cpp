#include "nginx/identity/request_headers.hpp"

#include "base/ascii.hpp"
#include "base/url.hpp"
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
        const char c = static_cast<char>(name.data[i]);
        if ((isAlphanumeric(c) ? lowered(c) : '-') != foldedPrefix[i]) {
            return false;
        }
    }
    return true;
}

/** The names under which the module tells who somebody is: not the client's to use. */
struct OwnNames {
    const std::vector<std::string>& prefixes;  // of all servers
    const std::vector<std::string>& names;     // of scalekit_set_header, in this server

    explicit OwnNames(ngx_http_request_t* r) noexcept
        : prefixes(mainConf(r)->identityPrefixes), names(serverConf(r)->setHeaderNames)
    {}

    bool include(const HeaderField& header) const noexcept
    {
        const auto begins = [&](const std::string& prefix) {
            return hasPrefix(header.key, prefix);
        };
        const auto is = [&](const std::string& name) {
            return header.key.len == name.size() && hasPrefix(header.key, name);
        };
        return std::ranges::any_of(prefixes, begins) || std::ranges::any_of(names, is);
    }
};

bool cookieHeader(const HeaderField& header) noexcept
{
    return named(header, "cookie");
}

/** A cookie of the module, or a chunk of one: NAME.1 ... */
bool moduleCookie(std::string_view name, const MainConf& main) noexcept
{
    const std::size_t size = name.size();
    return main.cookieNames.contains(name) || (size > 2 && name[size - 2] == '.' &&
                                               main.cookieNames.contains(name.substr(0, size - 2)));
}

void keep(Context& context, const CookiePair& pair)
{
    if (!context.cookiesRead && pair.value.data() != nullptr) {
        context.cookies.push_back(pair);
    }
}

/** Takes our cookies out of a Cookie header, once the context has them; false without memory. */
bool takeCookies(ngx_http_request_t* r, HeaderField& header, const MainConf& main)
{
    Context* context = nullptr;
    const auto ours = [&](const CookiePair& pair) {
        if (!moduleCookie(trimmed(pair.name), main)) {
            return false;
        }
        context = context != nullptr ? context : obtainContext(r);
        if (context != nullptr) {
            keep(*context, pair);
        }
        return true;
    };
    const auto room = [&] {
        return context == nullptr ? nullptr
                                  : static_cast<char*>(ngx_pnalloc(r->pool, header.value.len + 1));
    };
    const std::string_view kept = withoutPairs(view(header.value), ours, room);
    if (kept.data() == nullptr) {
        return false;
    }
    if (kept.data() != view(header.value).data()) {
        header.value = borrow(kept);
        header.value.data[kept.size()] = '\0';
        header.hash = kept.empty() ? 0 : header.hash;  // or $http_cookie would still join it
    }
    return true;
}

bool scrub(ngx_http_request_t* r, const MainConf& main)
{
    const OwnNames own(r);
    bool ok = true;
    bool identity = false;
    bool emptied = false;
    forEachHeader(r->headers_in.headers, [&](HeaderField& header) {
        if (cookieHeader(header)) {
            ok = ok && takeCookies(r, header, main);
            emptied = emptied || header.value.len == 0;
        } else {
            identity = identity || own.include(header);
        }
    });

    if (!ok || (!identity && !emptied)) {
        return ok;
    }
    return removeHeaders(r->headers_in.headers, [&](const HeaderField& header) {
        return cookieHeader(header) ? header.value.len == 0 : own.include(header);
    });
}

/** A part of the request's header list, in one piece of memory. */
struct IdentityHeaders {
    ngx_list_part_t part;
    HeaderField headers[identityFieldCount];
};

/**
 * The text, in which control characters and blanks at the ends are encoded: a header cannot carry
 * these. Most values hold none, and are not copied.
 */
ngx_str_t headerValue(ngx_pool_t* pool, std::string_view text)
{
    constexpr PlainBytes plain = [] {
        PlainBytes bytes{};
        for (std::size_t c = 0x20; c < bytes.size(); ++c) {
            bytes[c] = c != 0x7f;
        }
        return bytes;
    }();
    const auto isPlain = [&](char c) { return plain[static_cast<unsigned char>(c)]; };
    if (text.front() != ' ' && text.back() != ' ' && std::ranges::all_of(text, isPlain)) {
        return borrow(text);
    }
    std::string value;
    appendFieldValue(value, text, plain);
    return copy(pool, value);
}

bool addSetHeaders(ngx_http_request_t* r, const LocationConf& conf)
{
    const auto& headers = *conf.setHeaders;
    auto* part = static_cast<ngx_list_part_t*>(ngx_pcalloc(r->pool, sizeof(ngx_list_part_t)));
    auto* fields =
        static_cast<HeaderField*>(ngx_pcalloc(r->pool, headers.size() * sizeof(HeaderField)));
    if (part == nullptr || fields == nullptr) {
        return false;
    }
    part->elts = fields;
    for (const SetHeader& header : headers) {
        auto value = header.value;
        ngx_str_t text = {};
        if (ngx_http_complex_value(r, &value, &text) != NGX_OK) {
            return false;
        }
        if (text.len == 0) {
            continue;
        }
        HeaderField& field = fields[part->nelts];
        field.value = headerValue(r->pool, view(text));
        if (field.value.data == nullptr) {
            return false;
        }
        field.hash = header.name.hash;
        field.key = header.name.name;
        field.lowcase_key = header.name.lowcase.data;
        ++part->nelts;
    }
    if (part->nelts > 0) {
        appendHeaders(r->headers_in.headers, part);
    }
    return true;
}

}  // namespace

void keepCookies(Context& context)
{
    if (context.cookiesRead) {
        return;
    }
    const MainConf& main = *mainConf(context.request);
    forEachHeader(context.request->headers_in.headers, [&](const HeaderField& header) {
        if (cookieHeader(header)) {
            forEachCookie(view(header.value), [&](const CookiePair& pair) {
                if (moduleCookie(pair.name, main)) {
                    keep(context, pair);
                }
            });
        }
    });
    context.cookiesRead = true;
}

bool removeIdentityHeaders(ngx_http_request_t* r) noexcept
{
    const OwnNames own(r);
    return removeHeaders(r->headers_in.headers,
                         [&](const HeaderField& header) { return own.include(header); });
}

ngx_int_t scrubRequest(ngx_http_request_t* r) noexcept
try {
    const MainConf& main = *mainConf(r);

    Context* context = findContext(r);
    if (context != nullptr && context->scrubbed) {
        // after an internal redirect these headers are the module's own: an unguarded location
        // may have them, a guarded one judges anew
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
        context->scrubbed = context->cookiesRead = true;
    }
    return NGX_DECLINED;
} catch (...) {
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}

bool addIdentityHeaders(ngx_http_request_t* r, const Caller& caller, const LocationConf& conf)
{
    if (!conf.identityHeaders) {
        return conf.setHeaders == nullptr || addSetHeaders(r, conf);
    }
    auto* added = static_cast<IdentityHeaders*>(ngx_pcalloc(r->pool, sizeof(IdentityHeaders)));
    if (added == nullptr) {
        return false;
    }

    ngx_list_part_t* part = &added->part;
    part->elts = added->headers;
    for (std::size_t i = 0; i < identityFieldCount; ++i) {
        const HeaderName& name = conf.identityHeaderNames[i];
        const std::string_view value = caller.text(static_cast<IdentityField>(i));
        if (name.name.len != 0 && !value.empty()) {
            HeaderField& header = added->headers[part->nelts++];
            header.hash = name.hash;
            header.key = name.name;
            header.lowcase_key = name.lowcase.data;
            header.value = borrow(value);  // the caller's, which the context holds
        }
    }
    if (part->nelts > 0) {
        appendHeaders(r->headers_in.headers, part);
    }
    return conf.setHeaders == nullptr || addSetHeaders(r, conf);
}

}  // namespace scalekit
