#include "nginx/identity/variables.hpp"

#include "base/ascii.hpp"
#include "nginx/identity/constraints.hpp"
#include "nginx/identity/request_headers.hpp"
#include "nginx/identity/verdict.hpp"

#include <algorithm>

/**
 * $scalekit_...: cacheable, stable within a request, empty without a verified identity, free of
 * control characters.
 */
namespace scalekit {

namespace {

constexpr std::string_view claimPrefix = "scalekit_claim_";

/**
 * Calls use(caller) if it is known who makes the request. Before the access phase (set, if,
 * limit_req) that is who the phase will find: the session is looked at then and there, and nothing
 * of it is kept. A subrequest shows the caller of the main request, with which it shares nginx's
 * memory of variables; it is let in nowhere with another one.
 */
template <class Use>
void withCaller(ngx_http_request_t* r, Use&& use) noexcept
try {
    Context* context = findContext(r);
    const LocationConf& conf = *locationConf(r);
    if (context != nullptr && context->caller()) {
        use(*context->caller());
        return;
    }
    if (conf.environment == nullptr || r != r->main || (context != nullptr && context->judged)) {
        return;
    }
    context = obtainContext(r);
    if (context == nullptr || context->looking) {
        return;  // a tenant directive that depends on the identity it demands
    }

    struct Look {
        Context& context;
        explicit Look(Context& context) noexcept : context(context) { context.looking = true; }
        ~Look()
        {
            context.setCaller(std::nullopt);
            context.looking = false;
        }
    };
    const Look look(*context);
    keepCookies(*context);
    const Verdict verdict = judgeCaller(*context, conf, evaluateConstraint(r, conf));
    if (context->caller()) {
        use(*context->caller());
    } else if (keysMayHelp(verdict)) {
        context->lookedTooEarly = true;
    }
} catch (...) {
    logLine(NGX_LOG_CRIT, r->connection->log, "out of memory, a variable stays empty");
}

/**
 * A value that is asked for in the middle of a look (by a requirement) is not kept: the look may
 * end with nobody.
 */
void assign(ngx_http_request_t* r, ngx_http_variable_value_t& value, std::string_view text) noexcept
{
    const Context* context = findContext(r);
    text = text.data() == nullptr ? "" : text;  // no memory, or nobody; nginx wants a pointer
    value = {};
    value.len = static_cast<unsigned>(text.size()) & 0x0fffffff;
    value.data = borrow(text).data;
    value.valid = context == nullptr || !context->looking;
}

/** A variable that says textOf(r, caller, data), which lives as long as the request. */
template <std::string_view (*textOf)(ngx_http_request_t*, const Caller&, uintptr_t)>
ngx_int_t callerVariable(ngx_http_request_t* r, ngx_http_variable_value_t* value,
                         uintptr_t data) noexcept
{
    std::string_view text = "";
    withCaller(r, [&](const Caller& caller) { text = textOf(r, caller, data); });
    assign(r, *value, text);
    return NGX_OK;
}

std::string_view fieldText(ngx_http_request_t*, const Caller& caller, uintptr_t field)
{
    return caller.text(static_cast<IdentityField>(field));
}

std::string_view methodText(ngx_http_request_t*, const Caller& caller, uintptr_t)
{
    return caller.session() != nullptr ? "session" : "bearer";
}

std::string_view expiresText(ngx_http_request_t* r, const Caller& caller, uintptr_t)
{
    const std::string seconds = std::to_string(caller.end().time_since_epoch().count());
    return view(copy(r->main->pool, seconds));
}

ngx_int_t authenticatedVariable(ngx_http_request_t* r, ngx_http_variable_value_t* value,
                                uintptr_t) noexcept
{
    std::string_view text = "0";
    withCaller(r, [&](const Caller&) { text = "1"; });
    assign(r, *value, text);
    return NGX_OK;
}

ngx_int_t errorVariable(ngx_http_request_t* r, ngx_http_variable_value_t* value, uintptr_t) noexcept
{
    const Context* context = findContext(r);
    assign(r, *value, context != nullptr ? word(context->error) : std::string_view(""));
    return NGX_OK;
}

/**
 * What a variable for logs says so far. It is not kept before the request is over, when it may say
 * something else.
 */
void assignForLog(ngx_http_request_t* r, ngx_http_variable_value_t& value,
                  std::string_view text) noexcept
{
    assign(r, value, text);
    const Context* context = findContext(r);
    value.valid = context != nullptr && context->logging;
}

ngx_int_t referenceVariable(ngx_http_request_t* r, ngx_http_variable_value_t* value,
                            uintptr_t) noexcept
{
    const Context* context = findContext(r);
    // copied, for another refusal may take its place
    const std::string_view text = context != nullptr ? std::string_view(context->reference) : "";
    assignForLog(r, *value, view(copy(r->main->pool, text)));
    return NGX_OK;
}

/** Under `satisfy any` another module may have let in whom this one refused. */
bool letInByOthers(const Context& context) noexcept
{
    const ngx_http_request_t* r = context.request;
    const ngx_uint_t status = r->err_status != 0 ? r->err_status : r->headers_out.status;
    return context.leftToOthers && status != NGX_HTTP_UNAUTHORIZED && status != NGX_HTTP_FORBIDDEN;
}

ngx_int_t eventVariable(ngx_http_request_t* r, ngx_http_variable_value_t* value, uintptr_t) noexcept
{
    constexpr std::string_view words[] = {"", "signed_in", "signed_out", "refused"};
    static_assert(std::size(words) == static_cast<std::size_t>(Event::refused) + 1);
    const Context* context = findContext(r);
    const Event event =
        context == nullptr || letInByOthers(*context) ? Event::none : context->event;
    assignForLog(r, *value, words[static_cast<std::size_t>(event)]);
    return NGX_OK;
}

/**
 * Who was behind the request, also without access. Empty until the request is over: no rule and no
 * header for the upstream can take it for an identity.
 */
ngx_int_t provedVariable(ngx_http_request_t* r, ngx_http_variable_value_t* value,
                         uintptr_t field) noexcept
try {
    std::string_view text = "";
    const Context* context = findContext(r);
    if (context != nullptr && context->logging) {
        const RecordPtr& record = context->caller() ? context->caller()->record : context->proved;
        text = record ? record->text()[static_cast<IdentityField>(field)] : "";
    }
    assignForLog(r, *value, text);
    return NGX_OK;
} catch (...) {
    return NGX_ERROR;
}

/**
 * nginx writes variable names in lower case, and they hold letters, digits and '_' alone: '_'
 * stands for any other byte.
 */
bool namesClaim(std::string_view variable, std::string_view claim) noexcept
{
    const auto same = [](char v, char c) {
        return v == lowered(c) || (v == '_' && !isAlphanumeric(c));
    };
    return std::equal(variable.begin(), variable.end(), claim.begin(), claim.end(), same);
}

/** The claim whose name is `data`, an ngx_str_t with the prefix. */
std::string_view claimText(ngx_http_request_t* r, const Caller& caller, uintptr_t data)
{
    const std::string_view variable =
        view(*reinterpret_cast<ngx_str_t*>(data)).substr(claimPrefix.size());
    ClaimView claim = findClaim(caller.identity(), variable);
    std::string_view rest = caller.identity().claims;
    while (claim.name.data() == nullptr && !rest.empty()) {
        const ClaimView candidate = takeClaim(rest);
        claim = namesClaim(variable, candidate.name) ? candidate : ClaimView();
    }
    std::string text = claim.list ? joinedValues(claim) : "";
    if (!claim.list) {
        forEachValue(claim, [&](std::string_view only) { appendHeaderSafe(text, only); });
    }
    return view(copy(r->main->pool, text));
}

struct Named {
    std::string_view name;
    ngx_http_get_variable_pt handler;
    uintptr_t data;
    ngx_uint_t flags;
};

/** All variables of the module; of claims there is one for each name below the prefix. */
std::vector<Named> allVariables()
{
    std::vector<Named> all;
    for (std::size_t i = 0; i < identityFieldCount; ++i) {
        if (!identityFields[i].variable.empty()) {
            all.push_back({identityFields[i].variable, callerVariable<fieldText>, i, 0});
        }
    }
    all.push_back({"scalekit_expires", callerVariable<expiresText>, 0, 0});
    all.push_back({"scalekit_method", callerVariable<methodText>, 0, 0});
    all.push_back({"scalekit_authenticated", authenticatedVariable, 0, 0});
    all.push_back({"scalekit_error", errorVariable, 0, 0});
    all.push_back({"scalekit_reference", referenceVariable, 0, 0});
    all.push_back({"scalekit_event", eventVariable, 0, 0});
    all.push_back(
        {"scalekit_log_sub", provedVariable, static_cast<uintptr_t>(IdentityField::subject), 0});
    all.push_back({"scalekit_log_org_id", provedVariable,
                   static_cast<uintptr_t>(IdentityField::organization), 0});
    all.push_back({claimPrefix, callerVariable<claimText>, 0, NGX_HTTP_VAR_PREFIX});
    return all;
}

}  // namespace

ngx_int_t addVariables(ngx_conf_t* cf) noexcept
try {
    for (const Named& variable : allVariables()) {
        ngx_str_t name = borrow(variable.name);
        ngx_http_variable_t* added = ngx_http_add_variable(cf, &name, variable.flags);
        if (added == nullptr) {
            return NGX_ERROR;
        }
        added->get_handler = variable.handler;
        added->data = variable.data;
    }
    return NGX_OK;
} catch (...) {
    return NGX_ERROR;
}

bool indexVariables(ngx_conf_t* cf) noexcept
try {
    auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
    const auto* variable = static_cast<ngx_http_variable_t*>(core->variables.elts);
    const std::vector<Named> all = allVariables();

    for (ngx_uint_t i = 0; i < core->variables.nelts; ++i) {
        const std::string_view name = view(variable[i].name);
        const bool ours = std::any_of(all.begin(), all.end(), [&](const Named& known) {
            return known.flags == NGX_HTTP_VAR_PREFIX ? name.starts_with(known.name)
                                                      : name == known.name;
        });
        if (ours) {  // an administrator may have $scalekit_ variables too
            mainConf(cf)->variables.push_back(i);
        }
    }
    return true;
} catch (...) {
    return false;
}

std::vector<std::string> variableNames()
{
    std::vector<std::string> names;
    for (const Named& variable : allVariables()) {
        names.emplace_back(variable.name);
        names.back() += variable.flags == NGX_HTTP_VAR_PREFIX ? "NAME" : "";
    }
    return names;
}

}  // namespace scalekit
