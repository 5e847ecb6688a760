#include "oidc/login.hpp"

#include "base/base64url.hpp"
#include "base/bytes.hpp"
#include "base/url.hpp"
#include "crypto/digest.hpp"

#include <optional>

namespace scalekit {

namespace {

constexpr std::uint8_t recordVersion = 1;
constexpr std::uint8_t stateVersion = 2;
constexpr std::int64_t maxTime = 253402300799;  // the end of the year 9999

/** What a seal of this room is bound to, besides its keys. */
std::string context(std::string_view kind, const RelyingParty& party)
{
    std::string bytes(kind);
    bytes += '\0';
    bytes += party.environment;
    return bytes;
}

Result<std::string> seal(const ByteWriter& record, const SealKeys& keys, std::string_view kind,
                         const RelyingParty& party, std::string_view nonce)
{
    const auto sealed = keys.seal(record.bytes(), context(kind, party), nonce);
    return sealed ? Result<std::string>(base64urlEncode(*sealed)) : sealed.error();
}

/** The opened bytes of a base64url text, nullopt for anything that does not open. */
std::optional<std::string> unseal(std::string_view text, const SealKeys& keys,
                                  std::string_view kind, const RelyingParty& party)
{
    const auto sealed = base64urlDecode(text);
    if (!sealed || sealed->empty()) {
        return std::nullopt;
    }
    auto opened = keys.open(*sealed, context(kind, party));
    return opened ? std::optional(*std::move(opened)) : std::nullopt;
}

std::optional<std::chrono::sys_seconds> readTime(ByteReader& reader)
{
    const std::int64_t seconds = reader.i64();
    if (seconds < 0 || seconds > maxTime) {
        return std::nullopt;
    }
    return std::chrono::sys_seconds(std::chrono::seconds(seconds));
}

bool alive(std::chrono::sys_seconds created, std::chrono::sys_seconds now,
           std::chrono::seconds skew) noexcept
{
    return created <= now + skew && now <= created + loginLifetime + skew;
}

bool routable(const Routing& routing) noexcept
{
    for (const std::string* value : {&routing.connection, &routing.organization, &routing.domain,
                                     &routing.provider, &routing.loginHint, &routing.prompt}) {
        if (value->size() > maxRoutingValue) {
            return false;
        }
    }
    return true;
}

}  // namespace

LoginSecrets loginSecrets(const LoginBinding& binding, std::string_view loginId)
{
    if (binding.secret.size() != bindingSecretSize || loginId.size() != loginIdSize) {
        return {};
    }
    // Nothing can be appended to what has one length: a digest of secret and id is as good as HMAC.
    const std::string bytes = digest(Hash::sha512, binding.secret + std::string(loginId));
    ByteReader reader(bytes);
    LoginSecrets secrets;
    secrets.codeVerifier = base64urlEncode(reader.raw(32));
    secrets.nonce = base64urlEncode(reader.raw(16));
    secrets.bindingDigest = reader.raw(16);
    return secrets;
}

Result<std::string> sealBinding(const RelyingParty& party, const LoginBinding& binding,
                                std::string_view sealNonce)
{
    ByteWriter writer;
    writer.u8(recordVersion);
    writer.i64(binding.created.time_since_epoch().count());
    writer.raw(binding.secret);

    return seal(writer, party.bindingKeys, "login", party, sealNonce);
}

Result<LoginBinding> openBinding(const RelyingParty& party, std::string_view cookie,
                                 std::chrono::sys_seconds now)
{
    const auto record = unseal(cookie, party.bindingKeys, "login", party);
    if (!record) {
        return Reason::login_cookie_missing;
    }

    ByteReader reader(*record);
    const std::uint8_t version = reader.u8();
    const auto created = readTime(reader);
    const std::string_view secret = reader.raw(bindingSecretSize);
    if (version != recordVersion || !created || !reader.atEnd() ||
        !alive(*created, now, party.skew)) {
        return Reason::login_cookie_missing;
    }

    return LoginBinding{std::string(secret), *created};
}

Result<std::string> sealCompletedLogins(const RelyingParty& party, std::uint8_t completed,
                                        std::chrono::sys_seconds now, std::string_view sealNonce)
{
    ByteWriter writer;
    writer.u8(recordVersion);
    writer.i64(now.time_since_epoch().count());
    writer.u8(completed);

    return seal(writer, party.bindingKeys, "completed", party, sealNonce);
}

std::uint8_t openCompletedLogins(const RelyingParty& party, std::string_view cookie,
                                 std::chrono::sys_seconds now)
{
    const auto record = unseal(cookie, party.bindingKeys, "completed", party);
    if (!record) {
        return 0;
    }
    ByteReader reader(*record);
    const bool known = reader.u8() == recordVersion;
    const auto made = readTime(reader);
    const std::uint8_t completed = reader.u8();
    const bool fresh = known && reader.atEnd() && made && *made <= now + party.skew &&
                       now < *made + completedLoginsLifetime;
    return fresh ? completed : 0;
}

Result<std::string> sealState(const RelyingParty& party, const LoginState& state,
                              std::string_view sealNonce)
{
    if (state.id.size() != loginIdSize || state.bindingDigest.empty()) {
        return Reason::internal;
    }

    ByteWriter writer;
    writer.u8(stateVersion);
    writer.raw(state.id);
    writer.i64(state.created.time_since_epoch().count());
    writer.u8(state.attempt);
    writer.u8(state.completed);
    writer.u8(static_cast<std::uint8_t>(state.origin));
    for (const std::string* text : {&state.returnUrl, &state.organization, &state.connection,
                                    &state.domain, &state.provider, &state.bindingDigest}) {
        if (!writer.string(*text)) {
            return Reason::request_malformed;
        }
    }

    return seal(writer, party.stateKeys, "state", party, sealNonce);
}

Result<LoginState> openState(const RelyingParty& party, std::string_view text)
{
    const auto record = unseal(text, party.stateKeys, "state", party);
    if (!record) {
        return Reason::state_invalid;
    }

    ByteReader reader(*record);
    LoginState state;
    const std::uint8_t version = reader.u8();
    state.id = reader.raw(loginIdSize);
    const auto created = readTime(reader);
    state.attempt = reader.u8();
    state.completed = reader.u8();
    state.origin = static_cast<LoginOrigin>(reader.u8());
    state.returnUrl = safeReturnUrl(reader.string());
    state.organization = reader.string();
    state.connection = reader.string();
    state.domain = reader.string();
    state.provider = reader.string();
    state.bindingDigest = reader.string();
    if (version != stateVersion || !created || !reader.atEnd()) {
        return Reason::state_invalid;
    }

    state.created = *created;
    return state;
}

Result<std::string> sealTenant(const RelyingParty& party, const LinkedTenant& tenant,
                               std::string_view sealNonce)
{
    ByteWriter writer;
    if (!writer.string(tenant.organization) || !writer.string(tenant.connection)) {
        return Reason::request_malformed;
    }
    return seal(writer, party.stateKeys, "tenant", party, sealNonce);
}

Result<LinkedTenant> openTenant(const RelyingParty& party, std::string_view text)
{
    const auto record = unseal(text, party.stateKeys, "tenant", party);
    if (!record) {
        return Reason::request_malformed;
    }
    ByteReader reader(*record);
    LinkedTenant tenant;
    tenant.organization = reader.string();
    tenant.connection = reader.string();
    return reader.atEnd() ? Result<LinkedTenant>(std::move(tenant)) : Reason::request_malformed;
}

bool expired(const LoginState& state, std::chrono::sys_seconds now,
             std::chrono::seconds skew) noexcept
{
    return !alive(state.created, now, skew);
}

Result<LoginRedirect> startLogin(const RelyingParty& party, const Provider& provider,
                                 const LoginStart& start)
{
    if (start.random.size() != loginRandomSize) {
        return Reason::internal;
    }
    if (!routable(start.routing)) {
        return Reason::request_malformed;
    }

    ByteReader random(start.random);
    const std::string_view id = random.raw(loginIdSize);
    const std::string_view secret = random.raw(bindingSecretSize);
    const std::string_view stateNonce = random.raw(sealNonceSize);
    const std::string_view bindingNonce = random.raw(sealNonceSize);

    // The secret outlives its cookie's renewal, so that logins in other tabs can still be
    // completed.
    const auto kept = openBinding(party, start.bindingCookie, start.now);
    LoginBinding binding = kept ? *kept : LoginBinding{std::string(secret), start.now};
    LoginRedirect redirect;
    if (!kept || start.now - binding.created >= loginLifetime / 2) {
        binding.created = start.now;
        auto sealed = sealBinding(party, binding, bindingNonce);
        if (!sealed) {
            return sealed.error();
        }
        redirect.bindingCookie = *std::move(sealed);
    }

    LoginState state;
    state.id = id;
    state.created = start.now;
    state.attempt = start.attempt;
    state.completed = kept ? 0 : openCompletedLogins(party, start.bindingCookie, start.now);
    state.origin = start.origin;
    state.returnUrl = safeReturnUrl(start.returnUrl);
    state.organization = start.routing.organization;
    state.connection = start.routing.connection;
    state.domain = start.routing.domain;
    state.provider = start.routing.provider;
    LoginSecrets secrets = loginSecrets(binding, id);
    state.bindingDigest = std::move(secrets.bindingDigest);
    const auto sealedState = sealState(party, state, stateNonce);
    if (!sealedState) {
        return sealedState.error();
    }

    const AuthorizationRequest request{start.redirectUri, party.scope, *sealedState, secrets.nonce,
                                       secrets.codeVerifier};
    redirect.location = authorizationUrl(provider, party.client, request, start.routing);
    return redirect;
}

}  // namespace scalekit
