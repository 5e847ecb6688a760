#include "nginx/ngx/event_loop.hpp"

#include <sys/stat.h>

#include <memory>
#include <new>

namespace scalekit {

namespace {

constexpr ngx_socket_t noSocket = -1;

/** The inode; 0 when the socket is closed. */
ino_t identify(ngx_socket_t fd) noexcept
{
    struct stat info;
    return fstat(fd, &info) == 0 ? info.st_ino : 0;
}

void listen(ngx_event_t* ev, ngx_int_t event, bool wanted) noexcept
{
    if (wanted && !ev->active) {
        static_cast<void>(ngx_add_event(ev, event, NGX_LEVEL_EVENT));

    } else if (!wanted && ev->active) {
        static_cast<void>(ngx_del_event(ev, event, 0));
    }
}

}  // namespace

void LoopEvent::init(void* self, ngx_event_handler_pt handler, ngx_log_t* log) noexcept
{
    owner.fd = noSocket;
    owner.data = self;

    event.data = &owner;
    event.handler = handler;
    event.log = log;
}

void LoopEvent::cancel() noexcept
{
    if (event.timer_set) {
        ngx_del_timer(&event);
    }

    if (event.posted) {
        ngx_delete_posted_event(&event);
    }
}

LoopSocket* LoopSocket::make(ngx_socket_t fd, void* self, ngx_event_handler_pt handler,
                             ngx_log_t* log) noexcept
{
    auto* made = new (std::nothrow) LoopSocket;
    if (made == nullptr) {
        return nullptr;
    }

    ngx_connection_t* c = ngx_get_connection(fd, log);
    if (c == nullptr) {
        delete made;
        return nullptr;
    }

    made->self = self;
    made->connection = c;
    made->identity = identify(fd);

    // both handlers, whatever is wanted: worker_shutdown_timeout calls read->handler
    c->data = made;
    c->log = log;
    c->read->log = log;
    c->write->log = log;
    c->read->handler = handler;
    c->write->handler = handler;

    return made;
}

LoopSocket::LoopSocket() noexcept : ngx_queue_t{}
{
    ngx_queue_init(this);
}

LoopSocket::~LoopSocket()
{
    ngx_queue_remove(this);

    if (connection == nullptr) {
        return;
    }

    // the owner may have closed the socket first, and the number may be another's by now
    unlisten(identify(connection->fd) == identity ? 0 : NGX_CLOSE_EVENT);

    ngx_free_connection(connection);
    connection->fd = noSocket;
}

void LoopSocket::want(bool read, bool write) noexcept
{
    ino_t now = identify(connection->fd);

    if (now != identity) {
        unlisten(NGX_CLOSE_EVENT);
        identity = now;
    }

    listen(connection->read, NGX_READ_EVENT, read);
    listen(connection->write, NGX_WRITE_EVENT, write);
}

// With NGX_CLOSE_EVENT nginx makes no system call: the kernel dropped the closed socket.
void LoopSocket::unlisten(ngx_uint_t flags) noexcept
{
    ngx_event_t* read = connection->read;
    ngx_event_t* write = connection->write;

    if (read->active) {
        static_cast<void>(ngx_del_event(read, NGX_READ_EVENT, flags));
    }

    if (write->active) {
        static_cast<void>(ngx_del_event(write, NGX_WRITE_EVENT, flags));
    }

    // accept_mutex queues events; a queued one must not outlive its connection
    if (read->posted) {
        ngx_delete_posted_event(read);
    }

    if (write->posted) {
        ngx_delete_posted_event(write);
    }
}

}  // namespace scalekit
