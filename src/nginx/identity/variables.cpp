#include "nginx/identity/variables.hpp"

#include "nginx/identity/constraints.hpp"
#include "nginx/identity/header_value.hpp"
#include "nginx/identity/request_headers.hpp"
#include "nginx/identity/verdict.hpp"

#include <algorithm>
#include <charconv>

/**
 * $scalekit_...: cacheable, stable within a request, empty without a verified identity, free of
 * control characters.
 */
namespace scalekit {

namespace {

constexpr std::string_view claimPrefix = "scalekit_claim_";

/** Text of a variable, made in the pool or a view of the session. */
using Text = std::string_view (*)(ngx_pool_t* pool, const Caller& caller);

std::string_view subject(ngx_pool_t* pool, const Caller& caller)
{
    return headerSafe(pool, caller.session.subject);
}

std::string_view email(ngx_pool_t* pool, const Caller& caller)
{
    return headerSafe(pool, caller.session.email);
}

std::string_view displayName(ngx_pool_t* pool, const Caller& caller)
{
    return headerSafe(pool, caller.session.name);
}

std::string_view picture(ngx_pool_t* pool, const Caller& caller)
{
    return headerSafe(pool, caller.session.picture);
}

std::string_view organization(ngx_pool_t* pool, const Caller& caller)
{
    return headerSafe(pool, caller.session.organization);
}

std::string_view connection(ngx_pool_t* pool, const Caller& caller)
{
    return headerSafe(pool, caller.session.connection);
}

std::string_view providerSession(ngx_pool_t* pool, const Caller& caller)
{
    return headerSafe(pool, caller.session.providerSession);
}

std::string_view roles(ngx_pool_t* pool, const Caller& caller)
{
    return joinedValues(pool, findClaim(caller.session, "roles"));
}

std::string_view permissions(ngx_pool_t* pool, const Caller& caller)
{
    return joinedValues(pool, findClaim(caller.session, "permissions"));
}

std::string_view scopes(ngx_pool_t* pool, const Caller& caller)
{
    return joinedScopes(pool, scopeClaims(caller.session));
}

std::string_view expires(ngx_pool_t* pool, const Caller& caller)
{
    constexpr std::size_t size = 20;
    auto* text = static_cast<char*>(ngx_pnalloc(pool, size));
    if (text == nullptr) {
        return {};
    }
    const auto end = std::to_chars(text, text + size, caller.end().time_since_epoch().count());
    return {text, static_cast<std::size_t>(end.ptr - text)};
}

std::string_view method(ngx_pool_t*, const Caller& caller)
{
    return caller.bearer ? "bearer" : "session";
}

struct Row {
    std::string_view name;
    Text text;
};

constexpr Row rows[] = {
    {"scalekit_sub", subject},
    {"scalekit_email", email},
    {"scalekit_name", displayName},
    {"scalekit_picture", picture},
    {"scalekit_org_id", organization},
    {"scalekit_connection_id", connection},
    {"scalekit_session_id", providerSession},
    {"scalekit_roles", roles},
    {"scalekit_permissions", permissions},
    {"scalekit_scopes", scopes},
    {"scalekit_expires", expires},
    {"scalekit_method", method},
};

/**
 * Calls use(caller) if it is known who makes the request. Before the access phase (set, if,
 * limit_req) that is who the phase will find: the session is looked at then and there, and nothing
 * of it is kept. A subrequest shows the caller of the main request, with which it shares nginx's
 * memory of variables; it is let in nowhere with another one.
 */
template <class Use>
void withCaller(ngx_http_request_t* r, Use&& use) noexcept
{
    Context* context = findContext(r);
    const LocationConf& conf = *locationConf(r);
    if (context != nullptr && context->caller) {
        use(*context->caller);
        return;
    }
    if (conf.environment == nullptr || r != r->main || (context != nullptr && context->judged)) {
        return;
    }
    context = obtainContext(r);
    if (context == nullptr || context->looking) {
        return;  // a tenant directive that depends on the identity it demands
    }
    context->looking = true;
    keepCookies(*context);
    try {
        judgeCaller(*context, conf, evaluateConstraint(r, conf));
        if (context->caller) {
            use(*context->caller);
        } else {
            context->shownNobodyIn = &conf;
        }
    } catch (...) {
        logLine(NGX_LOG_CRIT, r->connection->log, "out of memory, a variable stays empty");
    }
    context->caller.reset();
    context->looking = false;
}

/**
 * A value that is asked for in the middle of a look (by a requirement) is not kept: the look may
 * end with nobody.
 */
void assign(ngx_http_request_t* r, ngx_http_variable_value_t& value, std::string_view text) noexcept
{
    const Context* context = findContext(r);
    value = {};
    value.len = static_cast<unsigned>(text.size()) & 0x0fffffff;
    value.data = borrow(text).data;
    value.valid = context == nullptr || !context->looking;
}

ngx_int_t identityVariable(ngx_http_request_t* r, ngx_http_variable_value_t* value,
                           uintptr_t data) noexcept
{
    const auto& row = *reinterpret_cast<const Row*>(data);
    std::string_view text = "";
    withCaller(r, [&](const Caller& caller) { text = row.text(r->main->pool, caller); });
    assign(r, *value, text);
    return NGX_OK;
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
 * nginx writes variable names in lower case, and they cannot hold '.' or '-': '_' stands for those
 * too.
 */
bool namesClaim(std::string_view variable, std::string_view claim) noexcept
{
    const auto same = [](char v, char c) {
        return v == static_cast<char>(ngx_tolower(static_cast<u_char>(c))) ||
               (v == '_' && (c == '.' || c == '-'));
    };
    return std::equal(variable.begin(), variable.end(), claim.begin(), claim.end(), same);
}

std::string_view claimText(ngx_pool_t* pool, const Caller& caller, std::string_view variable)
{
    ClaimView claim = findClaim(caller.session, variable);
    std::string_view rest = caller.session.claims;
    while (claim.name.data() == nullptr && !rest.empty()) {
        const ClaimView candidate = takeClaim(rest);
        claim = namesClaim(variable, candidate.name) ? candidate : ClaimView();
    }

    std::string_view text = "";
    if (claim.list) {
        text = joinedValues(pool, claim);
    } else {
        forEachValue(claim, [&](std::string_view only) { text = headerSafe(pool, only); });
    }
    return text;
}

ngx_int_t claimVariable(ngx_http_request_t* r, ngx_http_variable_value_t* value,
                        uintptr_t data) noexcept
{
    const std::string_view name = view(*reinterpret_cast<ngx_str_t*>(data));
    std::string_view text = "";
    withCaller(r, [&](const Caller& caller) {
        text = claimText(r->main->pool, caller, name.substr(claimPrefix.size()));
    });
    assign(r, *value, text);
    return NGX_OK;
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
    for (const Row& row : rows) {
        all.push_back({row.name, identityVariable, reinterpret_cast<uintptr_t>(&row), 0});
    }
    all.push_back({"scalekit_authenticated", authenticatedVariable, 0, 0});
    all.push_back({"scalekit_error", errorVariable, 0, 0});
    all.push_back({claimPrefix, claimVariable, 0, NGX_HTTP_VAR_PREFIX});
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
