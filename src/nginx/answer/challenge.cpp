#include "nginx/answer/challenge.hpp"

#include "nginx/answer/respond.hpp"
#include "nginx/identity/claim_rules.hpp"
#include "oidc/bearer.hpp"

namespace scalekit {

Refusal challengingRefusal(ngx_http_request_t* r, const LocationConf& conf, const Verdict& verdict)
{
    const Environment& environment = *conf.environment;
    Refusal refusal{.reason = verdict.reason, .environment = environment.name};
    refusal.token = verdict.token;
    refusal.exposeChallenge = conf.exposeChallenge != 0;
    if (verdict.reason == Reason::insufficient_scope) {
        refusal.scope = neededScopes(r, *verdict.caller, conf);
    }
    const std::string_view error = verdict.token ? rowOf(verdict.reason).bearerError : "";
    if (error.empty() && statusOf(refusal) != NGX_HTTP_UNAUTHORIZED) {
        return refusal;  // another token would not help: wrong tenant, or not the client's fault
    }

    Challenge challenge;
    challenge.realm = conf.realm.len != 0 ? view(conf.realm) : environment.name;
    challenge.error = error;
    challenge.description = error.empty() ? "" : rowOf(verdict.reason).bearerDescription;
    challenge.scope = refusal.scope;
    challenge.resourceMetadata =
        conf.resource != nullptr ? std::string_view(conf.resource->url) : std::string_view();
    refusal.challenge = bearerChallenge(challenge);
    return refusal;
}

}  // namespace scalekit
