#pragma once

#include "nginx/ngx/ngx.hpp"

#include <sys/types.h>

/**
 * nginx's event loop for those who are not nginx connections: a timer or posted event, and a socket
 * that another library owns. Both must be gone before the worker is.
 */
namespace scalekit {

/** A timer, or posted event, or both. */
struct LoopEvent {
    ngx_event_t event{};
    ngx_connection_t owner{};  // debug logging reads the fd of whatever event.data points at

    void init(void* self, ngx_event_handler_pt handler, ngx_log_t* log) noexcept;

    /** `self` of the LoopEvent that a handler was called for. */
    template <class T>
    static T& of(ngx_event_t* ev) noexcept
    {
        return *static_cast<T*>(static_cast<ngx_connection_t*>(ev->data)->data);
    }

    /** Neither set nor posted afterwards. */
    void cancel() noexcept;
};

/**
 * A socket while its owner wants to hear of it. It takes one of worker_connections, and nginx's
 * shutdown timer may call the handler with `close` set on the connection. Destroying it leaves the
 * socket open.
 */
struct LoopSocket : ngx_queue_t {  // linked by its owner
    void* self = nullptr;
    ngx_connection_t* connection = nullptr;
    ino_t identity = 0;  // tells a socket from a later one of the same number

    /** Null when memory or connections are short; nginx has logged the latter. */
    static LoopSocket* make(ngx_socket_t fd, void* self, ngx_event_handler_pt handler,
                            ngx_log_t* log) noexcept;

    LoopSocket() noexcept;
    LoopSocket(const LoopSocket&) = delete;
    LoopSocket& operator=(const LoopSocket&) = delete;
    ~LoopSocket();

    static LoopSocket& of(ngx_event_t* ev) noexcept
    {
        return *static_cast<LoopSocket*>(static_cast<ngx_connection_t*>(ev->data)->data);
    }

    /** Level-triggered, so that the owner need not read until EAGAIN. */
    void want(bool read, bool write) noexcept;

  private:
    void unlisten(ngx_uint_t flags) noexcept;
};

}  // namespace scalekit
