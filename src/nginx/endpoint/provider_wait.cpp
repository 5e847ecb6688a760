#include "nginx/endpoint/provider_wait.hpp"

#include "nginx/answer/respond.hpp"
#include "nginx/worker/worker.hpp"

namespace scalekit {

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
    ProviderCache& providers = worker()->providers;
    if (context.waiter.waiting) {
        return true;
    }
    if (context.providerAwaited || !providers.fetchExpected(environment)) {
        return false;
    }
    context.providerAwaited = true;
    providers.awaitProvider(environment, context.waiter, environment.timeout);
    return true;
}

bool awaitKeys(Context& context, const Environment& environment)
{
    if (context.waiter.waiting) {
        return true;
    }
    if (context.keysAwaited) {
        return false;
    }
    context.keysAwaited = true;
    return worker()->providers.awaitKeys(environment, context.waiter, environment.timeout,
                                         ProviderDocuments::Want::token);
}

}  // namespace scalekit
