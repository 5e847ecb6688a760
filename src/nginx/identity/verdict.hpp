#pragma once

#include "nginx/identity/context.hpp"

namespace scalekit {

/** Whether a request for a guarded location has an identity there, and why not. */
struct Verdict {
    Reason reason = Reason::unauthenticated;
    bool token = false;                // it is about a bearer token, good or bad
    std::optional<Caller> caller{};    // who was proved, also where a claim rule is unmet
    const ClaimRule* unmet = nullptr;  // of requirement_unmet and insufficient_scope
};

/** Whether the provider may have replaced its keys since ours were fetched. */
bool newerKeysMayHelp(const Verdict& verdict) noexcept;

/** Whether the verdict may be another one as soon as there are keys, or newer ones. */
bool keysMayHelp(const Verdict& verdict) noexcept;

/**
 * The session that the request's cookies bring, if it fits the constraint; else why there is none.
 * The context has whose it is then.
 */
Result<Caller> findSession(Context& context, const LocationConf& conf,
                           const Result<TenantConstraint>& constraint);

/**
 * Who makes a request, as its location would have it, whatever its claim rules say. A bearer token
 * is judged alone, whatever cookies come with it. Never waits.
 */
Verdict findCaller(Context& context, const LocationConf& conf,
                   const Result<TenantConstraint>& constraint);

/** Holds the verdict's caller against the location's claim rules, and says so in the verdict. */
void checkClaimRules(ngx_http_request_t* r, const LocationConf& conf, Verdict& verdict);

/**
 * The verdict on who makes a request, claim rules included. The context has the caller afterwards
 * exactly when the reason is none.
 */
Verdict judgeCaller(Context& context, const LocationConf& conf,
                    const Result<TenantConstraint>& constraint);

}  // namespace scalekit
