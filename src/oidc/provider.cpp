#include "oidc/provider.hpp"

#include "base/json_document.hpp"
#include "base/text.hpp"
#include "base/url.hpp"

namespace scalekit {

namespace {

std::string below(std::string_view issuer, std::string_view path)
{
    if (issuer.ends_with('/')) {
        issuer.remove_suffix(1);
    }

    return concat({issuer, path});
}

bool usable(std::string_view text, const ProviderSettings& settings)
{
    const auto url = parseUrl(text);
    return url && (url->https() || settings.allowHttp);
}

}  // namespace

bool ProviderSettings::selfSufficient() const noexcept
{
    return !authorizationEndpoint.empty() && !tokenEndpoint.empty() && !jwksUri.empty();
}

std::string discoveryUrl(std::string_view issuer)
{
    return below(issuer, "/.well-known/openid-configuration");
}

Result<Provider> parseDiscovery(std::string_view json, const ProviderSettings& settings)
{
    const auto document = JsonDocument::parse(json, Reason::discovery_invalid);
    if (!document) {
        return document.error();
    }
    const JsonValue metadata = document->root();

    const auto issuer = stringMember(metadata, "issuer");
    if (!issuer) {
        return Reason::discovery_invalid;
    }
    if (*issuer != settings.issuer) {
        return Reason::discovery_issuer_mismatch;
    }

    Provider provider = providerFromSettings(settings);
    for (const ProviderEndpoint& endpoint : providerEndpoints) {
        std::string& kept = provider.*endpoint.url;

        if ((settings.*endpoint.url).empty() && hasMember(metadata, endpoint.member)) {
            kept = stringMember(metadata, endpoint.member).value_or("");
        }
        if (!usable(kept, settings)) {
            if (endpoint.required) {
                return Reason::discovery_invalid;
            }
            kept.clear();
        }
    }

    provider.responseIssuer =
        metadata.member("authorization_response_iss_parameter_supported").isTrue();

    return provider;
}

Provider providerFromSettings(const ProviderSettings& settings)
{
    Provider provider{settings};
    for (const ProviderEndpoint& endpoint : providerEndpoints) {
        std::string& url = provider.*endpoint.url;
        url = url.empty() ? below(settings.issuer, endpoint.path) : url;
    }
    return provider;
}

}  // namespace scalekit
