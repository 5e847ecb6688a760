#include "session/sign_out_token.hpp"

#include "base/base64url.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"

namespace scalekit {

namespace {

/** No cookie is bound to this: the name of one has no blank. */
std::string bindingOf(std::string_view context)
{
    return concat({"sign out ", context});
}

}  // namespace

Result<std::string> sealSignOut(std::string_view sessionId, const SealKeys& keys,
                                std::string_view context, std::string_view nonce)
{
    const Result<std::string> sealed = keys.seal(sessionId, bindingOf(context), nonce);
    return sealed ? Result<std::string>(base64urlEncode(*sealed)) : sealed;
}

bool signOutConfirmed(std::string_view token, std::string_view sessionId, const SealKeys& keys,
                      std::string_view context)
{
    const std::optional<std::string> sealed = base64urlDecode(token);
    if (!sealed) {
        return false;
    }
    const Result<std::string> id = keys.open(*sealed, bindingOf(context));
    return id && equalSecrets(*id, sessionId);
}

}  // namespace scalekit
