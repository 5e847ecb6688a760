#pragma once

#include "nginx/identity/context.hpp"
#include "nginx/worker/flight.hpp"
#include "nginx/worker/worker.hpp"
#include "oidc/flow.hpp"

namespace scalekit {

/**
 * The second half of one login: a code is exchanged once over all workers. The worker that spends
 * the login does what the core's LoginFlow asks for, and shows the others the outcome, sealed; a
 * repeated callback gets it within a minute, wherever it comes in. The exchange is let run when the
 * client goes away, for the code is spent either way.
 */
class CodeExchange : public Flight {
  public:
    CodeExchange(const Environment& environment, ngx_shm_zone_t* zone, std::string key,
                 const LoginState& state);
    ~CodeExchange() override;

    /** What callbacks that are one and the same have in common. */
    static std::string keyOf(const Callback& callback) { return callback.state.id + callback.code; }

    /**
     * Spends the login and sends the token request, or looks what became of a login that is spent
     * already. It may have landed afterwards.
     */
    void begin(std::shared_ptr<const Provider> provider, Callback callback,
               std::string redirectUri) noexcept;

    /** Once it has landed: the new session, or why there is none. */
    struct Outcome {
        Reason reason = Reason::internal;
        Reason accessToken = Reason::none;  // why the access token added nothing
        std::string record{};
        std::string finding{};   // of a refusal, for the log
        std::string identity{};  // likewise: who was proved, as bytes
        bool lapsed = false;     // a worker died with it: nobody knows whether the code was used
    };
    const Outcome& outcome() const noexcept { return outcome_; }

    const Environment& environment() const noexcept { return environment_; }
    const LoginState& state() const noexcept { return state_; }

  private:
    static void onToken(void* data, const HttpResponse& response) noexcept;
    static void onKeys(void* data) noexcept;

    bool over() override;
    bool look();
    void take(Step step);
    std::shared_ptr<const KeySet> presentKeys() const;
    void finish(const Step& step);
    void finish(Reason reason) noexcept;
    std::string sealContext() const;
    void showOutcome() const noexcept;
    void openOutcome(std::string_view sealed);
    std::chrono::milliseconds remaining() const noexcept;

    const Environment& environment_;
    ngx_shm_zone_t* zone_;
    LoginState state_;
    std::uint64_t lease_ = 0;          // 0: another worker's flight
    std::unique_ptr<LoginFlow> flow_;  // while it is ours
    Milliseconds deadline_;
    Transfer* transfer_ = nullptr;
    Waiter keysWaiter_;
    Outcome outcome_;
};

}  // namespace scalekit
