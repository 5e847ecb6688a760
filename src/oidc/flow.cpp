#include "oidc/flow.hpp"

#include "base/log_text.hpp"
#include "crypto/digest.hpp"
#include "oidc/access_token.hpp"
#include "oidc/claims.hpp"
#include "oidc/finding.hpp"

namespace scalekit {

namespace {

/** Scopes are for access tokens to grant; in an ID token the name is one that a customer chose. */
bool isScope(const Claim& claim) noexcept
{
    return claim.name == "scope" || claim.name == "scopes";
}

}  // namespace

Callback openCallback(const RelyingParty& party, const Provider& provider, std::string_view query,
                      std::string_view bindingCookie, std::chrono::sys_seconds now)
{
    Callback callback;
    const auto end = [&callback](Callback::Kind kind, Reason reason) {
        callback.kind = kind;
        callback.reason = reason;
        return std::move(callback);
    };

    auto response = parseAuthorizationResponse(query);
    if (!response) {
        return end(Callback::Kind::refuse, response.error());
    }

    // A provider may fail before it has read the state: such an error is told, but leads nowhere.
    auto state = openState(party, response->state);
    if (!state && response->error.empty()) {
        return end(Callback::Kind::refuse, Reason::state_invalid);
    }

    // RFC 9207 2.4: before the code is used, and for errors too. An error that only lacks it is
    // told all the same, and leads nowhere either.
    const Reason issuer = checkResponseIssuer(*response, provider);
    const bool untold = issuer == Reason::response_issuer_missing && !response->error.empty();
    if (issuer != Reason::none && !untold) {
        callback.finding = expectedAndFound("iss", provider.issuer, response->issuer.value_or(""));
        return end(Callback::Kind::refuse, issuer);
    }

    callback.error = response->error.empty() ? "" : knownProviderError(response->error);
    if (!state || untold) {
        return end(Callback::Kind::providerError, Reason::provider_error);
    }
    callback.state = *std::move(state);

    if (expired(callback.state, now, party.skew)) {
        return end(Callback::Kind::orphan, Reason::state_expired);
    }
    const auto binding = openBinding(party, bindingCookie, now);
    LoginSecrets secrets = binding ? loginSecrets(*binding, callback.state.id) : LoginSecrets();
    if (!binding || !equalSecrets(secrets.bindingDigest, callback.state.bindingDigest)) {
        return end(Callback::Kind::orphan, Reason::login_cookie_missing);
    }
    if (!response->error.empty()) {
        return end(Callback::Kind::providerError, Reason::provider_error);
    }

    callback.secrets = std::move(secrets);
    callback.code = std::move(response->code);
    return end(Callback::Kind::complete, Reason::none);
}

LoginFlow::LoginFlow(const RelyingParty& party, std::shared_ptr<const Provider> provider,
                     Callback callback, std::string redirectUri)
    : party_(party), provider_(std::move(provider)), callback_(std::move(callback)),
      redirectUri_(std::move(redirectUri))
{}

Step LoginFlow::begin()
{
    if (callback_.kind != Callback::Kind::complete) {
        return Refuse{Reason::internal};
    }

    return FetchToken{codeExchange(*provider_, party_.client, callback_.code, redirectUri_,
                                   callback_.secrets.codeVerifier)};
}

Step LoginFlow::onTokenResponse(long status, std::string_view body,
                                std::shared_ptr<const KeySet> keys, std::chrono::sys_seconds now)
{
    keys_ = std::move(keys);
    auto tokens = parseTokenResponse(status, body);
    if (!tokens) {
        return Refuse{tokens.error(), tokens.error() == Reason::token_request_refused
                                          ? tokenErrorFinding(status, body, callback_.code)
                                          : std::string()};
    }
    tokens_ = *std::move(tokens);

    return verifyIdToken(now);
}

Step LoginFlow::onKeys(std::shared_ptr<const KeySet> keys, std::chrono::sys_seconds now)
{
    if (keys != nullptr) {
        keys_ = std::move(keys);
    }
    if (keys_ == nullptr) {
        return Refuse{Reason::provider_unavailable};
    }

    return verifyIdToken(now);
}

Step LoginFlow::verifyIdToken(std::chrono::sys_seconds now)
{
    const auto token = UnverifiedJwt::parse(tokens_.idToken);
    if (!token) {
        return Refuse{token.error(), headerFinding(token.error(), tokens_.idToken)};
    }

    // A bad signature may mean that the provider replaced a key and kept its id.
    const auto verified =
        keys_ != nullptr ? verify(*token, *keys_) : Result<Jwt>(Reason::key_unknown);
    if (!verified) {
        const Reason reason = verified.error();
        const bool replaced = reason == Reason::key_unknown || reason == Reason::signature_invalid;
        if (replaced && !keysRefreshed_) {
            keysRefreshed_ = keys_ != nullptr;
            return FetchKeys{};
        }
        return Refuse{reason, headerFinding(reason, tokens_.idToken)};
    }

    const LoginState& state = callback_.state;

    IdTokenRules rules;
    rules.issuers = &party_.issuers;
    rules.clientId = party_.client.id;
    rules.nonce = callback_.secrets.nonce;
    rules.code = callback_.code;
    rules.accessToken = tokens_.accessToken;
    rules.now = now;
    rules.skew = party_.skew;
    if (const Reason reason = checkIdToken(*verified, rules); reason != Reason::none) {
        return Refuse{reason,
                      claimFinding(reason, *verified,
                                   {party_.issuers, party_.client.id, party_.client.id, now})};
    }

    // The browser could change what was asked for; the provider's answer is what counts.
    Identity identity = identityFrom(verified->claims.root());
    std::erase_if(identity.claims, isScope);
    if (!state.organization.empty() && identity.organization != state.organization) {
        std::string finding =
            expectedAndFound("organization", state.organization, identity.organization);
        return Refuse{Reason::organization_mismatch, std::move(finding), std::move(identity)};
    }
    if (!state.connection.empty() && identity.connection != state.connection) {
        std::string finding = expectedAndFound("connection", state.connection, identity.connection);
        return Refuse{Reason::connection_mismatch, std::move(finding), std::move(identity)};
    }

    const Reason accessToken = useAccessToken(identity, now);
    return Done{std::move(identity), state.returnUrl, accessToken};
}

Reason LoginFlow::useAccessToken(Identity& identity, std::chrono::sys_seconds now) const
{
    // To a client it may be any text (RFC 6749 1.4), and usually it is for another audience.
    const auto token = UnverifiedJwt::parse(tokens_.accessToken);
    if (!token) {
        return Reason::none;
    }

    const auto verified = verify(*token, *keys_);
    if (!verified) {
        return verified.error();
    }

    AccessTokenRules rules;
    rules.issuers = &party_.issuers;
    rules.now = now;
    rules.skew = party_.skew;
    return addAccessTokenClaims(identity, *verified, rules, party_.client.id);
}

}  // namespace scalekit
