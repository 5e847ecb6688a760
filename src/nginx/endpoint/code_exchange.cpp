#include "nginx/endpoint/code_exchange.hpp"

#include "nginx/worker/worker.hpp"

namespace scalekit {

namespace {

/** A record for who signed in. */
Result<std::string> newSession(const Identity& identity)
{
    const Result<std::string> id = worker()->random.draw(sessionIdSize);
    return id ? writeSession(identity, wallClock(), *id) : id;
}

}  // namespace

CodeExchange::CodeExchange(const Environment& environment, const ProviderCache::Snapshot& snapshot,
                           Callback callback, std::string redirectUri)
    : environment_(environment), state_(callback.state),
      flow_(std::make_unique<LoginFlow>(environment.party, snapshot.provider, std::move(callback),
                                        std::move(redirectUri))),
      deadline_(monotonicNow() + environment.timeout)
{
    keysWaiter_.wake = onKeys;
    keysWaiter_.data = this;
}

CodeExchange::~CodeExchange()
{
    if (transfer_ != nullptr) {
        HttpClient::detach(transfer_);
    }
}

bool CodeExchange::start()
{
    Step step = flow_->begin();
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
            self.finish(Reason::provider_timeout);
        } else if (response.error != HttpError::none) {
            self.finish(Reason::token_request_failed);
        } else {
            self.take(self.flow_->onTokenResponse(response.status, response.body,
                                                  self.presentKeys(), wallClock()));
        }
    } catch (...) {
        self.finish(Reason::internal);
    }
}

void CodeExchange::take(Step step)
{
    while (std::holds_alternative<FetchKeys>(step)) {
        if (worker()->providers.awaitKeys(environment_, keysWaiter_, remaining(),
                                          ProviderDocuments::Want::login)) {
            return;
        }
        step = flow_->onKeys(presentKeys(), wallClock());
    }
    finish(step);
}

void CodeExchange::onKeys(void* data) noexcept
{
    auto& self = *static_cast<CodeExchange*>(data);
    try {
        self.take(self.flow_->onKeys(self.presentKeys(), wallClock()));
    } catch (...) {
        self.finish(Reason::internal);
    }
}

std::shared_ptr<const KeySet> CodeExchange::presentKeys() const
{
    const ProviderCache::Snapshot* snapshot = worker()->providers.current(environment_);
    return snapshot != nullptr ? snapshot->keys : nullptr;
}

void CodeExchange::finish(const Step& step)
{
    Reason reason = Reason::internal;
    if (const auto* done = std::get_if<Done>(&step)) {
        Result<std::string> record = newSession(done->identity);
        reason = record.error();
        if (record) {
            outcome_.record = *std::move(record);
            outcome_.accessToken = done->accessToken;
        }
    } else if (const auto* refused = std::get_if<Refuse>(&step)) {
        reason = refused->reason;
    }
    finish(reason);
}

/** Runs the requests that wait, and may destroy this object. */
void CodeExchange::finish(Reason reason) noexcept
{
    outcome_.reason = reason;
    flow_.reset();  // and with it the tokens
    land();
}

std::chrono::milliseconds CodeExchange::remaining() const noexcept
{
    const Milliseconds rest = deadline_ - monotonicNow();
    return std::max(rest, Milliseconds(0));
}

}  // namespace scalekit
