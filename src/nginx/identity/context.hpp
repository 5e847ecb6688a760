#pragma once

#include "base/cookie.hpp"
#include "nginx/conf/conf.hpp"
#include "nginx/identity/refusal.hpp"
#include "nginx/worker/opened_record.hpp"
#include "nginx/worker/waiting_list.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace scalekit {

class Flight;

/** Who makes a request, as a session cookie or a bearer token has proved it. */
struct Caller {
    const Environment* environment;  // that vouches for it
    RecordPtr record;

    const IdentityView& identity() const noexcept { return record->identity(); }

    /** nullptr where a bearer token has proved it. */
    const SessionView* session() const noexcept { return record->session(); }

    /** What a header or variable says of the caller; "" for nothing. */
    std::string_view text(IdentityField field) const;

    /** True for one and the same session or token. */
    bool same(const Caller& other) const noexcept;

    /** When the session ends if it is used no more, or when the bearer token does. */
    std::chrono::sys_seconds end() const noexcept;
};

/** What the module did with a request, as $scalekit_event says it; none where it only let it in. */
enum class Event : std::uint8_t { none, signedIn, signedOut, refused };

/**
 * What the module knows of one request. Made when first needed, kept by the request's pool, so that
 * it is still there in the log phase and found again after an internal redirect (which zeroes
 * nginx's own table of contexts).
 */
struct Context {
    explicit Context(ngx_http_request_t* r) noexcept;
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    ngx_http_request_t* request;

    /** Who makes the request, once that is known. */
    const std::optional<Caller>& caller() const noexcept { return caller_; }

    /** The records of former callers are held too: headers and variables may be views into them. */
    void setCaller(std::optional<Caller> caller) noexcept;

    std::vector<CookiePair> cookies;  // the module's, as the client sent them
    bool cookiesRead = false;
    bool scrubbed = false;  // the client's headers were cleaned

    bool guarded = false;         // it came to a guarded location, wherever it is answered
    bool renews = false;          // the answer may renew the caller's session
    bool ownAnswer = false;       // the answer is the module's, not the application's
    bool renewed = false;         // the answer has the renewed cookie
    bool looking = false;         // a variable looks at the identity ahead of the verdict
    bool lookedTooEarly = false;  // such a look found nobody, because keys were missing

    // the verdict: why there is no session or no access, what the client was told, and where to
    // find it in the log
    bool judged = false;
    bool leftToErrorPage = false;
    bool leftToOthers = false;  // `satisfy any`: another module may let it in
    Reason error = Reason::none;
    std::unique_ptr<const Refusal> refusal;
    std::string reference;

    // for logs alone; nobody is let in by it: what was done, and who was proved to be behind it,
    // also where they were given no access
    Event event = Event::none;
    RecordPtr proved;
    std::string finding;   // what was expected and found; safe in a log line
    bool logging = false;  // the request is over

    Waiter waiter;                   // wakes the request
    Milliseconds waitsUntil{0};      // at the latest, however often; 0: it did not wait yet
    bool providerAwaited = false;    // the wait is over, with or without success
    bool keysAwaited = false;        // likewise for keys
    std::shared_ptr<Flight> flight;  // that this request waits for, or whose outcome it has

  private:
    std::optional<Caller> caller_;
    std::vector<RecordPtr> formerRecords_;
};

/** The context of the main request; nullptr when there is none (find) or no memory (obtain). */
Context* findContext(ngx_http_request_t* r) noexcept;
Context* obtainContext(ngx_http_request_t* r) noexcept;

/**
 * The verdict on the request: why it has no identity or no access, Reason::none if it has both.
 * What variables were told by an earlier verdict is forgotten; so it is never called while a string
 * of variables is being evaluated.
 */
void setVerdict(Context& context, Reason reason) noexcept;

/** There is no identity until the next verdict: another location judges. */
void forgetCaller(Context& context) noexcept;

/**
 * Leaves the phase until resume(): the caller returns what this returns (NGX_AGAIN). A client that
 * goes away meanwhile is noticed.
 */
ngx_int_t suspend(ngx_http_request_t* r) noexcept;

/**
 * Runs the phases again from the access handler on, as ngx_http_limit_req_delay() does. Only from
 * the event loop.
 */
void resume(ngx_http_request_t* r) noexcept;

/** Path and query of the request line, byte for byte, before any rewrite or internal redirect. */
std::string_view sentPath(ngx_http_request_t* r) noexcept;
std::string_view sentQuery(ngx_http_request_t* r) noexcept;

/**
 * True when the browser reached us over TLS: directly, or as base_url says. Plain http exists only
 * under allow_http.
 */
bool secureRequest(ngx_http_request_t* r, const Environment& environment) noexcept;

/** scheme://host[:port] that the browser sees: base_url, or from the request's Host. */
std::string publicOrigin(ngx_http_request_t* r, const Environment& environment);

}  // namespace scalekit
