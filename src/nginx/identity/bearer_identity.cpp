#include "nginx/identity/bearer_identity.hpp"

#include "base/text.hpp"
#include "jose/verify.hpp"
#include "nginx/identity/constraints.hpp"
#include "nginx/ngx/headers.hpp"
#include "nginx/worker/worker.hpp"
#include "oidc/access_token.hpp"
#include "oidc/finding.hpp"

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

Result<RecordPtr> verifyToken(const UnverifiedJwt& token, const KeySet& keys,
                              const TokenPolicy& policy, std::string& finding)
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
        finding = claimFinding(reason, *verified,
                               {policy.issuers, joined(policy.audiences, " or "), "", rules.now});
        return reason;
    }

    const JsonValue claims = verified->claims.root();
    Result<std::string> bytes = writeIdentity(identityFromAccessToken(claims));
    if (!bytes) {
        return bytes.error();
    }
    RecordPtr record(OpenedRecord::ofToken(*std::move(bytes), expiryOf(claims)));
    return record ? Result<RecordPtr>(std::move(record)) : Reason::internal;
}

/** The record of a good token, from the worker's memory or made now. */
Result<RecordPtr> judgeToken(std::string_view text, const TokenPolicy& policy, std::string& finding)
{
    const ProviderCache::Snapshot* snapshot = worker()->providers.current(*policy.environment);
    const RecordCache::Text key(&text, 1);
    const RecordCache::Basis basis{&policy, snapshot != nullptr ? snapshot->generation : 0};
    if (snapshot != nullptr) {
        RecordPtr known = worker()->tokens.find(key, basis);
        if (known && wallClock() < known->token()->expires + policy.environment->party.skew) {
            return known;
        }
    }

    if (!isBearerToken(text)) {
        return Reason::request_malformed;
    }
    const Result<UnverifiedJwt> token = UnverifiedJwt::parse(text, &worker()->lastHeader);
    if (!token) {
        finding = headerFinding(token.error(), text);
        return token.error();
    }
    if (snapshot == nullptr || snapshot->keys == nullptr) {
        return Reason::provider_unavailable;
    }
    Result<RecordPtr> record = verifyToken(*token, *snapshot->keys, policy, finding);
    if (!record && finding.empty()) {
        finding = headerFinding(record.error(), text);
    }
    if (record) {
        worker()->tokens.keep(key, basis, *record);
    }
    return record;
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

Result<Caller> findBearer(Context& context, const LocationConf& conf,
                          const TenantConstraint& constraint, std::string_view token)
{
    Result<RecordPtr> record = judgeToken(token, *conf.policy, context.finding);
    if (!record) {
        return record.error();
    }
    const Reason reason = checkTenant((*record)->identity(), constraint);
    if (reason != Reason::none) {
        context.finding = tenantFinding(reason, (*record)->identity(), constraint);
        context.proved = *std::move(record);
        return reason;
    }
    return Caller{conf.environment, *std::move(record)};
}

}  // namespace scalekit
