#pragma once

#include "nginx/identity/context.hpp"
#include "oidc/flow.hpp"

#include <optional>

namespace scalekit {

/**
 * The fetches of one login's second half: does what the core's LoginFlow asks for and wakes the
 * request when the flow is done. Owned by the request's context; when that goes (the client went
 * away) the token request is let run, for the code is spent either way.
 */
class CodeExchange {
  public:
    CodeExchange(ngx_http_request_t* r, const Environment& environment,
                 const ProviderCache::Snapshot& snapshot, Callback callback,
                 std::string redirectUri);
    ~CodeExchange();
    CodeExchange(const CodeExchange&) = delete;
    CodeExchange& operator=(const CodeExchange&) = delete;

    /**
     * Sends the token request; the request is resumed later, never from here. False when it could
     * not be sent.
     */
    bool start();

    /** Done or Refuse once the flow has ended. */
    const std::optional<Step>& outcome() const noexcept { return outcome_; }

    const LoginState& state() const noexcept { return flow_.state(); }

  private:
    static void onToken(void* data, const HttpResponse& response) noexcept;
    static void onKeys(void* data) noexcept;

    void take(Step step);
    Step judgeWithPresentKeys();
    void finish(Step step);
    std::chrono::milliseconds remaining() const noexcept;

    ngx_http_request_t* request_;
    const Environment& environment_;
    LoginFlow flow_;
    Milliseconds deadline_;
    Transfer* transfer_ = nullptr;
    ProviderCache::Waiter keysWaiter_;
    std::optional<Step> outcome_;
};

}  // namespace scalekit
