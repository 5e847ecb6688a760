#pragma once

#include "nginx/identity/context.hpp"
#include "nginx/worker/provider_cache.hpp"

/** Requests that wait for the provider's documents; they are judged again when the wait is over. */
namespace scalekit {

/**
 * The environment's provider. nullptr when there is none: then `result` is what the phase handler
 * returns, for the request waits or was refused.
 */
const ProviderCache::Snapshot* needProvider(Context& context, const Environment& environment,
                                            ngx_int_t& result);

/** True when the request now waits for the first documents; false when there is no hope of any. */
bool awaitProvider(Context& context, const Environment& environment);

/**
 * True when the request now waits for the first keys or newer ones (return suspend()); false when
 * it did already, or when there will be none: the present ones decide.
 */
bool awaitKeys(Context& context, const Environment& environment);

}  // namespace scalekit
