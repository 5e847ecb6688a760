#include "nginx/endpoint/code_exchange.hpp"

#include "base/bytes.hpp"
#include "nginx/shared/replay_guard.hpp"
#include "nginx/worker/worker.hpp"
#include "session/codec.hpp"

namespace scalekit {

namespace {

constexpr std::chrono::seconds leaseReserve{1};  // the exchange is over well before its lease

/** A record for who signed in. */
Result<std::string> newSession(const Identity& identity)
{
    const Result<std::string> id = worker()->random.draw(sessionIdSize);
    return id ? writeSession(identity, wallClock(), *id) : id;
}

}  // namespace

CodeExchange::CodeExchange(const Environment& environment, ngx_shm_zone_t* zone, std::string key,
                           const LoginState& state)
    : Flight(std::move(key)), environment_(environment), zone_(zone), state_(state),
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

void CodeExchange::begin(std::shared_ptr<const Provider> provider, Callback callback,
                         std::string redirectUri) noexcept
try {
    lease_ =
        spendLogin(zone_, state_.id, deadline_ + leaseReserve, wallClock() + 2 * loginLifetime);
    if (lease_ == 0) {
        if (look()) {
            worker()->flights.land(*this);
        }
        return;
    }
    flow_ = std::make_unique<LoginFlow>(environment_.party, std::move(provider),
                                        std::move(callback), std::move(redirectUri));
    Step step = flow_->begin();
    auto* fetch = std::get_if<FetchToken>(&step);
    if (fetch == nullptr) {
        finish(step);
        return;
    }
    HttpRequest request;
    request.url = std::move(fetch->request.url);
    request.body = std::move(fetch->request.body);
    request.authorization = std::move(fetch->request.authorization);
    request.timeout = environment_.timeout;
    request.allowHttp = environment_.allowHttp;
    request.trustedCertificates = environment_.trustedCertificates;

    transfer_ = worker()->client.start(request, onToken, this);
    if (transfer_ == nullptr) {
        finish(Reason::token_request_failed);
    }
} catch (...) {
    finish(Reason::internal);
}

bool CodeExchange::over()
{
    return lease_ == 0 && (!joined() || look());
}

/** True when another worker's exchange is over. */
bool CodeExchange::look()
{
    using State = shared::FlightTable::State;
    const SpentLogin spent = findSpentLogin(zone_, state_.id);
    if (spent.state == State::underWay) {
        return false;
    }
    outcome_.reason = Reason::login_spent;
    outcome_.lapsed = spent.state == State::lapsed;
    if (spent.state == State::landed) {
        openOutcome(spent.outcome);
    }
    return true;
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
                                          ProviderCache::Want::login)) {
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
        if (record && record->size() > maxSessionCookieSize) {
            reason = Reason::session_too_large;  // nor is there room for it in shared memory
        } else if (record) {
            outcome_.record = *std::move(record);
            outcome_.accessToken = done->accessToken;
        }
    } else if (const auto* refused = std::get_if<Refuse>(&step)) {
        reason = refused->reason;
        outcome_.finding = refused->finding;
        if (refused->identity) {
            Result<std::string> identity = writeIdentity(*refused->identity);
            outcome_.identity = identity ? *std::move(identity) : "";
        }
    }
    finish(reason);
}

/** Runs the requests that wait, and may destroy this object. */
void CodeExchange::finish(Reason reason) noexcept
{
    outcome_.reason = reason;
    flow_.reset();  // and with it the tokens
    showOutcome();
    worker()->flights.land(*this);
}

/** Of one login of this environment, and of one code: with another one it does not open. */
std::string CodeExchange::sealContext() const
{
    return "exchange" + ('\0' + environment_.party.environment) + '\0' + key();
}

void CodeExchange::showOutcome() const noexcept
try {
    ByteWriter writer;
    writer.u8(static_cast<std::uint8_t>(outcome_.reason));
    writer.u8(static_cast<std::uint8_t>(outcome_.accessToken));
    writer.string(outcome_.finding);
    writer.string(outcome_.identity);
    writer.raw(outcome_.record);
    const Result<std::string> nonce = worker()->random.draw(sealNonceSize);
    const Result<std::string> sealed =
        nonce ? environment_.sessionKeys.seal(writer.bytes(), sealContext(), *nonce) : nonce;
    if (sealed) {
        landLogin(zone_, state_.id, lease_, *sealed);
    }
} catch (...) {
    // out of memory: to the others it is as if this worker had died
}

void CodeExchange::openOutcome(std::string_view sealed)
{
    const Result<std::string> opened = environment_.sessionKeys.open(sealed, sealContext());
    if (opened) {
        ByteReader reader(*opened);
        outcome_.reason = static_cast<Reason>(reader.u8());
        outcome_.accessToken = static_cast<Reason>(reader.u8());
        outcome_.finding = reader.string();
        outcome_.identity = reader.string();
        outcome_.record = reader.rest();
    }
}

std::chrono::milliseconds CodeExchange::remaining() const noexcept
{
    const Milliseconds rest = deadline_ - monotonicNow();
    return std::max(rest, Milliseconds(0));
}

}  // namespace scalekit
