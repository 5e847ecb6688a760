#include "nginx/conf/environment_block.hpp"

#include "base/ascii.hpp"
#include "base/base64url.hpp"
#include "base/cookie.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "crypto/digest.hpp"
#include "nginx/conf/environment_directives.hpp"
#include "session/codec.hpp"

#include <algorithm>

namespace scalekit {

namespace {

char* parseDirective(ngx_conf_t* cf, ngx_command_t*, void* data) noexcept
try {
    EnvironmentDraft& draft = *static_cast<EnvironmentDraft*>(data);
    const Words words = wordsOf(cf);
    if (words[0] == "include") {
        return ngx_conf_include(cf, nullptr, data);
    }

    const std::string problem = applyDirective(draft, words);
    if (!problem.empty()) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "scalekit_environment \"%s\": \"%*s\" %s",
                           draft.environment.name.c_str(), words[0].size(), words[0].data(),
                           problem.c_str());
        return confError;
    }
    return confOk;
} catch (...) {
    return confError;
}

/** https, unless the administrator spelled out that plain http is meant. */
std::string checkSchemes(const Environment& environment)
{
    std::vector<std::pair<std::string, std::string_view>> urls = {
        {"url", environment.provider.issuer}, {"base_url", environment.baseUrl}};
    for (const ProviderEndpoint& endpoint : providerEndpoints) {
        urls.emplace_back(concat({"endpoint ", endpoint.word}), environment.provider.*endpoint.url);
    }
    for (const auto& [name, url] : urls) {
        if (!environment.allowHttp && !url.empty() && !url.starts_with("https://")) {
            return inQuotes(name) +
                   " is plain http; use https, or \"allow_http on\" for development on loopback";
        }
    }
    return "";
}

/** One value in the place of two; what the provider knows seals nothing. */
std::string checkDifferent(const EnvironmentDraft& draft)
{
    const Client& client = draft.environment.party.client;
    if (client.secret.starts_with("skc_") && client.secret == client.id) {
        return "\"client_secret\" is the client ID; the secret was shown once, when it was made in "
               "the Scalekit dashboard under API credentials";
    }
    for (const std::string& key : draft.sessionSecrets) {
        if (key == client.secret || key == client.id) {
            return "a key of \"session_keys\" is also the client's secret or id; make one of "
                   "its own with: openssl rand -base64 48";
        }
    }
    return "";
}

bool deriveKeys(Environment& environment, const std::vector<std::string>& secrets)
{
    Result<SealKeys> stateKeys = SealKeys::derive(secrets, "state");
    Result<SealKeys> bindingKeys = SealKeys::derive(secrets, "login");
    Result<SealKeys> sessionKeys = SealKeys::derive(secrets, "session");
    if (!stateKeys || !bindingKeys || !sessionKeys) {
        return false;
    }
    environment.party.stateKeys = *std::move(stateKeys);
    environment.party.bindingKeys = *std::move(bindingKeys);
    environment.sessionKeys = *std::move(sessionKeys);
    return true;
}

/** Other endpoints or trust, other documents: a reload does not take over those of before. */
std::string providerKey(const Environment& environment)
{
    const ProviderSettings& provider = environment.provider;
    const std::string trust =
        base64urlEncode(digest(Hash::sha256, environment.trustedCertificates));
    const std::string_view parts[] = {
        environment.name,       provider.issuer,  provider.authorizationEndpoint,
        provider.tokenEndpoint, provider.jwksUri, trust};
    return joined(parts, "\n");
}

std::string complete(EnvironmentDraft& draft)
{
    Environment& environment = draft.environment;
    RelyingParty& party = environment.party;

    if (environment.provider.issuer.empty()) {
        return "\"url\" is missing; it is the environment URL of the Scalekit dashboard";
    }
    if (party.client.id.empty()) {
        return "\"client_id\" is missing; it stands in the Scalekit dashboard under API "
               "credentials";
    }
    std::string problem = checkSchemes(environment);
    if (problem.empty()) {
        problem = checkDifferent(draft);
    }
    if (!problem.empty()) {
        return problem;
    }

    party.issuers = std::move(draft.issuers);
    party.issuers.insert(party.issuers.begin(), environment.provider.issuer);
    // a copied configuration that leads to another provider or client must not open our seals
    party.environment =
        environment.name + '\0' + environment.provider.issuer + '\0' + party.client.id;
    environment.providerKey = providerKey(environment);
    environment.limits.skew = party.skew;
    environment.provider.allowHttp = environment.allowHttp;

    environment.hasSessionKeys = !draft.sessionSecrets.empty();
    if (environment.hasSessionKeys && !deriveKeys(environment, draft.sessionSecrets)) {
        return "OpenSSL could not derive keys from \"session_keys\"";
    }

    SessionCookie& cookie = environment.cookie;
    cookie.plainName = cookie.name;
    for (const std::string_view prefix : {"__Host-", "__Secure-"}) {
        if (cookie.name.starts_with(prefix)) {
            cookie.plainName = cookie.name.substr(prefix.size());
        }
    }
    environment.sessionContext = sessionContext(cookie.name, party.environment);
    environment.plainSessionContext = sessionContext(cookie.plainName, party.environment);

    for (std::size_t i = 0; i < endpointCount; ++i) {
        environment.endpointPaths[i] = environment.basePath + std::string(endpointRows[i].path);
    }
    if (!draft.callback.empty()) {
        environment.endpointPaths[static_cast<std::size_t>(Endpoint::callback)] = draft.callback;
    }
    return "";
}

