#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace scalekit {

/** An API as a protected resource describes itself (RFC 9728); fixed by configuration. */
struct ProtectedResource {
    std::string identifier;            // its URL, exactly as written
    std::vector<std::string> servers;  // issuers of the authorization servers
    std::vector<std::string> scopes;   // may be empty
};

/** /.well-known/oauth-protected-resource and the identifier's path (RFC 9728 section 3.1). */
std::string metadataPath(std::string_view identifier);

/** The absolute URL of the same. */
std::string metadataUrl(std::string_view identifier);

/** The document (section 3.2): one JSON object. */
std::string metadataJson(const ProtectedResource& resource);

/**
 * What tokens for this resource carry as audience: its URL (an empty path also as "/" and the other
 * way round: URL parsers make no difference), and Scalekit's id of it, the `res_...` that ends a
 * server's path.
 */
std::vector<std::string> resourceAudiences(const ProtectedResource& resource);

}  // namespace scalekit
