#pragma once

#include "nginx/ngx/ngx.hpp"

#include <chrono>
#include <cstdint>
#include <new>
#include <string_view>
#include <utility>

/**
 * The border between nginx's C and the core: strings, ownership by pool, log lines. All casts live
 * here.
 */
namespace scalekit {

inline std::string_view view(const ngx_str_t& text) noexcept
{
    return {reinterpret_cast<const char*>(text.data), text.len};
}

/** An ngx_str_t over memory that outlives its use; nothing is copied. */
inline ngx_str_t borrow(std::string_view text) noexcept
{
    return {text.size(), reinterpret_cast<u_char*>(const_cast<char*>(text.data()))};
}

/** A copy in the pool; data is nullptr when the pool has no memory. */
inline ngx_str_t copy(ngx_pool_t* pool, std::string_view text) noexcept
{
    ngx_str_t result = {text.size(), static_cast<u_char*>(ngx_pnalloc(pool, text.size() + 1))};
    if (result.data != nullptr) {
        ngx_memcpy(result.data, text.data(), text.size());
        result.data[text.size()] = '\0';
    }
    return result;
}

template <class T>
void destroy(void* object) noexcept
{
    static_cast<T*>(object)->~T();
}

/**
 * A T that the pool owns and destroys; nullptr when the pool has no memory or T's constructor
 * throws.
 */
template <class T, class... Arguments>
T* make(ngx_pool_t* pool, Arguments&&... arguments) noexcept
try {
    ngx_pool_cleanup_t* cleanup = ngx_pool_cleanup_add(pool, sizeof(T));
    if (cleanup == nullptr) {
        return nullptr;
    }
    T* object = new (cleanup->data) T(std::forward<Arguments>(arguments)...);
    cleanup->handler = destroy<T>;
    return object;
} catch (...) {
    return nullptr;
}

/**
 * The T that make() put into the pool, nullptr when there is none (as
 * ngx_http_realip_get_module_ctx() does).
 */
template <class T>
T* find(ngx_pool_t* pool) noexcept
{
    for (ngx_pool_cleanup_t* cleanup = pool->cleanup; cleanup != nullptr; cleanup = cleanup->next) {
        if (cleanup->handler == destroy<T>) {
            return static_cast<T*>(cleanup->data);
        }
    }
    return nullptr;
}

/** The time of day, as nginx keeps it for this turn of the loop. */
inline std::chrono::sys_seconds wallClock() noexcept
{
    return std::chrono::sys_seconds(std::chrono::seconds(ngx_time()));
}

/** Milliseconds of the machine's monotonic clock, the same for all workers. */
using Milliseconds = std::chrono::duration<std::int64_t, std::milli>;

/** That clock, as nginx keeps it for this turn of the loop. */
inline Milliseconds monotonicNow() noexcept
{
    return Milliseconds(static_cast<std::int64_t>(ngx_current_msec));
}

/** One log line; the text is never taken for a format. */
inline void logLine(ngx_uint_t level, ngx_log_t* log, std::string_view text) noexcept
{
    ngx_log_error(level, log, 0, "scalekit: %*s", text.size(), text.data());
}

/** For the char* results of nginx's configuration handlers. */
inline char* const confError = static_cast<char*>(NGX_CONF_ERROR);
inline char* const confOk = static_cast<char*>(NGX_CONF_OK);

}  // namespace scalekit
