#pragma once

#include "nginx/fetch/http_transfer.hpp"

/**
 * libcurl's multi_socket interface on nginx's event loop: fetches that never block the worker. One
 * client per worker, made in init_process and destroyed in exit_process; it owns its transfers.
 *
 * Calls go one way: nginx's events drive curl, curl's callbacks set nginx's events, and results
 * leave by a posted event, outside of all curl frames.
 */
namespace scalekit {

class HttpClient {
  public:
    /** Called once, from the event loop. `response` and the Transfer are gone afterwards. */
    using Done = void (*)(void* data, const HttpResponse& response) noexcept;

    /** Throws std::bad_alloc. `cycle` must outlive the client. */
    explicit HttpClient(ngx_cycle_t* cycle);

    /** Drops what still runs without calling anybody: nginx is leaving. */
    ~HttpClient();

    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /**
     * Fetches; `done` follows within the timeout (+ 100 ms), never from inside this call.
     * Null, and no `done`, when the request is unusable, memory is short or the worker shuts down.
     */
    Transfer* start(const HttpRequest& request, Done done, void* data) noexcept;

    /**
     * `done` will not be called, and a graceful quit no longer waits. The transfer runs on if it
     * has begun, since its effect may be wanted. Allowed from start() until `done` returns; safe
     * wherever nginx destroys a request.
     */
    static void detach(Transfer* transfer) noexcept;

  private:
    static int onSocket(CURL*, curl_socket_t fd, int what, void* self, void* known) noexcept;
    static int onTimerChange(CURLM*, long milliseconds, void* self) noexcept;

    static void onIo(ngx_event_t* ev) noexcept;
    static void onTimer(ngx_event_t* ev) noexcept;
    static void onPulse(ngx_event_t* ev) noexcept;
    static void onDeadline(ngx_event_t* ev) noexcept;
    static void onDispatch(ngx_event_t* ev) noexcept;

    void drive(curl_socket_t fd, int mask) noexcept;
    void collect() noexcept;
    void advance() noexcept;
    void settle(Transfer& transfer) noexcept;
    void abortAll() noexcept;

    ngx_log_t* log_;
    CURLM* multi_;
    std::size_t limit_;  // of transfers in the multi handle
    std::size_t running_ = 0;
    bool closing_ = false;

    ngx_queue_t waiting_;   // transfers, in order of their arrival
    ngx_queue_t active_;    // transfers in the multi handle
    ngx_queue_t finished_;  // transfers whose callback is due
    ngx_queue_t sockets_;   // LoopSockets

    LoopEvent timer_;  // curl's
    LoopEvent pulse_;
    LoopEvent dispatch_;
};

}  // namespace scalekit
