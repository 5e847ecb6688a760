#include "nginx/conf/environment_directives.hpp"

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "crypto/openssl.hpp"
#include "nginx/conf/secret.hpp"
#include "nginx/ngx/interop.hpp"

#include <openssl/pem.h>

#include <algorithm>
#include <optional>
#include <span>

namespace scalekit {

namespace {

using Draft = EnvironmentDraft;

/** The address of a document in the place of the issuer that it describes, or "". */
std::string documentProblem(std::string_view url)
{
    const std::size_t at = url.find("/.well-known/");
    return at == url.npos ? ""
                          : inQuotes(url) +
                                " is the address of the provider's metadata; write the "
                                "issuer, " +
                                std::string(url.substr(0, at));
}

std::string setUrl(Draft& draft, const Words& words)
{
    const std::optional<Url> url = parseUrl(words[1]);
    if (!url || !url->query.empty()) {
        return inQuotes(words[1]) + " is not an issuer URL; write it as the provider does, such as "
                                    "https://acme.scalekit.com";
    }
    draft.environment.provider.issuer = words[1];
    return documentProblem(words[1]);
}

/** A client's id or secret. */
std::string readClientValue(Draft& draft, std::string_view word, std::string& into)
{
    std::string problem;
    std::optional<Secret> value = readSecret(draft.cf, word, problem);
    if (!value) {
        return problem;
    }
    if (value->text.empty()) {
        return "is empty; it stands in the Scalekit dashboard under API credentials";
    }
    into = std::move(value->text);
    return secretProblem(into, value->source);
}

std::string setClientId(Draft& draft, const Words& words)
{
    return readClientValue(draft, words[1], draft.environment.party.client.id);
}

std::string setClientSecret(Draft& draft, const Words& words)
{
    return readClientValue(draft, words[1], draft.environment.party.client.secret);
}

std::string setClientAuth(Draft& draft, const Words& words)
{
    const auto chosen =
        choose<ClientAuthentication>(words[1], {{"post", ClientAuthentication::post},
                                                {"basic", ClientAuthentication::basic},
                                                {"none", ClientAuthentication::none}});
    if (!chosen) {
        return "is post, basic or none, not " + inQuotes(words[1]);
    }
    draft.environment.party.client.authentication = *chosen;
    return "";
}

std::string setSessionKeys(Draft& draft, const Words& words)
{
    std::string problem;
    const std::optional<Secret> value = readSecret(draft.cf, words[1], problem);
    if (value) {
        SessionSecrets secrets = readSessionSecrets(value->text, value->source);
        draft.sessionSecrets = std::move(secrets.keys);
        problem = std::move(secrets.problem);
    }
    return problem;
}

/** A path of our own origin that can be compared with $uri byte by byte. */
bool plainPath(std::string_view path)
{
    return path.size() > 1 && path.size() <= 256 && path.front() == '/' && path.back() != '/' &&
           path.find("//") == std::string_view::npos && path.find("/.") == std::string_view::npos &&
           consistsOf(path, "/-_.~");
}

std::string setBasePath(Draft& draft, const Words& words)
{
    if (!plainPath(words[1])) {
        return inQuotes(words[1]) + " is not a plain path such as /auth";
    }
    draft.environment.basePath = words[1];
    return "";
}

std::string setCallback(Draft& draft, const Words& words)
{
    if (!plainPath(words[1])) {
        return inQuotes(words[1]) + " is not a plain path such as /auth/callback";
    }
    draft.callback = words[1];
    return "";
}

std::string setBaseUrl(Draft& draft, const Words& words)
{
    const std::optional<Url> url = parseUrl(words[1]);
    std::string_view prefix = url ? url->path : "";
    if (prefix.ends_with('/')) {
        prefix.remove_suffix(1);
    }
    if (!url || !url->query.empty() || (!prefix.empty() && !plainPath(prefix))) {
        return inQuotes(words[1]) +
               " is not an address such as https://app.example.com or https://example.com/app";
    }
    // as browsers write it: with it Origin is compared
    std::string host(url->host);
    std::ranges::transform(host, host.begin(), lowered);
    const bool usual = url->port.empty() || url->port == (url->scheme == "https" ? "443" : "80");
    draft.environment.baseUrl =
        concat({url->scheme, "://", host, usual ? "" : ":", usual ? "" : url->port});
    draft.environment.prefix = prefix;
    return "";
}

std::string setScope(Draft& draft, const Words& words)
{
    const std::string scope = joined(std::span(words).subspan(1), " ");
    if ((" " + scope + " ").find(" openid ") == std::string::npos) {
        return "must contain openid, or there is no ID token; the default is \"openid profile "
               "email\"";
    }
    draft.environment.party.scope = scope;
    return "";
}

std::string setEndpoint(Draft& draft, const Words& words)
{
    for (const ProviderEndpoint& endpoint : providerEndpoints) {
        if (endpoint.word == words[1]) {
            draft.environment.provider.*endpoint.url = words[2];
            return parseUrl(words[2]) ? "" : inQuotes(words[2]) + " is not a URL";
        }
    }
    return "knows authorize, token, jwks, logout and userinfo, not " + inQuotes(words[1]);
}

std::string setIssuer(Draft& draft, const Words& words)
{
    if (!parseUrl(words[1])) {
        return inQuotes(words[1]) + " is not an issuer URL";
    }
    draft.issuers.emplace_back(words[1]);
    return documentProblem(words[1]);
}

std::string setSeconds(const Words& words, std::chrono::seconds& seconds)
{
    ngx_str_t text = borrow(words[1]);
    const ngx_int_t value = ngx_parse_time(&text, 1);
    if (value == NGX_ERROR) {
        return inQuotes(words[1]) + " is not a time such as 30s, 5m or 8h";
    }
    seconds = std::chrono::seconds(value);
    return "";
}

/** nginx takes a number for seconds; whoever writes one here mostly means hours or minutes. */
void warnOfBareNumber(Draft& draft, const Words& words)
{
    if (std::ranges::all_of(words[1], isDigit)) {
        const std::string text = concat({words[0], " ", words[1]});
        ngx_conf_log_error(NGX_LOG_WARN, draft.cf, 0,
                           "scalekit_environment \"%s\": \"%s\" has no unit and means seconds; "
                           "write one of s, m, h and d behind the number",
                           draft.environment.name.c_str(), text.c_str());
    }
}

std::string setLifetime(Draft& draft, const Words& words)
{
    SessionLimits& limits = draft.environment.limits;
    const std::string problem = setSeconds(words, limits.lifetime);
    if (problem.empty() &&
        (limits.lifetime.count() == 0 || limits.lifetime > std::chrono::hours(24 * 400))) {
        return "is between 1s and 400d, the longest that browsers keep a cookie";
    }
    warnOfBareNumber(draft, words);
    return problem;
}

std::string setIdle(Draft& draft, const Words& words)
{
    SessionLimits& limits = draft.environment.limits;
    const std::string problem = setSeconds(words, limits.idle);
    if (problem.empty() && limits.idle.count() == 0) {
        return "must be at least 1s; for no idle limit set it to session_lifetime";
    }
    warnOfBareNumber(draft, words);
    return problem;
}

std::string setClockSkew(Draft& draft, const Words& words)
{
    const std::string problem = setSeconds(words, draft.environment.party.skew);
    if (problem.empty() && draft.environment.party.skew > std::chrono::minutes(5)) {
        return "is at most 5m; let NTP set the clock instead";
    }
    return problem;
}

std::string setTimeout(Draft& draft, const Words& words)
{
    ngx_str_t text = borrow(words[1]);
    const ngx_int_t value = ngx_parse_time(&text, 0);
    if (value == NGX_ERROR || value < 100 || value > 60000) {
        return inQuotes(words[1]) + " is not a time between 100ms and 60s";
    }
    draft.environment.timeout = std::chrono::milliseconds(value);
    return "";
}

bool cookieToken(std::string_view name)
{
    return !name.empty() && name.size() <= 64 && consistsOf(name, "_-");
}

std::string setSessionCookie(Draft& draft, const Words& words)
{
    SessionCookie& cookie = draft.environment.cookie;
    if (!cookieToken(words[1])) {
        return inQuotes(words[1]) + " is not a cookie name of letters, digits, \"_\" and \"-\"";
    }
    cookie.name = words[1];

    for (std::size_t i = 2; i < words.size(); ++i) {
        std::string_view word = words[i];
        if (takePrefix(word, "domain=")) {
            cookie.domain = word;
            const std::string probe = "https://" + cookie.domain;
            const std::optional<Url> url = parseUrl(probe);
            if (!url || url->host != cookie.domain) {
                return inQuotes(cookie.domain) + " is not a domain";
            }
        } else if (word == "samesite=lax") {
            cookie.sameSite = SameSite::lax;
        } else if (word == "samesite=strict") {
            return "cannot be samesite=strict: browsers would not show the session on the way back "
                   "from the sign-in; use lax";
        } else if (word == "samesite=none") {
            cookie.sameSite = SameSite::none;
        } else {
            return "takes domain=NAME and samesite=lax or none, not " + inQuotes(word);
        }
    }
    for (const std::string_view taken : {loginCookieName, plainLoginCookieName}) {
        if (cookie.name == taken || cookie.name == "__Secure-" + std::string(taken)) {
            return "cannot be " + inQuotes(cookie.name) + ", the cookie of logins in progress";
        }
    }
    if (!cookie.domain.empty() && startsWithIgnoringCase(cookie.name, "__host-")) {
        return "cannot have a domain under a __Host- name, browsers would drop it; use a name such "
               "as __Secure-sk_session";
    }
    return "";
}

constexpr std::size_t maxCertificates = 4 * 1024 * 1024;  // bytes; the system's have 300,000

/** The bytes of a file as the user that starts nginx may read it: workers may not. */
std::optional<std::string> readCertificates(const std::string& path)
{
    const OpensslHandle<BIO, BIO_free_all> file(BIO_new_file(path.c_str(), "r"));
    if (file == nullptr) {
        return std::nullopt;
    }
    std::string bytes;
    char part[16384];
    int size = 0;
    while ((size = BIO_read(file.get(), part, sizeof(part))) > 0) {
        bytes.append(part, static_cast<std::size_t>(size));
        if (bytes.size() > maxCertificates) {
            return std::nullopt;
        }
    }
    return size == 0 ? std::optional(std::move(bytes)) : std::nullopt;
}

void freeInfos(STACK_OF(X509_INFO) * infos) noexcept
{
    sk_X509_INFO_pop_free(infos, X509_INFO_free);
}

/** How many certificates libcurl will find in a PEM file: none in one that is broken somewhere. */
std::size_t countCertificates(std::string_view pem)
{
    const OpensslHandle<BIO, BIO_free_all> bytes(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const OpensslHandle<STACK_OF(X509_INFO), freeInfos> infos(
        bytes != nullptr ? PEM_X509_INFO_read_bio(bytes.get(), nullptr, nullptr, nullptr)
                         : nullptr);
    std::size_t count = 0;
    for (int i = 0; infos != nullptr && i < sk_X509_INFO_num(infos.get()); ++i) {
        count += sk_X509_INFO_value(infos.get(), i)->x509 != nullptr ? 1 : 0;
    }
    return count;
}

std::string setTrustedCertificate(Draft& draft, const Words& words)
{
    ngx_str_t name = copy(draft.cf->pool, words[1]);
    if (name.data == nullptr || ngx_conf_full_name(draft.cf->cycle, &name, 1) != NGX_OK) {
        return "out of memory";
    }
    const std::string path(view(name));

    const ErrorQueueGuard guard;
    std::optional<std::string> bytes = readCertificates(path);
    if (!bytes) {
        return "cannot read \"" + path + "\"; it is a PEM file of CA certificates, 4 MB at most";
    }
    if (countCertificates(*bytes) == 0) {
        return "finds no certificate in \"" + path +
               "\", or a broken one; it is a PEM file of CA certificates, with lines "
               "\"-----BEGIN CERTIFICATE-----\"";
    }
    draft.environment.trustedCertificates = *std::move(bytes);
    return "";
}

std::string setAllowHttp(Draft& draft, const Words& words)
{
    if (words[1] != "on" && words[1] != "off") {
        return "is on or off, not " + inQuotes(words[1]);
    }
    draft.environment.allowHttp = words[1] == "on";
    return "";
}

struct Row {
    std::string_view name;
    std::size_t leastWords;  // without the name
    std::size_t mostWords;
    bool repeatable;
    std::string (*set)(Draft&, const Words&);
};

constexpr Row rows[] = {
    {"url", 1, 1, false, setUrl},
    {"client_id", 1, 1, false, setClientId},
    {"client_secret", 1, 1, false, setClientSecret},
    {"client_auth", 1, 1, false, setClientAuth},
    {"session_keys", 1, 1, false, setSessionKeys},
    {"base_path", 1, 1, false, setBasePath},
    {"base_url", 1, 1, false, setBaseUrl},
    {"callback", 1, 1, false, setCallback},
    {"scope", 1, 16, false, setScope},
    {"endpoint", 2, 2, true, setEndpoint},
    {"issuer", 1, 1, true, setIssuer},
    {"session_lifetime", 1, 1, false, setLifetime},
    {"session_idle", 1, 1, false, setIdle},
    {"session_cookie", 1, 3, false, setSessionCookie},
    {"clock_skew", 1, 1, false, setClockSkew},
    {"timeout", 1, 1, false, setTimeout},
    {"trusted_certificate", 1, 1, false, setTrustedCertificate},
    {"allow_http", 1, 1, false, setAllowHttp},
};

}  // namespace

std::string applyDirective(EnvironmentDraft& draft, const Words& words)
{
    const auto row = std::find_if(std::begin(rows), std::end(rows),
                                  [&](const Row& r) { return r.name == words[0]; });
    if (row == std::end(rows)) {
        return "is not a directive of this block; see conf-examples/REFERENCE.md";
    }
    const std::size_t count = words.size() - 1;
    if (count < row->leastWords || count > row->mostWords) {
        return "has the wrong number of values";
    }
    if (!row->repeatable) {
        if (std::find(draft.seen.begin(), draft.seen.end(), words[0]) != draft.seen.end()) {
            return "is written twice";
        }
        draft.seen.emplace_back(words[0]);
    }
    return row->set(draft, words);
}

std::vector<std::string_view> settingNames()
{
    std::vector<std::string_view> names;
    for (const Row& row : rows) {
        names.push_back(row.name);
    }
    return names;
}

}  // namespace scalekit
