#include "nginx/endpoint/code_exchange.hpp"

#include "nginx/ngx/interop.hpp"
#include "nginx/worker/worker.hpp"

namespace scalekit {

namespace {

Milliseconds monotonicNow() noexcept
{
    return Milliseconds(static_cast<std::int64_t>(ngx_current_msec));
}

}  // namespace

CodeExchange::CodeExchange(ngx_http_request_t* r, const Environment& environment,
                           const ProviderCache::Snapshot& snapshot, Callback callback,
                           std::string redirectUri)
    : request_(r), environment_(environment),
      flow_(environment.party, snapshot.provider, snapshot.keys, std::move(callback),
            std::move(redirectUri)),
      deadline_(monotonicNow() + environment.timeout)
{}

CodeExchange::~CodeExchange()
{
    if (transfer_ != nullptr) {
        HttpClient::detach(transfer_);
    }
}

bool CodeExchange::start()
{
    Step step = flow_.begin();
    auto* fetch = std::get_if<FetchToken>(&step);
    if (fetch == nullptr) {
        return false;
    }
    HttpRequest request;
    request.url = std::move(fetch->request.url);
    request.body = std::move(fetch->request.body);
    request.authorization = std::move(fetch->request.authorization);
    request.timeout = environment_.timeout;
    request.allowHttp = environment_.allowHttp;
    request.trustedCertificate = environment_.trustedCertificate;

    transfer_ = worker()->client.start(request, onToken, this);
    return transfer_ != nullptr;
}

void CodeExchange::onToken(void* data, const HttpResponse& response) noexcept
{
    auto& self = *static_cast<CodeExchange*>(data);
    self.transfer_ = nullptr;
    try {
        if (response.error == HttpError::timeout) {
            self.finish(Refuse{Reason::provider_timeout});
        } else if (response.error != HttpError::none) {
            self.finish(Refuse{Reason::token_request_failed});
        } else {
            self.take(self.flow_.onTokenResponse(response.status, response.body, wallClock()));
        }
    } catch (...) {
        self.finish(Refuse{Reason::internal});
    }
}

/** Called from the event loop alone: resume() runs the request and may destroy this object. */
void CodeExchange::take(Step step)
{
    if (std::holds_alternative<FetchKeys>(step)) {
        keysWaiter_.wake = onKeys;
        keysWaiter_.data = this;
        if (worker()->providers.awaitKeys(environment_, keysWaiter_, remaining(),
                                          ProviderCache::KeysFor::login)) {
            return;
        }
        step = judgeWithPresentKeys();
    }
    finish(std::move(step));
}

void CodeExchange::onKeys(void* data) noexcept
{
    auto& self = *static_cast<CodeExchange*>(data);
    try {
        self.finish(self.judgeWithPresentKeys());
    } catch (...) {
        self.finish(Refuse{Reason::internal});
    }
}

Step CodeExchange::judgeWithPresentKeys()
{
    const ProviderCache::Snapshot* snapshot = worker()->providers.current(environment_);
    return flow_.onKeys(snapshot != nullptr ? snapshot->keys : nullptr, wallClock());
}

void CodeExchange::finish(Step step)
{
    outcome_ = std::move(step);
    resume(request_);
}

std::chrono::milliseconds CodeExchange::remaining() const noexcept
{
    const Milliseconds rest = deadline_ - monotonicNow();
    return rest.count() > 0 ? std::chrono::milliseconds(rest.count())
                            : std::chrono::milliseconds(0);
}

}  // namespace scalekit
