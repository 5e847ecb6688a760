#pragma once

#include "base/reason.hpp"

#include <string>
#include <string_view>

namespace scalekit {

/** What a refused request is told. All of it comes from the module or its configuration. */
struct Refusal {
    Reason reason;
    std::string_view environment;  // its name, for the log
    std::string_view detail{};     // for the log only; safe to write there
    std::string_view sentence{};   // for people, instead of the reason's own; static text
    std::string retryUrl{};        // where "Try again" leads; empty: this very URL
    std::string loginUrl{};        // offered to programs with a 401
    bool json = false;             // an endpoint for programs: JSON whatever Accept says
    bool token = false;            // what is refused is a bearer token
    bool exposeChallenge = false;  // to scripts of other origins
    std::string scope{};           // the scopes that a token would need
    std::string challenge{};       // WWW-Authenticate; empty: on a 401, the one for cookies
};

/** What is wrong with a bearer token is the client's fault, whatever the reason means elsewhere. */
inline bool badToken(const Refusal& refusal) noexcept
{
    return refusal.token && rowOf(refusal.reason).bearerError == "invalid_token";
}

}  // namespace scalekit
