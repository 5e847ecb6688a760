#include "nginx/fetch/http_client.hpp"

#include <dlfcn.h>
#include <openssl/err.h>

#include <algorithm>
#include <new>
#include <utility>

namespace scalekit {

namespace {

// curl 7.88 may forget to ask for a timer between two addresses of a name (curl #11920), and a
// socket for which nginx had no connection left is never reported: now and then curl looks for
// itself
constexpr ngx_msec_t pulseInterval = 500;

// curl's own timeout comes first, it knows better what it was waiting for
constexpr ngx_msec_t deadlineGrace = 40;

/** nginx unloads modules before it ends, but a thread in the resolver may yet return to libcurl. */
void keepCurlLoaded() noexcept
{
    Dl_info curl;

    if (dladdr(reinterpret_cast<void*>(curl_multi_cleanup), &curl) != 0) {
        static_cast<void>(dlopen(curl.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE));
    }
}

}  // namespace

HttpClient::HttpClient(ngx_cycle_t* cycle)
    : log_(cycle->log),
      // the rest is for clients; one stuck provider must not take every connection
      limit_(std::clamp<std::size_t>(cycle->connection_n / 4, 4, 256))
{
    curl_global_init(CURL_GLOBAL_DEFAULT);

    multi_ = curl_multi_init();
    if (multi_ == nullptr) {
        curl_global_cleanup();
        throw std::bad_alloc();
    }

    ngx_queue_init(&waiting_);
    ngx_queue_init(&active_);
    ngx_queue_init(&finished_);
    ngx_queue_init(&sockets_);

    timer_.init(this, onTimer, log_);
    pulse_.init(this, onPulse, log_);
    dispatch_.init(this, onDispatch, log_);

    // a graceful quit waits for the deadlines of those who wait, not for these
    timer_.event.cancelable = 1;
    pulse_.event.cancelable = 1;

    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, onSocket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, onTimerChange);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(limit_));

#if LIBCURL_VERSION_NUM >= 0x081400
    // from 8.20 on a pool of the multi handle resolves, and not the transfer: at exit do not join a
    // thread that is stuck either
    curl_multi_setopt(multi_, CURLMOPT_QUICK_EXIT, 1L);

    // threads that are stuck outlive their transfers and hold up those behind them; A and AAAA are
    // asked for by one thread each
    curl_multi_setopt(multi_, CURLMOPT_RESOLVE_THREADS_MAX, 2 * static_cast<long>(limit_));
#endif
}

HttpClient::~HttpClient()
{
    for (ngx_queue_t* queue : {&active_, &waiting_, &finished_}) {
        while (!ngx_queue_empty(queue)) {
            std::unique_ptr<Transfer> transfer{static_cast<Transfer*>(ngx_queue_head(queue))};
            settle(*transfer);
            ngx_queue_remove(transfer.get());
        }
    }

    curl_multi_cleanup(multi_);  // calls onSocket

    while (!ngx_queue_empty(&sockets_)) {
        delete static_cast<LoopSocket*>(ngx_queue_head(&sockets_));
    }

    timer_.cancel();
    pulse_.cancel();
    dispatch_.cancel();

    curl_global_cleanup();
    ERR_clear_error();
    keepCurlLoaded();
}

Transfer* HttpClient::start(const HttpRequest& request, Done done, void* data) noexcept
try {
    if (closing_) {
        return nullptr;
    }

    std::unique_ptr<Transfer> made = makeTransfer(request);
    if (made == nullptr) {
        ngx_log_error(NGX_LOG_ERR, log_, 0,
                      "scalekit: a fetch with control characters in it, or refused by curl");
        return nullptr;
    }

    Transfer* transfer = made.release();

    transfer->client = this;
    transfer->done = done;
    transfer->data = data;

    transfer->deadline.init(transfer, onDeadline, log_);
    transfer->deadline.event.cancelable = request.background;
    ngx_add_timer(&transfer->deadline.event, transfer->timeout + deadlineGrace);

    ngx_queue_insert_tail(&waiting_, transfer);
    advance();

    return transfer;

} catch (...) {
    ngx_log_error(NGX_LOG_CRIT, log_, 0, "scalekit: no memory for a fetch");
    return nullptr;
}

void HttpClient::detach(Transfer* transfer) noexcept
{
    // nginx may call this from inside a curl callback: when ngx_get_connection()
    // closes an idle client to make room. So nothing here touches curl.
    transfer->done = nullptr;
    transfer->deadline.event.cancelable = 1;
}

