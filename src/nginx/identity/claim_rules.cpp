#include "nginx/identity/requirements.hpp"

#include "nginx/ngx/interop.hpp"
#include "session/requirement.hpp"

namespace scalekit {

namespace {

/** Calls visit(std::string_view value) until it answers true; whether it did. */
template <class Visit>
bool anyValue(ngx_http_request_t* r, const Requirement& requirement, Visit&& visit)
{
    auto* value = static_cast<ngx_http_complex_value_t*>(requirement.values->elts);
    for (ngx_uint_t i = 0; i < requirement.values->nelts; ++i) {
        ngx_str_t text = {};
        if (ngx_http_complex_value(r, &value[i], &text) == NGX_OK && visit(view(text))) {
            return true;
        }
    }
    return false;
}

std::string neededScope(const Context& context, const Requirement& requirement)
{
    std::string first;
    std::string held;
    anyValue(context.request, requirement, [&](std::string_view scope) {
        first = first.empty() ? scope : first;
        const bool holds = claimHolds(context.session, view(requirement.claim), scope);
        held = holds ? scope : "";
        return holds;
    });
    return held.empty() ? first : held;
}

}  // namespace

const Requirement* findUnmet(ngx_http_request_t* r, const Context& context,
                             const LocationConf& conf) noexcept
{
    if (conf.requirements == nullptr) {
        return nullptr;
    }
    const auto* requirement = static_cast<Requirement*>(conf.requirements->elts);
    for (ngx_uint_t i = 0; i < conf.requirements->nelts; ++i) {
        const std::string_view claim = view(requirement[i].claim);
        const bool holds = anyValue(r, requirement[i], [&](std::string_view value) {
            return claimHolds(context.session, claim, value);
        });
        if (!holds) {
            return &requirement[i];
        }
    }
    return nullptr;
}

std::string neededScopes(const Context& context, const LocationConf& conf)
{
    std::string scopes;
    const auto* requirement = static_cast<Requirement*>(conf.requirements->elts);
    for (ngx_uint_t i = 0; i < conf.requirements->nelts; ++i) {
        const std::string scope = namesScopes(view(requirement[i].claim))
                                      ? neededScope(context, requirement[i])
                                      : std::string();
        scopes += scopes.empty() || scope.empty() ? "" : " ";
        scopes += scope;
    }
    return scopes;
}

}  // namespace scalekit
