#pragma once

#include "base/result.hpp"
#include "crypto/seal.hpp"
#include "oidc/request.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

/**
 * The start of a login and what of it comes back: the sealed state, and the one small cookie that
 * binds every login of a browser to that browser. Nothing is stored here in between.
 */
namespace scalekit {

constexpr std::chrono::seconds loginLifetime{600};
constexpr std::size_t loginIdSize = 16;
constexpr std::size_t bindingSecretSize = 32;
constexpr std::size_t maxRoutingValue = 512;  // bytes; so that a callback can carry the state

/** The relying party's side of one environment, fixed by configuration. */
struct RelyingParty {
    std::string environment;  // what every seal is bound to: name, issuer and client
    Client client;
    std::string scope;
    std::vector<std::string> issuers;  // `url` first, then further accepted ones
    std::chrono::seconds skew{30};
    SealKeys stateKeys;
    SealKeys bindingKeys;
};

/** The secret that a browser keeps in the login cookie. */
struct LoginBinding {
    std::string secret;  // bindingSecretSize bytes
    std::chrono::sys_seconds created;
};

/** What follows from a browser's secret and the id of a login. None of them tells the others. */
struct LoginSecrets {
    std::string codeVerifier;   // 43 characters (RFC 7636 4.1)
    std::string nonce;          // base64url of 128 bits
    std::string bindingDigest;  // what the state remembers of the browser, 16 bytes
};

/** All are empty when a secret or an id has another size, and when OpenSSL fails. */
LoginSecrets loginSecrets(const LoginBinding& binding, std::string_view loginId);

/** The cookie value of a binding; `sealNonce` is sealNonceSize random bytes. */
Result<std::string> sealBinding(const RelyingParty& party, const LoginBinding& binding,
                                std::string_view sealNonce);

/**
 * login_cookie_missing for anything that sealBinding() of this environment did not make within
 * loginLifetime.
 */
Result<LoginBinding> openBinding(const RelyingParty& party, std::string_view cookie,
                                 std::chrono::sys_seconds now);

/** For how long the browser remembers its completed logins, and how many in a row are a loop. */
constexpr std::chrono::seconds completedLoginsLifetime{10};
constexpr std::uint8_t completedLoginsLimit = 3;

/**
 * What replaces the login cookie when a login is complete: how many were completed in a row. A
 * browser that brings it without a session does not keep the session cookie, and yet another login
 * would not help.
 */
Result<std::string> sealCompletedLogins(const RelyingParty& party, std::uint8_t completed,
                                        std::chrono::sys_seconds now, std::string_view sealNonce);

/**
 * The number in the cookie; 0 for anything that sealCompletedLogins() did not make within
 * completedLoginsLifetime.
 */
std::uint8_t openCompletedLogins(const RelyingParty& party, std::string_view cookie,
                                 std::chrono::sys_seconds now);

/** Where a login began: at a page that asked for it, or at the login endpoint. */
enum class LoginOrigin : std::uint8_t { page, endpoint };

/** What a login remembers while the browser is at the provider. */
struct LoginState {
    std::string id;  // loginIdSize bytes, spent once
    std::chrono::sys_seconds created;
    std::uint8_t attempt = 0;    // 1 for the single automatic restart
    std::uint8_t completed = 0;  // logins that the browser completed just before
    LoginOrigin origin = LoginOrigin::page;
    std::string returnUrl;
    std::string organization;  // asked for, and compared with the ID token; empty: any
    std::string connection;
    std::string domain;  // the rest of the routing, for a login that begins once more
    std::string provider;
    std::string bindingDigest;
};

/** The `state` parameter; `sealNonce` is sealNonceSize random bytes. */
Result<std::string> sealState(const RelyingParty& party, const LoginState& state,
                              std::string_view sealNonce);

/**
 * state_invalid unless sealState() of this environment made it. The return URL has passed
 * safeReturnUrl() again; age and binding are the caller's to judge.
 */
Result<LoginState> openState(const RelyingParty& party, std::string_view text);

/** A tenant as links of the module's own carry it, so that no link can name one by itself. */
struct LinkedTenant {
    std::string organization;
    std::string connection;
};
Result<std::string> sealTenant(const RelyingParty& party, const LinkedTenant& tenant,
                               std::string_view sealNonce);

/** request_malformed unless sealTenant() of this environment made it. */
Result<LinkedTenant> openTenant(const RelyingParty& party, std::string_view text);

/** True beyond loginLifetime, and for a state from the future. */
bool expired(const LoginState& state, std::chrono::sys_seconds now,
             std::chrono::seconds skew) noexcept;

/** A login to begin. */
struct LoginStart {
    std::string_view redirectUri;
    std::string_view returnUrl;
    std::uint8_t attempt = 0;
    LoginOrigin origin = LoginOrigin::page;
    Routing routing;
    std::string_view bindingCookie;  // what the browser sent, may be empty or stale
    std::string_view random;         // loginRandomSize fresh bytes
    std::chrono::sys_seconds now;
};

constexpr std::size_t loginRandomSize = loginIdSize + bindingSecretSize + 2 * sealNonceSize;

/**
 * Where to send the browser, and the login cookie to set (empty: the browser's own is still good
 * for half its life). A renewed cookie keeps its secret, so that logins under way in other tabs can
 * be completed.
 */
struct LoginRedirect {
    std::string location;
    std::string bindingCookie;
};

/**
 * Builds the authorization request of a new login. Organization and connection of the routing are
 * remembered for comparison; a routing value above maxRoutingValue bytes is request_malformed.
 */
Result<LoginRedirect> startLogin(const RelyingParty& party, const Provider& provider,
                                 const LoginStart& start);

}  // namespace scalekit
