#include "nginx/conf/directives.hpp"

#include "base/ascii.hpp"

#include <algorithm>

namespace scalekit {

namespace {

constexpr std::size_t minZoneSize = 1024 * 1024;

constexpr std::pair<std::string_view, Unauthenticated> unauthenticatedModes[] = {
    {"auto", Unauthenticated::automatic},
    {"redirect", Unauthenticated::redirect},
    {"401", Unauthenticated::unauthorized},
    {"pass", Unauthenticated::pass},
};

/** How prefixes and header names are compared: lower case, '-' for '_'. */
std::string foldedName(std::string_view name)
{
    std::string folded(name);
    std::ranges::transform(folded, folded.begin(),
                           [](char c) { return c == '_' ? '-' : lowered(c); });
    return folded;
}

/** Letters, digits and "-", at least three of them, the last a "-". */
bool headerPrefix(std::string_view prefix) noexcept
{
    return prefix.size() >= 3 && prefix.ends_with('-') && consistsOf(prefix, "-");
}

}  // namespace

void rememberPrefix(MainConf& main, std::string_view prefix)
{
    std::string folded = foldedName(prefix);
    auto& known = main.identityPrefixes;
    if (std::find(known.begin(), known.end(), folded) == known.end()) {
        known.push_back(std::move(folded));
    }
}

std::string setZone(ngx_conf_t* cf, std::size_t& zoneSize)
{
    ngx_str_t* value = arguments(cf);
    const ssize_t size = ngx_parse_size(&value[1]);
    if (size == NGX_ERROR || static_cast<std::size_t>(size) < minZoneSize) {
        return inQuotes(view(value[1])) + " is not a size of at least 1m";
    }
    zoneSize = static_cast<std::size_t>(size);
    return "";
}

std::string setAuth(ngx_conf_t* cf, LocationConf& conf)
{
    conf.environmentName = arguments(cf)[1];
    conf.file = cf->conf_file->file.name;
    conf.line = cf->conf_file->line;
    return "";
}

std::string setUnauthenticated(ngx_conf_t* cf, ngx_uint_t& mode)
{
    const std::string_view word = view(arguments(cf)[1]);
    for (const auto& [name, value] : unauthenticatedModes) {
        if (name == word) {
            mode = static_cast<ngx_uint_t>(value);
            return "";
        }
    }
    return "is auto, redirect, 401 or pass, not " + inQuotes(word);
}

std::string setTenantValue(ngx_conf_t* cf, TenantValue*& value)
{
    ngx_str_t* words = arguments(cf);
    if (words[1].len == 0) {
        value = nullptr;  // takes back what an outer level says
        return "";
    }
    auto* tenant = static_cast<TenantValue*>(ngx_pcalloc(cf->pool, sizeof(TenantValue)));
    if (tenant == nullptr) {
        throw std::bad_alloc();
    }
    compile(cf, &words[1], &tenant->value);
    if (cf->args->nelts == 3) {
        if (view(words[2]) != "optional") {
            return "takes \"optional\" as its second value, not " + inQuotes(view(words[2]));
        }
        tenant->optional = true;
    }
    value = tenant;
    return "";
}

std::string setComplexValue(ngx_conf_t* cf, ngx_http_complex_value_t*& value)
{
    ngx_str_t* word = &arguments(cf)[1];
    value = nullptr;
    if (word->len != 0) {
        value = static_cast<ngx_http_complex_value_t*>(ngx_pcalloc(cf->pool, sizeof(*value)));
        if (value == nullptr) {
            throw std::bad_alloc();
        }
        compile(cf, word, value);
    }
    return "";
}

std::string setAuthorizeParameter(ngx_conf_t* cf, LocationConf& conf)
{
    ngx_str_t* value = arguments(cf);
    const std::string_view name = view(value[1]);

    if (name.empty() || reservedParameter(name)) {
        return inQuotes(name) + " is reserved; the module sets it itself or a directive of its own "
                                "does (scalekit_organization_id, scalekit_prompt, ...)";
    }
    if (isUnset(conf.authorizeParameters)) {
        conf.authorizeParameters = ngx_array_create(cf->pool, 2, sizeof(AuthorizeParameter));
        if (conf.authorizeParameters == nullptr) {
            throw std::bad_alloc();
        }
    }
    const auto* known = static_cast<AuthorizeParameter*>(conf.authorizeParameters->elts);
    for (ngx_uint_t i = 0; i < conf.authorizeParameters->nelts; ++i) {
        if (view(known[i].name) == name) {
            return inQuotes(name) + " is written twice";
        }
    }
    auto* parameter = static_cast<AuthorizeParameter*>(ngx_array_push(conf.authorizeParameters));
    if (parameter == nullptr) {
        throw std::bad_alloc();
    }
    *parameter = {value[1], {}};
    compile(cf, &value[2], &parameter->value);
    return "";
}

std::string setIdentityHeaders(ngx_conf_t* cf, LocationConf& conf)
{
    ngx_str_t* value = arguments(cf);
    if (view(value[1]) != "on" && view(value[1]) != "off") {
        return "is on or off, not " + inQuotes(view(value[1]));
    }
    conf.identityHeaders = view(value[1]) == "on";
    if (cf->args->nelts == 2) {
        return "";
    }
    std::string_view prefix = view(value[2]);
    if (!takePrefix(prefix, "prefix=") || !headerPrefix(prefix)) {
        return inQuotes(view(value[2])) +
               " is not a prefix of letters, digits and \"-\" that ends in \"-\", "
               "such as prefix=X-User-";
    }
    conf.identityPrefix = borrow(prefix);
    rememberPrefix(*mainConf(cf), prefix);
    return "";
}

}  // namespace scalekit
