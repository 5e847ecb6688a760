#pragma once

#include "crypto/seal.hpp"

#include <string>
#include <string_view>

/**
 * What the page that asks whether to sign out puts into its form: it proves that the form was shown
 * to the person of this session, where the browser tells nothing of who asks. It lives as long as
 * the session, and ends nothing else.
 */
namespace scalekit {

/** `context` is what the session's cookie is bound to, `nonce` sealNonceSize fresh random bytes. */
Result<std::string> sealSignOut(std::string_view sessionId, const SealKeys& keys,
                                std::string_view context, std::string_view nonce);

/** True for a token that sealSignOut() made for this session. */
bool signOutConfirmed(std::string_view token, std::string_view sessionId, const SealKeys& keys,
                      std::string_view context);

}  // namespace scalekit
