#include "nginx/identity/bearer.hpp"

#include "jose/verify.hpp"
#include "nginx/ngx/interop.hpp"
#include "nginx/identity/requirements.hpp"
#include "nginx/answer/respond.hpp"
#include "nginx/worker/worker.hpp"
#include "oidc/access_token.hpp"

namespace scalekit {

namespace {

/** The request's only Authorization field: two of them leave open which one is meant. */
Credentials credentialsInHeader(ngx_http_request_t* r) noexcept
{
    constexpr std::string_view name = "authorization";
    const ngx_table_elt_t* found = nullptr;

    for (const ngx_list_part_t* part = &r->headers_in.headers.part; part != nullptr;
         part = part->next) {
        const auto* header = static_cast<const ngx_table_elt_t*>(part->elts);
        for (ngx_uint_t i = 0; i < part->nelts; ++i) {
            if (header[i].key.len != name.size() ||
                !startsWithIgnoringCase(view(header[i].key), name)) {
                continue;
            }
            if (found != nullptr) {
                return {Credentials::Kind::malformed};
            }
            found = &header[i];
        }
    }
    if (found == nullptr) {
        return {};
    }

    const Credentials credentials = readAuthorization(view(found->value));
    if (credentials.kind == Credentials::Kind::token && r->args.len != 0) {
        ngx_str_t second = {};
        if (ngx_http_arg(r, borrow("access_token").data, 12, &second) == NGX_OK) {
            return {Credentials::Kind::malformed};  // RFC 6750 section 2: one method at a time
        }
    }
    return credentials;
}

/** A good token's record, as sessions have one, and when it ends. */
struct Accepted {
    std::string record;
    std::chrono::sys_seconds expires;
};

Result<Accepted> verifyToken(const UnverifiedJwt& token, const KeySet& keys,
                             const TokenPolicy& policy)
{
    const Result<Jwt> verified = verify(token, keys);
    if (!verified) {
        return verified.error();
    }

    AccessTokenRules rules;
    rules.issuers = &policy.issuers;
    rules.audiences = policy.anyAudience ? nullptr : &policy.audiences;
    rules.now = wallClock();
    rules.skew = policy.environment->party.skew;
    if (const Reason reason = checkAccessToken(*verified, rules); reason != Reason::none) {
        return reason;
    }

    const JsonValue claims = verified->claims.root();
    // nothing names a token's record, or asks its age: the same token has the same record
    const std::string id(sessionIdSize, '\0');
    Result<std::string> record = writeSession(identityFromAccessToken(claims), {}, id);
    if (!record) {
        return record.error();
    }
    return Accepted{*std::move(record), expiryOf(claims)};
}

/** The record of a good token in the request's pool, from the worker's memory or made now. */
Result<TokenCache::Verdict> judgeToken(ngx_pool_t* pool, std::string_view text,
                                       const TokenPolicy& policy)
{
    const ProviderCache::Snapshot* snapshot = worker()->providers.current(*policy.environment);
    const TokenCache::Basis basis{&policy, snapshot != nullptr ? snapshot->generation : 0};
    TokenCache& cache = worker()->tokens;
    if (snapshot != nullptr) {
        const TokenCache::Verdict known = cache.find(pool, text, basis, wallClock());
        if (known.record.data() != nullptr) {
            return known;
        }
    }

    if (!isBearerToken(text)) {
        return Reason::request_malformed;
    }
    const Result<UnverifiedJwt> token = UnverifiedJwt::parse(text);
    if (!token) {
        return token.error();
    }
    if (snapshot == nullptr) {
        return Reason::provider_unavailable;
    }
    const Result<Accepted> accepted = verifyToken(*token, *snapshot->keys, policy);
    if (!accepted) {
        return accepted.error();
    }
    cache.keep(text, basis, accepted->record, accepted->expires);
    const ngx_str_t record = copy(pool, accepted->record);
    if (record.data == nullptr) {
        return Reason::internal;
    }
    return TokenCache::Verdict{view(record), accepted->expires};
}

}  // namespace

Result<Credentials> credentialsOf(ngx_http_request_t* r, const LocationConf& conf) noexcept
{
    if (conf.token == nullptr) {
        return credentialsInHeader(r);
    }
    ngx_str_t text = {};
    if (ngx_http_complex_value(r, conf.token, &text) != NGX_OK) {
        return Reason::internal;
    }
    return readToken(view(text));
}

Reason findBearer(Context& context, const LocationConf& conf, const Demand& demand,
                  std::string_view token)
{
    const Result<TokenCache::Verdict> verdict =
        judgeToken(context.request->pool, token, *conf.policy);
    if (!verdict) {
        return verdict.error();
    }
    const Result<SessionView> session = readSession(verdict->record);
    if (!session) {
        return session.error();
    }
    context.record = verdict->record;
    context.session = *session;
    context.bearer = true;
    context.tokenExpires = verdict->expires;
    const Reason reason = checkTenant(context.session, demand.tenant);
    if (reason == Reason::none) {
        context.environment = conf.environment;
    }
    return reason;
}

Refusal challengingRefusal(const Context& context, const LocationConf& conf, const Verdict& verdict)
{
    const Environment& environment = *conf.environment;
    Refusal refusal{.reason = verdict.reason, .environment = environment.name};
    refusal.token = verdict.token;
    refusal.exposeChallenge = conf.exposeChallenge != 0;
    if (verdict.reason == Reason::insufficient_scope) {
        refusal.scope = neededScopes(context, conf);
    }
    const std::string_view error = verdict.token ? bearerError(verdict.reason) : std::string_view();
    if (error.empty() && statusOf(refusal) != NGX_HTTP_UNAUTHORIZED) {
        return refusal;  // another token would not help: wrong tenant, or not the client's fault
    }

    Challenge challenge;
    challenge.realm = conf.realm.len != 0 ? view(conf.realm) : environment.name;
    challenge.error = error;
    challenge.description =
        error.empty() ? std::string_view() : bearerErrorDescription(verdict.reason);
    challenge.scope = refusal.scope;
    challenge.resourceMetadata =
        conf.resource != nullptr ? std::string_view(conf.resource->url) : std::string_view();
    refusal.challenge = bearerChallenge(challenge);
    return refusal;
}

}  // namespace scalekit
