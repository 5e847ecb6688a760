#pragma once

#include "base/identity.hpp"
#include "jose/verify.hpp"
#include "oidc/login.hpp"
#include "oidc/response.hpp"

#include <memory>
#include <optional>
#include <string>
#include <variant>

/**
 * The second half of a login as steps: it is fed what came in and answers with what to do next. The
 * caller fetches and nothing else; the flow never does I/O.
 */
namespace scalekit {

/** POST this to the token endpoint, then call onTokenResponse(). */
struct FetchToken {
    TokenRequest request;
};

/**
 * Get the provider's key set anew, then call onKeys(): the token names a key that is not in it, or
 * its signature does not verify and the key may have been replaced under the same kid.
 */
struct FetchKeys {};

/** The person is who the identity says. */
struct Done {
    Identity identity;
    std::string returnUrl;

    /** Why the access token, a JWT, added nothing; none where it was used, or is opaque to us. */
    Reason accessToken = Reason::none;
};

struct Refuse {
    Reason reason;
    std::string finding{};               // what was expected and found, for the log
    std::optional<Identity> identity{};  // of who was proved, and does not belong here
};

using Step = std::variant<FetchToken, FetchKeys, Done, Refuse>;

/** What a callback turns out to be, before anything is fetched. */
struct Callback {
    enum class Kind {
        complete,  // state and browser belong together: spend the login, run the flow
        orphan,    // an authentic state, but expired or without the login cookie it was made with:
                   // go to its returnUrl or begin once more
        providerError,  // the provider refused; `error` says why
        refuse,         // nothing here can be trusted
    };
    Kind kind = Kind::refuse;
    Reason reason = Reason::none;  // of orphan, providerError and refuse
    std::string error;             // known provider error code, else "unknown"
    std::string finding;           // of refuse: what was expected and found, for the log
    std::string code;
    LoginState state;      // of all but refuse; its id is empty in a providerError without state
    LoginSecrets secrets;  // of complete
};

/** Judges the callback's query and login cookie, RFC 9207 issuer included. */
Callback openCallback(const RelyingParty& party, const Provider& provider, std::string_view query,
                      std::string_view bindingCookie, std::chrono::sys_seconds now);

/**
 * Exchanges the code and checks the ID token. What the access token says of roles, permissions and
 * scopes is added, if it is a JWT that verifies with the same keys; no login fails for it. One
 * object per login.
 */
class LoginFlow {
  public:
    LoginFlow(const RelyingParty& party, std::shared_ptr<const Provider> provider,
              Callback callback, std::string redirectUri);

    /** The token request. */
    Step begin();

    /**
     * The answer of the token endpoint. Its ID token is verified with the keys at hand; nullptr
     * where there are none yet.
     */
    Step onTokenResponse(long status, std::string_view body, std::shared_ptr<const KeySet> keys,
                         std::chrono::sys_seconds now);

    /**
     * The refreshed key set, nullptr when it could not be had (the old one decides); asked for at
     * most once per login, and once more where there was none.
     */
    Step onKeys(std::shared_ptr<const KeySet> keys, std::chrono::sys_seconds now);

    const LoginState& state() const noexcept { return callback_.state; }

  private:
    Step verifyIdToken(std::chrono::sys_seconds now);
    Reason useAccessToken(Identity& identity, std::chrono::sys_seconds now) const;

    const RelyingParty& party_;
    std::shared_ptr<const Provider> provider_;
    std::shared_ptr<const KeySet> keys_;
    Callback callback_;
    std::string redirectUri_;
    TokenResponse tokens_;
    bool keysRefreshed_ = false;
};

}  // namespace scalekit
