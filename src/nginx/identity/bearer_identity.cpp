#include "nginx/identity/bearer_identity.hpp"

#include "jose/verify.hpp"
#include "nginx/ngx/headers.hpp"
#include "nginx/worker/worker.hpp"
#include "oidc/access_token.hpp"

namespace scalekit {

namespace {

/** The request's only Authorization field: two of them leave open which one is meant. */
Credentials credentialsInHeader(ngx_http_request_t* r) noexcept
{
    const HeaderField* found = nullptr;
    std::size_t count = 0;
    forEachHeader(r->headers_in.headers, [&](const HeaderField& field) {
        if (named(field, "authorization")) {
            found = &field;
            ++count;
        }
    });
    if (count != 1) {
        return {count == 0 ? Credentials::Kind::none : Credentials::Kind::malformed};
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

Result<Caller> findBearer(ngx_http_request_t* r, const LocationConf& conf,
                          const TenantConstraint& constraint, std::string_view token)
{
    const Result<TokenCache::Verdict> verdict = judgeToken(r->pool, token, *conf.policy);
    if (!verdict) {
        return verdict.error();
    }
    const Result<SessionView> session = readSession(verdict->record);
    if (!session) {
        return session.error();
    }
    const Reason reason = checkTenant(*session, constraint);
    if (reason != Reason::none) {
        return reason;
    }
    return Caller{conf.environment, verdict->record, *session, true, verdict->expires};
}

}  // namespace scalekit