void warnOfContradictions(const EnvironmentDraft& draft)
{
    const Environment& environment = draft.environment;
    if (std::ranges::find(draft.seen, "session_idle") != draft.seen.end() &&
        environment.limits.idle > environment.limits.lifetime) {
        ngx_log_error(NGX_LOG_WARN, draft.cf->log, 0,
                      "scalekit_environment \"%s\": \"session_idle\" is longer than "
                      "session_lifetime and ends no session; make one of them fit in %s:%ui",
                      environment.name.c_str(), environment.file.c_str(), environment.line);
    }
    const std::string& domain = environment.cookie.domain;
    const std::optional<Url> base = parseUrl(environment.baseUrl);
    if (!domain.empty() && base && !domainMatches(base->host, domain)) {
        ngx_log_error(NGX_LOG_WARN, draft.cf->log, 0,
                      "scalekit_environment \"%s\": the session cookie is for \"%s\", so browsers "
                      "drop it at base_url \"%s\"; change domain= of session_cookie, or leave it "
                      "away in %s:%ui",
                      environment.name.c_str(), domain.c_str(), environment.baseUrl.c_str(),
                      environment.file.c_str(), environment.line);
    }
}

/** What signing people in needs and this environment does not have. */
std::string missingSecret(const Environment& environment)
{
    const Client& client = environment.party.client;
    if (client.secret.empty() && client.authentication != ClientAuthentication::none) {
        return "\"client_secret\" is missing; write it as file:PATH, or set \"client_auth none\" "
               "for a public client";
    }
    if (!environment.hasSessionKeys) {
        return "\"session_keys\" is missing; make a key with: openssl rand -base64 48";
    }
    return "";
}

}  // namespace

ngx_int_t checkSecrets(ngx_conf_t* cf) noexcept
try {
    for (const auto& environment : mainConf(cf)->environments) {
        if (environment->used && !environment->usedToLogin) {
            continue;
        }
        const std::string problem = missingSecret(*environment);
        if (!problem.empty()) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "scalekit_environment \"%s\": %s (only locations with \"scalekit_bearer "
                          "only\" do without) in %s:%ui",
                          environment->name.c_str(), problem.c_str(), environment->file.c_str(),
                          environment->line);
            return NGX_ERROR;
        }
    }
    return NGX_OK;
} catch (...) {
    return NGX_ERROR;
}

std::string setEnvironment(ngx_conf_t* cf, const Words& words, MainConf& main)
{
    const std::string_view name = words[1];
    if (name == "off") {
        return "cannot be named \"off\"";
    }
    if (!consistsOf(name, "_-")) {
        return "is named by letters, digits, \"_\" and \"-\"";
    }
    for (const auto& other : main.environments) {
        if (other->name == name) {
            return inQuotes(name) + " is defined twice, first in " + other->file + ":" +
                   std::to_string(other->line) + "; rename or remove one";
        }
    }

    auto environment = std::make_unique<Environment>();
    environment->name = name;
    environment->index = main.environments.size();
    environment->file = view(cf->conf_file->file.name);
    environment->line = cf->conf_file->line;
    environment->party.scope = defaults::scopes;

    EnvironmentDraft draft{*environment, cf};
    ngx_conf_t outer = *cf;
    cf->handler = parseDirective;
    cf->handler_conf = reinterpret_cast<char*>(&draft);
    const char* result = ngx_conf_parse(cf, nullptr);
    *cf = outer;
    if (result != NGX_CONF_OK) {
        throw Logged();
    }
    if (const std::string problem = complete(draft); !problem.empty()) {
        return inQuotes(name) + ": " + problem;
    }
    warnOfContradictions(draft);
    if (environment->allowHttp) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "scalekit_environment \"%s\": \"allow_http on\" is for development on "
                           "loopback: on plain http requests cookies lose Secure and the __Host- "
                           "prefix",
                           environment->name.c_str());
    }
    main.environments.push_back(std::move(environment));
    return "";
}

}  // namespace scalekit