int HttpClient::onSocket(CURL*, curl_socket_t fd, int what, void* self, void* known) noexcept
{
    auto* client = static_cast<HttpClient*>(self);
    auto* socket = static_cast<LoopSocket*>(known);

    if (what == CURL_POLL_REMOVE) {
        delete socket;
        return 0;
    }

    if (socket == nullptr) {
        socket = LoopSocket::make(fd, client, onIo, client->log_);
        if (socket == nullptr) {
            return 0;  // the pulse looks after it; -1 would end every transfer and crash curl 7.88
        }

        ngx_queue_insert_tail(&client->sockets_, socket);
        curl_multi_assign(client->multi_, fd, socket);
    }

    socket->want((what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0);
    return 0;
}

int HttpClient::onTimerChange(CURLM*, long milliseconds, void* self) noexcept
{
    auto* client = static_cast<HttpClient*>(self);
    ngx_event_t* ev = &client->timer_.event;

    // never moved in place: ngx_add_timer() ignores changes below 300 ms
    client->timer_.cancel();

    if (milliseconds > 0) {
        ngx_add_timer(ev, static_cast<ngx_msec_t>(milliseconds));

    } else if (milliseconds == 0) {
        // a timer of 0 set by a timer is run again before nginx looks at any socket,
        // and curl asks for that repeatedly while it resolves
        ngx_post_event(ev, &ngx_posted_next_events);
    }

    return 0;
}

void HttpClient::onIo(ngx_event_t* ev) noexcept
{
    LoopSocket& socket = LoopSocket::of(ev);
    auto* client = static_cast<HttpClient*>(socket.self);
    ngx_connection_t* c = socket.connection;

    if (c->close) {  // worker_shutdown_timeout
        client->abortAll();
        return;
    }

    client->drive(c->fd, ev->write ? CURL_CSELECT_OUT : CURL_CSELECT_IN);
}

void HttpClient::onTimer(ngx_event_t* ev) noexcept
{
    LoopEvent::of<HttpClient>(ev).drive(CURL_SOCKET_TIMEOUT, 0);
}

void HttpClient::onPulse(ngx_event_t* ev) noexcept
{
    auto& client = LoopEvent::of<HttpClient>(ev);
    int running;

    CURL_IGNORE_DEPRECATION(curl_multi_socket_all(client.multi_, &running);)
    client.collect();
}

void HttpClient::onDeadline(ngx_event_t* ev) noexcept
{
    auto& transfer = LoopEvent::of<Transfer>(ev);
    HttpClient* client = transfer.client;

    conclude(transfer, HttpError::timeout, "no result in time");
    client->settle(transfer);
    client->advance();
}

void HttpClient::drive(curl_socket_t fd, int mask) noexcept
{
    int running;
    curl_multi_socket_action(multi_, fd, mask, &running);
    collect();
}

void HttpClient::collect() noexcept
{
    int left;

    while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) {
            continue;
        }

        CURLcode result = message->data.result;  // gone once the handle is removed
        Transfer* transfer = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);

        conclude(*transfer, result);
        settle(*transfer);
    }

    advance();
}

/** Lets waiting transfers run while there is room. Ends every visit to curl. */
void HttpClient::advance() noexcept
{
    while (running_ < limit_ && !ngx_queue_empty(&waiting_)) {
        Transfer& transfer = *static_cast<Transfer*>(ngx_queue_head(&waiting_));

        if (transfer.done == nullptr) {
            conclude(transfer, HttpError::aborted, "nobody waits any longer");
            settle(transfer);
            continue;
        }

        if (curl_multi_add_handle(multi_, transfer.easy.get()) != CURLM_OK) {
            conclude(transfer, HttpError::other, "cannot be started");
            settle(transfer);
            continue;
        }

        ngx_queue_remove(&transfer);
        ngx_queue_insert_tail(&active_, &transfer);
        transfer.running = true;
        running_++;
    }

    if (running_ == 0) {
        pulse_.cancel();

    } else if (!pulse_.event.timer_set) {
        ngx_add_timer(&pulse_.event, pulseInterval);
    }

    // nginx logs what it finds in the queue as an [alert] about its next client
    ERR_clear_error();
}

/** The transfer leaves curl; its callback follows from the event loop. */
void HttpClient::settle(Transfer& transfer) noexcept
{
    if (transfer.running) {
        curl_multi_remove_handle(multi_, transfer.easy.get());
        transfer.running = false;
        running_--;
    }

    transfer.deadline.cancel();

    ngx_queue_remove(&transfer);
    ngx_queue_insert_tail(&finished_, &transfer);
    ngx_post_event(&dispatch_.event, &ngx_posted_events);
}

void HttpClient::abortAll() noexcept
{
    closing_ = true;

    for (ngx_queue_t* queue : {&active_, &waiting_}) {
        while (!ngx_queue_empty(queue)) {
            Transfer& transfer = *static_cast<Transfer*>(ngx_queue_head(queue));
            conclude(transfer, HttpError::aborted, "the worker is shutting down");
            settle(transfer);
        }
    }

    advance();
}

void HttpClient::onDispatch(ngx_event_t* ev) noexcept
{
    auto& client = LoopEvent::of<HttpClient>(ev);

    while (!ngx_queue_empty(&client.finished_)) {
        std::unique_ptr<Transfer> transfer{
            static_cast<Transfer*>(ngx_queue_head(&client.finished_))};
        ngx_queue_remove(transfer.get());

        // before the call: whoever it destroys may still detach
        if (Done done = std::exchange(transfer->done, nullptr)) {
            done(transfer->data, transfer->response);
        }
    }
}

}  // namespace scalekit
