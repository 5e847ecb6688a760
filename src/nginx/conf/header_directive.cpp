#include "nginx/conf/header_directive.hpp"

#include "base/ascii.hpp"

#include <algorithm>

namespace scalekit {

namespace {

/** Names of the request that nginx itself acts on, or the way to the upstream. */
constexpr std::string_view ownNames[] = {
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "depth",
    "destination",
    "expect",
    "host",
    "http2-settings",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "overwrite",
    "proxy",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-forwarded-for",
    "x-real-ip",
};

SetHeader* findHeader(std::vector<SetHeader>& headers, std::string_view folded) noexcept
{
    const auto found = std::ranges::find(headers, folded, &SetHeader::folded);
    return found != headers.end() ? &*found : nullptr;
}

}  // namespace

std::string foldedName(std::string_view name)
{
    std::string folded(name);
    std::ranges::transform(folded, folded.begin(),
                           [](char c) { return c == '_' ? '-' : lowered(c); });
    return folded;
}

HeaderName headerName(ngx_pool_t* pool, std::string_view name)
{
    HeaderName made{copy(pool, name), copy(pool, name), 0};
    if (made.name.data == nullptr || made.lowcase.data == nullptr) {
        throw std::bad_alloc();
    }
    ngx_strlow(made.lowcase.data, made.lowcase.data, made.lowcase.len);
    made.hash = ngx_hash_key(made.lowcase.data, made.lowcase.len);
    return made;
}

std::string setHeader(ngx_conf_t* cf, const Words& words, LocationConf& conf)
{
    const std::string folded = foldedName(words[1]);
    if (words[1].empty() || !consistsOf(words[1], "-_")) {
        return inQuotes(words[1]) +
               " is not the name of a header: letters, digits, \"-\" and \"_\"";
    }
    if (std::ranges::find(ownNames, folded) != std::end(ownNames)) {
        return inQuotes(words[1]) +
               " is a header that nginx itself acts on; set it with proxy_set_header or its like";
    }
    if (folded.starts_with(foldedName(defaults::identityPrefix))) {
        return inQuotes(words[1]) +
               " is a name of the identity headers, which the module sets by itself "
               "(scalekit_identity_headers)";
    }
    if (isUnset(conf.setHeaders)) {
        conf.setHeaders = obtain<std::vector<SetHeader>>(cf);
    }
    if (findHeader(*conf.setHeaders, folded) != nullptr) {
        return inQuotes(words[1]) + " is written twice";
    }
    conf.setHeaders->push_back({headerName(cf->pool, words[1]), folded, compiled(cf, words[2])});
    return "";
}

bool mergeSetHeaders(ngx_conf_t* cf, const LocationConf& prev, LocationConf& conf)
{
    if (!isUnset(conf.setHeaders) && !isUnset(prev.setHeaders) && prev.setHeaders != nullptr) {
        for (const SetHeader& outer : *prev.setHeaders) {
            if (findHeader(*conf.setHeaders, outer.folded) == nullptr) {
                conf.setHeaders->push_back(outer);
            }
        }
    }
    ngx_conf_merge_ptr_value(conf.setHeaders, prev.setHeaders, nullptr);
    if (conf.environment == nullptr || conf.setHeaders == nullptr) {
        return true;
    }
    const std::string prefix = foldedName(view(conf.identityPrefix));
    auto& names = serverConf(cf)->setHeaderNames;
    for (const SetHeader& header : *conf.setHeaders) {
        if (conf.identityHeaders && header.folded.starts_with(prefix)) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "scalekit_set_header: \"%V\" is a name of the identity headers, whose "
                          "prefix is \"%V\"; choose another name, or another prefix by "
                          "scalekit_identity_headers",
                          &header.name.name, &conf.identityPrefix);
            return false;
        }
        if (std::ranges::find(names, header.folded) == names.end()) {
            names.push_back(header.folded);
        }
    }
    return true;
}

}  // namespace scalekit
