#pragma once

#include "nginx/conf/conf.hpp"
#include "nginx/worker/provider_cache.hpp"
#include "nginx/answer/refusal.hpp"
#include "session/session.hpp"

#include <array>
#include <memory>
#include <string>

namespace scalekit {

class CodeExchange;

/** The identity that a request has, while it has one: from a session cookie or a bearer token. */
struct Caller {
    const Environment* environment = nullptr;  // that vouches for it
    std::string_view record{};                 // opened; the session is views into it
    SessionView session{};
    bool bearer = false;
    std::chrono::sys_seconds tokenExpires{};  // of a bearer token

    /** True for one and the same session or token. */
    bool same(const Caller& other) const noexcept
    {
        return environment == other.environment && bearer == other.bearer && record == other.record;
    }
};

/**
 * What the module knows of one request. Made when first needed, kept by the request's pool, so that
 * it is still there in the log phase and found again after an internal redirect (which zeroes
 * nginx's own table of contexts).
 */
struct Context : Caller {
    explicit Context(ngx_http_request_t* r);
    ~Context();
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    ngx_http_request_t* request;

    // Cookie headers as the client sent them
    static constexpr std::size_t maxCookieLines = 4;  // browsers send one
    std::array<std::string_view, maxCookieLines> cookieLines{};
    std::size_t cookieLineCount = 0;
    bool scrubbed = false;  // the client's headers were cleaned

    bool cookieRenewed = false;
    bool looking = false;  // a variable looks at the identity ahead of the verdict
    const LocationConf* shownNobodyIn = nullptr;  // where such a look found nobody

    // the verdict: why there is no session or no access, what the client was told, and where to
    // find it in the log
    bool judged = false;
    bool leftToErrorPage = false;
    Reason error = Reason::none;
    std::unique_ptr<const Refusal> refusal;
    std::string reference;

    ProviderCache::Waiter providerWaiter;
    bool providerAwaited = false;  // the wait is over, with or without success
    bool keysAwaited = false;      // likewise for newer keys
    std::unique_ptr<CodeExchange> exchange;

    bool authenticated() const noexcept { return environment != nullptr; }
};

/** The context of the main request; nullptr when there is none (find) or no memory (obtain). */
Context* findContext(ngx_http_request_t* r) noexcept;
Context* obtainContext(ngx_http_request_t* r) noexcept;

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

/**
 * A parsed view of what the request's own lines say, independent of nginx's version. nullptr data
 * when absent.
 */
std::string_view requestHeader(ngx_http_request_t* r, std::string_view lowerCaseName) noexcept;

/**
 * True when the browser reached us over TLS: directly, or as base_url says. Plain http exists only
 * under allow_http.
 */
bool secureRequest(ngx_http_request_t* r, const Environment& environment) noexcept;

/** scheme://host[:port] that the browser sees: base_url, or from the request's Host. */
std::string publicOrigin(ngx_http_request_t* r, const Environment& environment);

}  // namespace scalekit
