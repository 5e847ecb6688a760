#include "nginx/module/subrequest.hpp"

#include "nginx/identity/header_value.hpp"
#include "nginx/identity/identity.hpp"
#include "nginx/ngx/interop.hpp"
#include "nginx/identity/request_headers.hpp"
#include "nginx/answer/respond.hpp"
#include "nginx/worker/worker.hpp"

namespace scalekit {

namespace {

/** Who the subrequest's place would let in. The main request keeps its own identity. */
struct Found {
    Verdict verdict;
    Caller caller;
};

Found findCallerOfSubrequest(Context& context, const LocationConf& conf, const Demand& demand)
{
    struct Restore {
        Context& context;
        Caller caller;
        ~Restore() { static_cast<Caller&>(context) = caller; }
    };
    const Restore restore{context, context};
    const Verdict verdict = findCaller(context, conf, demand);
    return {verdict, verdict.reason == Reason::none ? Caller(context) : Caller()};
}

bool passes(const LocationConf& conf) noexcept
{
    return static_cast<Unauthenticated>(conf.unauthenticated) == Unauthenticated::pass;
}

/** True for a subrequest of auth_request and its like, which understand 401 and 403. */
bool askedByAccessPhase(ngx_http_request_t* r) noexcept
{
    const auto* core = static_cast<ngx_http_core_main_conf_t*>(
        ngx_http_get_module_main_conf(r, ngx_http_core_module));
    const ngx_http_phase_handler_t& at = core->phase_engine.handlers[r->parent->phase_handler];
    return at.checker == ngx_http_core_access_phase;
}

ngx_int_t refuseOtherIdentity(ngx_http_request_t* r, const LocationConf& conf)
{
    std::string detail = "subrequest ";
    detail += headerSafe(r->pool, view(r->uri));
    detail += " of ";
    const std::string_view page = view(r->main->unparsed_uri);  // as the client wrote it
    detail += headerSafe(r->pool, page.substr(0, page.find('?')));
    detail += ", which has another identity or none: guard both places alike";
    const ngx_int_t status = refuseSubrequest(r, {.reason = Reason::subrequest_identity,
                                                  .environment = conf.environment->name,
                                                  .detail = detail});
    return askedByAccessPhase(r) ? NGX_HTTP_UNAUTHORIZED : status;
}

}  // namespace

ngx_int_t prepareSubrequest(ngx_http_request_t* r, const LocationConf& conf)
{
    Context* context = obtainContext(r);
    if (context == nullptr) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
    const Demand demand = evaluateDemand(r, conf);
    auto [verdict, caller] = findCallerOfSubrequest(*context, conf, demand);
    const bool nobody = verdict.reason != Reason::none && !verdict.token && passes(conf) &&
                        demand.reason == Reason::none;

    if (verdict.reason == Reason::none ? !caller.same(*context)
                                       : nobody && context->authenticated()) {
        return refuseOtherIdentity(r, conf);
    }
    if (verdict.reason == Reason::none) {
        checkRequirements(r, *context, conf, verdict);
    }
    if (newerKeysMayHelp(verdict)) {
        worker()->providers.askForKeys(*conf.environment);  // for the next request
    }
    if (verdict.reason != Reason::none && !nobody) {
        return refuseSubrequest(
            r, {.reason = verdict.reason,
                .environment = conf.environment->name,
                .detail = verdict.unmet != nullptr ? view(verdict.unmet->text) : std::string_view(),
                .token = verdict.token});
    }
    const bool shown = removeIdentityHeaders(r) &&
                       (nobody || !conf.identityHeaders || addIdentityHeaders(r, *context, conf));
    return shown ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
}

}  // namespace scalekit
