#include "oidc/login.hpp"

#include "base/base64url.hpp"
#include "base/bytes.hpp"
#include "base/url.hpp"
#include "crypto/digest.hpp"

#include <optional>

namespace scalekit {

namespace {

constexpr std::uint8_t recordVersion = 1;
constexpr std::int64_t maxTime = 253402300799;  // the end of the year 9999

/** What a seal of this room is bound to, besides its keys. */
std::string context(std::string_view kind, const RelyingParty& party)
{
    std::string bytes(kind);
    bytes += '\0';
    bytes += party.environment;
    return bytes;
}

/** The opened bytes of a base64url text, nullopt for anything that does not open. */
std::optional<std::string> unseal(std::string_view text, const SealKeys& keys,
                                  const std::string& context)
{
    const auto sealed = base64urlDecode(text);
    if (!sealed) {
        return std::nullopt;
    }
    auto opened = keys.open(*sealed, context);
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

std::string derive(const LoginBinding& binding, std::string_view purpose, std::string_view loginId)
{
    std::string message(purpose);
    message += loginId;
    return hmacSha256(binding.secret, message);
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

std::string LoginBinding::nonce(std::string_view loginId) const
{
    return base64urlEncode(derive(*this, "nonce", loginId));
}

std::string LoginBinding::codeVerifier(std::string_view loginId) const
{
    return base64urlEncode(derive(*this, "pkce", loginId));
}

std::string LoginBinding::digest() const
{
    return derive(*this, "digest", "");
}

Result<std::string> sealBinding(const RelyingParty& party, const LoginBinding& binding,
                                std::string_view sealNonce)
{
    ByteWriter writer;
    writer.u8(recordVersion);
    writer.i64(binding.created.time_since_epoch().count());
    writer.raw(binding.secret);

    const auto sealed = party.bindingKeys.seal(writer.bytes(), context("login", party), sealNonce);
    if (!sealed) {
        return sealed.error();
    }
    return base64urlEncode(*sealed);
}

Result<LoginBinding> openBinding(const RelyingParty& party, std::string_view cookie,
                                 std::chrono::sys_seconds now)
{
    const auto record = unseal(cookie, party.bindingKeys, context("login", party));
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

Result<std::string> sealMark(const RelyingParty& party, std::uint8_t completed,
                             std::chrono::sys_seconds now, std::string_view sealNonce)
{
    ByteWriter writer;
    writer.u8(recordVersion);
    writer.i64(now.time_since_epoch().count());
    writer.u8(completed);

    const auto sealed = party.bindingKeys.seal(writer.bytes(), context("mark", party), sealNonce);
    if (!sealed) {
        return sealed.error();
    }
    return base64urlEncode(*sealed);
}

std::uint8_t openMark(const RelyingParty& party, std::string_view cookie,
                      std::chrono::sys_seconds now)
{
    const auto record = unseal(cookie, party.bindingKeys, context("mark", party));
    if (!record) {
        return 0;
    }
    ByteReader reader(*record);
    const bool known = reader.u8() == recordVersion;
    const auto made = readTime(reader);
    const std::uint8_t completed = reader.u8();
    const bool fresh =
        known && reader.atEnd() && made && *made <= now + party.skew && now < *made + markLifetime;
    return fresh ? completed : 0;
}

Result<std::string> sealState(const RelyingParty& party, const LoginState& state,
                              std::string_view sealNonce)
{
    if (state.id.size() != loginIdSize || state.bindingDigest.empty()) {
        return Reason::internal;
    }

    ByteWriter writer;
    writer.u8(recordVersion);
    writer.raw(state.id);
    writer.i64(state.created.time_since_epoch().count());
    writer.u8(state.attempt);
    writer.u8(state.completed);
    if (!writer.string(state.returnUrl) || !writer.string(state.organization) ||
        !writer.string(state.connection) || !writer.string(state.bindingDigest)) {
        return Reason::request_malformed;
    }

    const auto sealed = party.stateKeys.seal(writer.bytes(), context("state", party), sealNonce);
    if (!sealed) {
        return sealed.error();
    }
    return base64urlEncode(*sealed);
}

Result<LoginState> openState(const RelyingParty& party, std::string_view text)
{
    const auto record = unseal(text, party.stateKeys, context("state", party));
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
    state.returnUrl = safeReturnUrl(reader.string());
    state.organization = reader.string();
    state.connection = reader.string();
    state.bindingDigest = reader.string();
    if (version != recordVersion || !created || !reader.atEnd()) {
        return Reason::state_invalid;
    }

    state.created = *created;
    return state;
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
    state.completed = openMark(party, start.bindingCookie, start.now);
    state.returnUrl = safeReturnUrl(start.returnUrl);
    state.organization = start.routing.organization;
    state.connection = start.routing.connection;
    state.bindingDigest = binding.digest();
    const auto sealedState = sealState(party, state, stateNonce);
    if (!sealedState) {
        return sealedState.error();
    }

    const std::string nonce = binding.nonce(id);
    const std::string verifier = binding.codeVerifier(id);
    if (nonce.empty() || verifier.empty()) {
        return Reason::internal;
    }

    const AuthorizationRequest request{start.redirectUri, party.scope, *sealedState, nonce,
                                       verifier};
    redirect.location = authorizationUrl(provider, party.client, request, start.routing);
    return redirect;
}

}  // namespace scalekit
