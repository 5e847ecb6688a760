#pragma once

#include "nginx/identity/context.hpp"

#include <string_view>

/** The session as it comes and goes in cookies. */
namespace scalekit {

/**
 * The live session of the environment that the request's cookies bring, else why there is none. The
 * hot path: a session that the worker knows is neither opened nor read again. `over` gets one that
 * has ended in time, where nullptr is not given.
 */
Result<Caller> loadSession(const Context& context, const Environment& environment,
                           RecordPtr* over = nullptr);

/**
 * True when the request was let in by a session of which an eighth of the idle limit has passed,
 * and which has not been ended meanwhile.
 */
bool renewalDue(const Context& context) noexcept;

/** Sets the cookie of the caller's session anew; false when there is no memory. */
bool renewSession(Context& context) noexcept;

/** Ends the caller's session here for good: no copy of its cookie opens any more. */
void endSession(const Context& context, const Caller& caller) noexcept;

/** What proves to confirmsSignOut() that a form was shown to the caller's person. */
Result<std::string> signOutToken(const Context& context, const Caller& caller);
bool confirmsSignOut(const Context& context, const Caller& caller, std::string_view token);

/** Sets the cookie(s) of a new record: Reason::none, session_too_large or internal. */
Reason setSessionCookie(Context& context, const Environment& environment, std::string_view record);

/** Deletes the session cookie and its chunks, with the attributes they were set with. */
bool deleteSessionCookie(Context& context, const Environment& environment);

/** The first value of a cookie among the request's lines; data() == nullptr when it is absent. */
std::string_view cookieValue(const Context& context, std::string_view name) noexcept;

/** Name of the login cookie on this request. */
std::string_view loginCookie(ngx_http_request_t* r, const Environment& environment) noexcept;

/** Sets the login cookie for so many seconds; 0 deletes it. */
bool setLoginCookie(Context& context, const Environment& environment, std::string_view value,
                    std::chrono::seconds lifetime);

/**
 * How many logins this browser completed just now, one after the other; without a session, it does
 * not keep them.
 */
std::uint8_t completedLogins(const Context& context, const Environment& environment);

}  // namespace scalekit
