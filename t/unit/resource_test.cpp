#include "oidc/resource.hpp"

#include "base/json_document.hpp"

#include <string>
#include <vector>

#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

ProtectedResource mcp()
{
    return {"https://api.example/mcp",
            {"https://acme.scalekit.com/resources/res_1", "https://acme.scalekit.com"},
            {"task:read", "task:write"}};
}

std::string audiencesOf(std::string identifier, std::vector<std::string> servers)
{
    std::string text;
    for (const std::string& audience :
         resourceAudiences({std::move(identifier), std::move(servers), {}})) {
        text += (text.empty() ? "" : " ") + audience;
    }
    return text;
}

}  // namespace

TEST("metadata is found at the well-known path, followed by the resource's own")
{
    const struct {
        const char* identifier;
        const char* path;
        const char* url;
    } rows[] = {
        {"https://h", "/.well-known/oauth-protected-resource",
         "https://h/.well-known/oauth-protected-resource"},
        {"https://h/", "/.well-known/oauth-protected-resource",
         "https://h/.well-known/oauth-protected-resource"},
        {"https://h:8443/mcp", "/.well-known/oauth-protected-resource/mcp",
         "https://h:8443/.well-known/oauth-protected-resource/mcp"},
        {"https://h/mcp/", "/.well-known/oauth-protected-resource/mcp/",
         "https://h/.well-known/oauth-protected-resource/mcp/"},
        {"https://h/a/b.c/%C3%A4", "/.well-known/oauth-protected-resource/a/b.c/%C3%A4",
         "https://h/.well-known/oauth-protected-resource/a/b.c/%C3%A4"},
        {"http://127.0.0.1:3002/mcp", "/.well-known/oauth-protected-resource/mcp",
         "http://127.0.0.1:3002/.well-known/oauth-protected-resource/mcp"},
        {"https://[2001:db8::1]:8443", "/.well-known/oauth-protected-resource",
         "https://[2001:db8::1]:8443/.well-known/oauth-protected-resource"},
        {"https://h/mcp?tenant=1", "/.well-known/oauth-protected-resource/mcp",
         "https://h/.well-known/oauth-protected-resource/mcp?tenant=1"},
        {"https://h?tenant=1", "/.well-known/oauth-protected-resource",
         "https://h/.well-known/oauth-protected-resource?tenant=1"},
    };
    for (const auto& row : rows) {
        assertView(row.path, metadataPath(row.identifier));
        assertView(row.url, metadataUrl(row.identifier));
    }
}

TEST("what is no URL has no metadata")
{
    for (const char* text : {"", "mcp", "/mcp", "ftp://h/mcp", "https://h/a b", "https://h/#f"}) {
        assertView("", metadataPath(text));
        assertView("", metadataUrl(text));
    }
}

TEST("the metadata document is one JSON object with the members of RFC 9728")
{
    assertView("{\"resource\":\"https://api.example/mcp\","
               "\"authorization_servers\":[\"https://acme.scalekit.com/resources/res_1\","
               "\"https://acme.scalekit.com\"],"
               "\"bearer_methods_supported\":[\"header\"],"
               "\"scopes_supported\":[\"task:read\",\"task:write\"]}",
               metadataJson(mcp()));
}

TEST("a resource without scopes says none")
{
    ProtectedResource resource = mcp();
    resource.scopes.clear();
    assertView("{\"resource\":\"https://api.example/mcp\","
               "\"authorization_servers\":[\"https://acme.scalekit.com/resources/res_1\","
               "\"https://acme.scalekit.com\"],"
               "\"bearer_methods_supported\":[\"header\"]}",
               metadataJson(resource));
}

TEST("the metadata document says what was written, whatever it is")
{
    ProtectedResource resource = mcp();
    resource.identifier = "https://api.example/a\"b<c>&\n\xc3\xa4";
    resource.scopes = {"x\\y"};
    const std::string text = metadataJson(resource);
    const JsonDocument json = assertValue(JsonDocument::parse(text, Reason::internal));

    assertView(resource.identifier, *stringMember(json.root(), "resource"));
    assertView("x\\y", (*json.root().member("scopes_supported").elements().begin()).text());
}

TEST("tokens for a resource carry its URL or the id that Scalekit gave it")
{
    const std::string environment = "https://acme.scalekit.com";

    assertView("https://h/mcp https://h/mcp/", audiencesOf("https://h/mcp", {}));
    assertView("https://h/mcp https://h/mcp/", audiencesOf("https://h/mcp", {environment}));
    assertView("https://h/mcp/ https://h/mcp", audiencesOf("https://h/mcp/", {environment}));
    assertView("https://h/mcp https://h/mcp/ res_1",
               audiencesOf("https://h/mcp", {environment + "/resources/res_1"}));
    assertView("https://h/mcp https://h/mcp/ res_1 res_2",
               audiencesOf("https://h/mcp",
                           {environment + "/resources/res_1", environment,
                            environment + "/resources/res_2", environment + "/resources/res_1"}));
}

TEST("a slash at the end makes no other resource")
{
    assertView("https://h https://h/", audiencesOf("https://h", {}));
    assertView("https://h:8443 https://h:8443/ res_1",
               audiencesOf("https://h:8443", {"https://acme.scalekit.com/resources/res_1"}));
    assertView("https://h/ https://h", audiencesOf("https://h/", {}));
    assertView("https://h?a=b", audiencesOf("https://h?a=b", {}));
}

TEST("only the end of a server's path is an id")
{
    for (const char* server :
         {"https://acme.scalekit.com/resources/res_", "https://acme.scalekit.com/res_1/x",
          "https://acme.scalekit.com/resources/res_1/",
          "https://acme.scalekit.com/resources/ares_1", "https://acme.scalekit.com/resources/RES_1",
          "https://acme.scalekit.com?/res_1", "https://res_1", "https://res_1/", "res_1", ""}) {
        assertCase(audiencesOf("https://h/mcp", {server}) == "https://h/mcp https://h/mcp/", server);
    }
}

TEST_MAIN()
