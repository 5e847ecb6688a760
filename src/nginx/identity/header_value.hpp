#pragma once

#include "nginx/ngx/ngx.hpp"
#include "session/requirement.hpp"

#include <string_view>

/** Claims as text that headers and variables may carry. */
namespace scalekit {

/**
 * A claim as a header or variable may carry it: bytes outside printable ASCII, and '%', are
 * percent-encoded. A view of `text` when nothing needs encoding, else memory of the pool; data() ==
 * nullptr when there is none.
 */
std::string_view headerSafe(ngx_pool_t* pool, std::string_view text) noexcept;

/** The values of a claim, each header-safe and without a raw ',', joined by ','. */
std::string_view joinedValues(ngx_pool_t* pool, const ClaimView& claim) noexcept;

/** The identity's scopes likewise. */
std::string_view joinedScopes(ngx_pool_t* pool, const ScopeClaims& claims) noexcept;

}  // namespace scalekit
