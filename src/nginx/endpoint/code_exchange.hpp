#pragma once

#include "nginx/identity/context.hpp"
#include "nginx/worker/flight.hpp"
#include "nginx/worker/worker.hpp"
#include "oidc/flow.hpp"

namespace scalekit {

/**
 * The fetches of one login's second half: does what the core's LoginFlow asks for. It is let run
 * when the client goes away, for the code is spent either way; a client that asks again finds it.
 */
class CodeExchange : public Flight {
  public:
    CodeExchange(const Environment& environment, const ProviderCache::Snapshot& snapshot,
                 Callback callback, std::string redirectUri);
    ~CodeExchange() override;

    /** What callbacks that are one and the same have in common. */
    static std::string key(const Callback& callback) { return callback.state.id + callback.code; }

    /** Sends the token request. False when it could not be sent. */
    bool start();

    /** Once it has landed: the new session, or why there is none. */
    struct Outcome {
        Reason reason = Reason::internal;
        std::string record{};
        Reason accessToken = Reason::none;  // why the access token added nothing
    };
    const Outcome& outcome() const noexcept { return outcome_; }

    const Environment& environment() const noexcept { return environment_; }
    const LoginState& state() const noexcept { return state_; }

  private:
    static void onToken(void* data, const HttpResponse& response) noexcept;
    static void onKeys(void* data) noexcept;

    void take(Step step);
    std::shared_ptr<const KeySet> presentKeys() const;
    void finish(const Step& step);
    void finish(Reason reason) noexcept;
    std::chrono::milliseconds remaining() const noexcept;

    const Environment& environment_;
    LoginState state_;
    std::unique_ptr<LoginFlow> flow_;  // until it has landed
    Milliseconds deadline_;
    Transfer* transfer_ = nullptr;
    Waiter keysWaiter_;
    Outcome outcome_;
};

}  // namespace scalekit
