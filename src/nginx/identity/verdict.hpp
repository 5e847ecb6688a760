#pragma once

#include "nginx/identity/context.hpp"
#include "nginx/endpoint/login.hpp"

namespace scalekit {

/** Whether a request for a guarded place has an identity there, and why not. */
struct Verdict {
    Reason reason = Reason::unauthenticated;
    bool token = false;                  // it is about a bearer token, good or bad
    const Requirement* unmet = nullptr;  // of requirement_unmet and insufficient_scope
};

/** Whether the provider may have replaced its keys since ours were fetched. */
bool newerKeysMayHelp(const Verdict& verdict) noexcept;

/**
 * Who makes a request, as its place would have it, whatever the place's requirements say: Reason::
 * none with the identity in the context.
 */
Verdict findCaller(Context& context, const LocationConf& conf, const Demand& demand);

/** Holds the identity in the context against the place's requirements, and says so in the verdict.
 */
void checkRequirements(ngx_http_request_t* r, const Context& context, const LocationConf& conf,
                       Verdict& verdict);

/**
 * The verdict on who makes a request: Reason::none with the identity in the context, which fits the
 * demand and the place's requirements; else no identity in the context. A bearer token is judged
 * alone, whatever cookies come with it. Never waits.
 */
Verdict findIdentity(ngx_http_request_t* r, Context& context, const LocationConf& conf,
                     const Demand& demand);

}  // namespace scalekit
