#pragma once

#include "nginx/ngx/ngx.hpp"

#include <array>
#include <string>
#include <string_view>

namespace scalekit {

/**
 * The records of session cookies that this worker has opened lately, by the cookie's exact text:
 * the next request of the same page need not decode and decrypt it again. It only saves the
 * opening; limits, tenant and all else are judged each time. Bounded, owned by the worker, gone
 * with it (and so with every change of keys).
 */
class SessionCache {
  public:
    /**
     * The record of this text under this context, copied into the pool; data() == nullptr when it
     * is not known. Contexts are compared by address: they live in the configuration.
     */
    std::string_view find(ngx_pool_t* pool, std::string_view text,
                          std::string_view context) const noexcept;

    /** Remembers a record that was opened; forgets what had its place. */
    void keep(std::string_view text, std::string_view context, std::string_view record) noexcept;

  private:
    struct Entry {
        std::string text;
        const char* context = nullptr;
        std::string record;
    };
    std::array<Entry, 512> entries_;
};

}  // namespace scalekit
