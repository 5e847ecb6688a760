#pragma once

#include <cstdint>
#include <string_view>

namespace scalekit {

/**
 * Why something was refused. Every refusal of the module carries exactly one of these; its word
 * stands in the log line, in the JSON answer and in $scalekit_error, and is part of the public
 * interface.
 */
enum class Reason : std::uint8_t {
    none,

    // what a request lacks or carries
    unauthenticated,        // no session
    session_invalid,        // a session cookie that does not open or has no known layout
    session_expired,        // absolute limit reached
    session_idle,           // idle limit reached
    session_ended,          // a sign-out ended it, or another person's sign-in
    session_lost,           // signed in a moment ago, and the browser shows no session
    session_too_large,      // claims do not fit the cookie
    tenant_unknown,         // a tenant directive is empty for this request
    organization_mismatch,  // signed in to another organization
    connection_mismatch,    // signed in through another connection
    requirement_unmet,      // scalekit_require asks for a claim that is not there
    insufficient_scope,     // likewise for a scope
    subrequest_identity,    // the including page has another identity, or none
    method_not_allowed,
    cross_site,  // another site asked for a logout

    // the authorization response (RFC 6749 4.1.2, RFC 9207)
    request_malformed,   // missing, duplicate or oversized parameters
    callback_misplaced,  // came to another path than the callback's
    state_invalid,       // does not open
    state_expired,
    login_cookie_missing,  // binding cookie absent or of another browser
    login_spent,           // this login was completed before
    response_issuer_missing,
    response_issuer_mismatch,
    provider_error,  // ?error=... from the provider

    // the back-channel
    provider_unavailable,  // discovery or keys not to be had
    provider_timeout,
    discovery_invalid,
    discovery_issuer_mismatch,
    token_request_failed,   // token endpoint not reached
    token_request_refused,  // token endpoint answered with an OAuth error
    token_response_invalid,
    key_set_invalid,

    // JOSE (RFC 7515, 7517, 7518, 8725)
    token_malformed,
    token_too_large,
    header_invalid,
    algorithm_not_allowed,
    critical_header,
    key_unknown,
    key_unusable,
    signature_invalid,

    // ID token (OIDC Core 3.1.3.7)
    claims_malformed,
    issuer_mismatch,
    audience_mismatch,
    audience_untrusted,
    authorized_party_mismatch,
    token_expired,
    token_not_yet_valid,
    issued_at_invalid,
    nonce_mismatch,
    subject_missing,
    at_hash_mismatch,
    c_hash_mismatch,
    token_type_mismatch,

    internal,  // out of memory, no randomness: ours
};

/** How much a refusal concerns the administrator. */
enum class Severity : std::uint8_t { debug, info, error, critical };

/** All that is fixed of a reason. */
struct ReasonRow {
    Reason reason;
    std::string_view word;  // "" for none
    int status;             // of the HTTP answer
    Severity severity;
    std::string_view title;     // of the page, for people
    std::string_view sentence;  // likewise

    // RFC 6750 3.1, where the reason can be the fault of a bearer token; else ""
    std::string_view bearerError = "";  // invalid_request, invalid_token, insufficient_scope
    std::string_view bearerDescription = "";
};

/** The row of a reason; of what is no reason, the one of `internal`. */
const ReasonRow& rowOf(Reason reason) noexcept;

inline std::string_view word(Reason reason) noexcept
{
    return rowOf(reason).word;
}

}  // namespace scalekit
