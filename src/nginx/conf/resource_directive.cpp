#include "nginx/conf/resource_directive.hpp"

#include "base/ascii.hpp"
#include "base/url.hpp"

#include <algorithm>
#include <span>

namespace scalekit {

namespace {

/** The words of a list that is written with commas or spaces. */
std::vector<std::string> listed(std::string_view text)
{
    std::vector<std::string> found;
    while (!text.empty()) {
        if (const std::string_view word = takeUntil(text, ", "); !word.empty()) {
            found.emplace_back(word);
        }
    }
    return found;
}

/** An issuer of the environment, or a URL below one, as Scalekit's resources are. */
bool belowAnIssuer(const Environment& environment, std::string_view server) noexcept
{
    const auto& issuers = environment.party.issuers;
    return std::any_of(issuers.begin(), issuers.end(), [&](const std::string& issuer) {
        return server == issuer || (server.starts_with(issuer) &&
                                    (issuer.ends_with('/') || server[issuer.size()] == '/'));
    });
}

/** What is wrong with a URL of scalekit_resource, "" for nothing. */
std::string_view problemOf(std::string_view text) noexcept
{
    const std::optional<Url> url = parseUrl(text);
    if (!url) {
        return "is not an absolute URL such as https://api.example.com/mcp";
    }
    return text.find('?') != std::string_view::npos
               ? "has a query, which the place of its metadata cannot show"
               : "";
}

/** One error line that says where the directive stands. */
bool complain(ngx_conf_t* cf, const Resource& resource, const std::string& what)
{
    ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "scalekit_resource: %s in %V:%ui", what.c_str(),
                  &resource.file, resource.line);
    return false;
}

}  // namespace

bool completeResource(ngx_conf_t* cf, const LocationConf& conf)
{
    Resource& resource = *conf.resource;
    ProtectedResource& description = resource.description;

    if (conf.environment == nullptr) {
        return complain(cf, resource,
                        "no scalekit_auth guards this place; add one at the same level");
    }
    if (!conf.takesTokens()) {
        return complain(cf, resource,
                        "this place takes no bearer tokens; add \"scalekit_bearer only\" (or on) "
                        "at the same level");
    }
    if (!conf.environment->allowHttp && !description.identifier.starts_with("https://")) {
        return complain(cf, resource,
                        "\"" + description.identifier +
                            "\" is plain http; use https, or "
                            "\"allow_http on\" for development on loopback");
    }
    if (description.servers.empty()) {
        description.servers.push_back(conf.environment->provider.issuer);
    }
    for (const std::string& server : description.servers) {
        if (!belowAnIssuer(*conf.environment, server)) {
            return complain(cf, resource,
                            "the server \"" + server + "\" is neither an issuer of \"" +
                                conf.environment->name +
                                "\" nor below one; correct it, or add it there as \"issuer\"");
        }
    }
    resource.json = metadataJson(description);
    return true;
}

std::string setResource(ngx_conf_t* cf, const Words& words, LocationConf& conf)
{
    const std::string_view identifier = words[1];
    if (const std::string_view problem = problemOf(identifier); !problem.empty()) {
        return inQuotes(identifier) + " " + std::string(problem);
    }
    auto* resource = obtain<Resource>(cf);
    resource->description.identifier = identifier;
    resource->path = metadataPath(identifier);
    resource->url = metadataUrl(identifier);
    resource->file = cf->conf_file->file.name;
    resource->line = cf->conf_file->line;

    for (const std::string_view option : std::span(words).subspan(2)) {
        std::vector<std::string>* list =
            option.starts_with("scopes=")    ? &resource->description.scopes
            : option.starts_with("servers=") ? &resource->description.servers
                                             : nullptr;
        if (list == nullptr || !list->empty() || !quotable(option)) {
            return "takes scopes=NAME,NAME and servers=URL,URL, not " + inQuotes(option);
        }
        *list = listed(option.substr(option.find('=') + 1));
    }

    ServerConf& server = *serverConf(cf);
    for (const Resource* other : server.resources) {
        if (other->path == resource->path) {
            return inQuotes(identifier) + " has its metadata at the same place as " +
                   inQuotes(other->description.identifier) + " (" + std::string(view(other->file)) +
                   ":" + std::to_string(other->line) + "); a server has one resource for each path";
        }
    }
    server.resources.push_back(resource);
    conf.resource = resource;
    return "";
}

}  // namespace scalekit
