#include "nginx/module/subrequest.hpp"

#include "nginx/answer/respond.hpp"
#include "nginx/identity/constraints.hpp"
#include "nginx/identity/request_headers.hpp"
#include "nginx/identity/verdict.hpp"
#include "nginx/worker/worker.hpp"

namespace scalekit {

namespace {

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
    appendHeaderSafe(detail, view(r->uri));
    detail += " of ";
    const std::string_view page = view(r->main->unparsed_uri);  // as the client wrote it
    appendHeaderSafe(detail, page.substr(0, page.find('?')));
    detail += ", which has another identity or none: guard both locations alike";
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
    context->finding.clear();
    const Result<TenantConstraint> constraint = evaluateConstraint(r, conf);
    Verdict verdict = findCaller(*context, conf, constraint);
    const bool nobody =
        verdict.reason != Reason::none && !verdict.token && passes(conf) && constraint;

    if (verdict.caller ? !context->caller() || !verdict.caller->same(*context->caller())
                       : nobody && context->caller()) {
        return refuseOtherIdentity(r, conf);
    }
    if (verdict.caller) {
        checkClaimRules(r, conf, verdict);
    }
    if (newerKeysMayHelp(verdict)) {
        worker()->providers.askForKeys(*conf.environment);  // for the next request
    }
    if (verdict.reason != Reason::none && !nobody) {
        return refuseSubrequest(r, {.reason = verdict.reason,
                                    .environment = conf.environment->name,
                                    .token = verdict.token});
    }
    if (verdict.caller) {
        context->guarded = true;  // the main request's answer is about this person too
    }
    const bool shown =
        removeIdentityHeaders(r) && (nobody || addIdentityHeaders(r, *context->caller(), conf));
    return shown ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
}

}  // namespace scalekit
