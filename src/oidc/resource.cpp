#include "oidc/resource.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/url.hpp"

#include <algorithm>

namespace scalekit {

namespace {

std::string pathOf(const Url& url)
{
    return concat({"/.well-known/oauth-protected-resource", url.path != "/" ? url.path : ""});
}

}  // namespace

std::string metadataPath(std::string_view identifier)
{
    const auto url = parseUrl(identifier);
    return url ? pathOf(*url) : std::string();
}

std::string metadataUrl(std::string_view identifier)
{
    const auto url = parseUrl(identifier);
    if (!url) {
        return {};
    }

    return concat({url->scheme, "://", url->host, url->port.empty() ? "" : ":", url->port,
                   pathOf(*url), url->query.empty() ? "" : "?", url->query});
}

std::string metadataJson(const ProtectedResource& resource)
{
    json_t* scopes = resource.scopes.empty() ? nullptr : jsonStrings(resource.scopes);
    return writeJson(
        JsonPtr(json_pack("{s:o, s:o, s:[s], s:o*}",  //
                          "resource", jsonString(resource.identifier), "authorization_servers",
                          jsonStrings(resource.servers), "bearer_methods_supported", "header",  //
                          "scopes_supported", scopes)));
}

std::vector<std::string> resourceAudiences(const ProtectedResource& resource)
{
    std::vector<std::string> audiences = {resource.identifier};

    // Clients and servers do not agree whether a slash at the end belongs to the URL.
    if (const auto url = parseUrl(resource.identifier); url && url->query.empty()) {
        std::string_view bare = resource.identifier;
        bare.remove_suffix(bare.ends_with('/') ? 1 : 0);
        appendOnce(audiences, bare);
        appendOnce(audiences, concat({bare, "/"}));
    }

    for (const std::string& server : resource.servers) {
        const auto address = parseUrl(server);
        const std::string_view path = address ? address->path : std::string_view();
        const std::string_view last = path.substr(path.rfind('/') + 1);
        if (last.starts_with("res_") && last != "res_") {
            appendOnce(audiences, last);
        }
    }
    return audiences;
}

}  // namespace scalekit
