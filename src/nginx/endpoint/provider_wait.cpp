#include "nginx/endpoint/provider_wait.hpp"

#include "nginx/answer/respond.hpp"
#include "nginx/worker/worker.hpp"

#include <algorithm>
#include <utility>

namespace scalekit {

namespace {

/** What is left of the time that a request may wait for the provider in all. */
Milliseconds remaining(Context& context, const Environment& environment) noexcept
{
    const Milliseconds now = monotonicNow();
    if (context.waitsUntil == Milliseconds(0)) {
        context.waitsUntil = now + environment.timeout;
    }
    return std::max(context.waitsUntil - now, Milliseconds(0));
}

}  // namespace

const ProviderCache::Snapshot* needProvider(Context& context, const Environment& environment,
                                            ngx_int_t& result)
{
    const ProviderCache::Snapshot* snapshot = worker()->providers.current(environment);
    if (snapshot == nullptr) {
        result = awaitProvider(context, environment)
                     ? suspend(context.request)
                     : refuse(context, {.reason = Reason::provider_unavailable,
                                        .environment = environment.name});
    }
    return snapshot;
}

bool awaitProvider(Context& context, const Environment& environment)
{
    return context.waiter.waiting ||
           (!std::exchange(context.providerAwaited, true) &&
            worker()->providers.awaitProvider(environment, context.waiter,
                                              remaining(context, environment)));
}

bool awaitKeys(Context& context, const Environment& environment)
{
    return context.waiter.waiting || (!std::exchange(context.keysAwaited, true) &&
                                      worker()->providers.awaitKeys(environment, context.waiter,
                                                                    remaining(context, environment),
                                                                    ProviderCache::Want::token));
}

}  // namespace scalekit
