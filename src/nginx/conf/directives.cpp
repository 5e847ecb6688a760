#include "nginx/conf/directives.hpp"

#include "base/ascii.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace scalekit {

namespace {

constexpr std::size_t minZoneSize = 1024 * 1024;

/** Letters, digits and "-", at least three of them, the last a "-". */
bool headerPrefix(std::string_view prefix) noexcept
{
    return prefix.size() >= 3 && prefix.ends_with('-') && consistsOf(prefix, "-");
}

/** Scalekit's ids have a prefix: a name in their place is one that nobody ever has. */
void warnOfOtherIds(ngx_conf_t* cf, const Words& words)
{
    const std::string_view prefix = words[0].ends_with("organization_id") ? "org_" : "conn_";
    std::string_view rest = words[1];
    if (!takePrefix(rest, prefix) || rest.empty() || !consistsOf(rest, "_-")) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "%*s: \"%*s\" is no id of Scalekit and will match nobody; write the one "
                           "of the dashboard, such as %*s123",
                           words[0].size(), words[0].data(), words[1].size(), words[1].data(),
                           prefix.size(), prefix.data());
    }
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

std::string setZone(ngx_conf_t*, const Words& words, std::size_t& zoneSize)
{
    ngx_str_t text = borrow(words[1]);
    const ssize_t size = ngx_parse_size(&text);
    if (size == NGX_ERROR || static_cast<std::size_t>(size) < minZoneSize) {
        return inQuotes(words[1]) + " is not a size of at least 1m";
    }
    zoneSize = static_cast<std::size_t>(size);
    return "";
}

std::string setAuth(ngx_conf_t* cf, const Words& words, LocationConf& conf)
{
    conf.environmentName = borrow(words[1]);
    conf.file = cf->conf_file->file.name;
    conf.line = cf->conf_file->line;
    return "";
}

std::string setUnauthenticated(ngx_conf_t*, const Words& words, ngx_uint_t& mode)
{
    const auto chosen = choose<Unauthenticated>(words[1], {{"auto", Unauthenticated::automatic},
                                                           {"redirect", Unauthenticated::redirect},
                                                           {"401", Unauthenticated::unauthorized},
                                                           {"pass", Unauthenticated::pass}});
    if (!chosen) {
        return "is auto, redirect, 401 or pass, not " + inQuotes(words[1]);
    }
    mode = static_cast<ngx_uint_t>(*chosen);
    return "";
}

std::string setTenantValue(ngx_conf_t* cf, const Words& words, TenantValue*& value)
{
    value = nullptr;
    if (words[1].empty()) {
        return "";  // takes back what an outer level says
    }
    const bool optional = words.size() == 3;
    if (optional && words[2] != "optional") {
        return "takes \"optional\" as its second value, not " + inQuotes(words[2]);
    }
    value = obtain(cf, TenantValue{compiled(cf, words[1]), optional});
    if (value->value.lengths == nullptr) {
        warnOfOtherIds(cf, words);
    }
    return "";
}

std::string setComplexValue(ngx_conf_t* cf, const Words& words, ngx_http_complex_value_t*& value)
{
    value = words[1].empty() ? nullptr : obtain(cf, compiled(cf, words[1]));
    return "";
}

std::string setAuthorizeParameter(ngx_conf_t* cf, const Words& words, LocationConf& conf)
{
    const std::string_view name = words[1];
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
    *parameter = {borrow(name), compiled(cf, words[2])};
    return "";
}

std::string setIdentityHeaders(ngx_conf_t* cf, const Words& words, LocationConf& conf)
{
    const auto shown = choose<ngx_flag_t>(words[1], {{"on", 1}, {"off", 0}});
    if (!shown) {
        return "is on or off, not " + inQuotes(words[1]);
    }
    conf.identityHeaders = *shown;
    if (words.size() == 2) {
        return "";
    }
    std::string_view prefix = words[2];
    if (!takePrefix(prefix, "prefix=") || !headerPrefix(prefix)) {
        return inQuotes(words[2]) +
               " is not a prefix of letters, digits and \"-\" that ends in \"-\", "
               "such as prefix=X-User-";
    }
    conf.identityPrefix = borrow(prefix);
    rememberPrefix(*mainConf(cf), prefix);
    return "";
}

std::string setCacheControl(ngx_conf_t*, const Words& words, ngx_flag_t& set)
{
    const auto chosen = choose<ngx_flag_t>(words[1], {{"on", 1}, {"off", 0}});
    if (!chosen) {
        return "is on or off, not " + inQuotes(words[1]);
    }
    set = *chosen;
    return "";
}

}  // namespace scalekit
