#include "base/reason.hpp"

namespace scalekit {

// No default: -Wswitch names the reason whose word is missing.
std::string_view word(Reason reason) noexcept
{
    switch (reason) {
    case Reason::none:
        return "";
    case Reason::unauthenticated:
        return "unauthenticated";
    case Reason::session_invalid:
        return "session_invalid";
    case Reason::session_expired:
        return "session_expired";
    case Reason::session_idle:
        return "session_idle";
    case Reason::session_lost:
        return "session_lost";
    case Reason::session_too_large:
        return "session_too_large";
    case Reason::tenant_unknown:
        return "tenant_unknown";
    case Reason::organization_mismatch:
        return "organization_mismatch";
    case Reason::connection_mismatch:
        return "connection_mismatch";
    case Reason::requirement_unmet:
        return "requirement_unmet";
    case Reason::insufficient_scope:
        return "insufficient_scope";
    case Reason::subrequest_identity:
        return "subrequest_identity";
    case Reason::method_not_allowed:
        return "method_not_allowed";
    case Reason::cross_site:
        return "cross_site";
    case Reason::request_malformed:
        return "request_malformed";
    case Reason::state_invalid:
        return "state_invalid";
    case Reason::state_expired:
        return "state_expired";
    case Reason::login_cookie_missing:
        return "login_cookie_missing";
    case Reason::login_spent:
        return "login_spent";
    case Reason::response_issuer_missing:
        return "response_issuer_missing";
    case Reason::response_issuer_mismatch:
        return "response_issuer_mismatch";
    case Reason::provider_error:
        return "provider_error";
    case Reason::provider_unavailable:
        return "provider_unavailable";
    case Reason::provider_timeout:
        return "provider_timeout";
    case Reason::discovery_invalid:
        return "discovery_invalid";
    case Reason::discovery_issuer_mismatch:
        return "discovery_issuer_mismatch";
    case Reason::token_request_failed:
        return "token_request_failed";
    case Reason::token_request_refused:
        return "token_request_refused";
    case Reason::token_response_invalid:
        return "token_response_invalid";
    case Reason::key_set_invalid:
        return "key_set_invalid";
    case Reason::token_malformed:
        return "token_malformed";
    case Reason::token_too_large:
        return "token_too_large";
    case Reason::header_invalid:
        return "header_invalid";
    case Reason::algorithm_not_allowed:
        return "algorithm_not_allowed";
    case Reason::critical_header:
        return "critical_header";
    case Reason::key_unknown:
        return "key_unknown";
    case Reason::key_unusable:
        return "key_unusable";
    case Reason::signature_invalid:
        return "signature_invalid";
    case Reason::claims_malformed:
        return "claims_malformed";
    case Reason::issuer_mismatch:
        return "issuer_mismatch";
    case Reason::audience_mismatch:
        return "audience_mismatch";
    case Reason::audience_untrusted:
        return "audience_untrusted";
    case Reason::authorized_party_mismatch:
        return "authorized_party_mismatch";
    case Reason::token_expired:
        return "token_expired";
    case Reason::token_not_yet_valid:
        return "token_not_yet_valid";
    case Reason::issued_at_invalid:
        return "issued_at_invalid";
    case Reason::nonce_mismatch:
        return "nonce_mismatch";
    case Reason::subject_missing:
        return "subject_missing";
    case Reason::at_hash_mismatch:
        return "at_hash_mismatch";
    case Reason::c_hash_mismatch:
        return "c_hash_mismatch";
    case Reason::token_type_mismatch:
        return "token_type_mismatch";
    case Reason::internal:
        return "internal";
    }

    return "";
}

}  // namespace scalekit
