#pragma once

#include <string>
#include <string_view>

namespace scalekit {

/**
 * What a page is served with: no script, no external resource, no framing, forms to this origin
 * only.
 */
inline constexpr std::string_view pageSecurityPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'";

/** `retryUrl` must be made of URL characters only; it is escaped all the same. */
std::string errorPage(std::string_view title, std::string_view sentence, std::string_view retryUrl,
                      std::string_view reference);

/** Asks whether to sign out, by a POST to `action`. */
std::string logoutPage(std::string_view action);

/** Asks whether to give up the present session for the one that a link of another site is for. */
std::string otherLoginPage(std::string_view url);

/** Says that the session here has ended. */
std::string signedOutPage(std::string_view loginUrl);

}  // namespace scalekit
