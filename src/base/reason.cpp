#include "base/reason.hpp"

#include <algorithm>
#include <iterator>

namespace scalekit {

namespace {

constexpr std::string_view signInTitle = "Please sign in";
constexpr std::string_view noAccessTitle = "No access here";
constexpr std::string_view wrongWayTitle = "This cannot be done that way";
constexpr std::string_view unavailableTitle = "Sign-in is not available right now";
constexpr std::string_view failedTitle = "Sign-in did not work";

constexpr std::string_view signIn = "You need to be signed in to see this.";
constexpr std::string_view signInAgain = "Your session has ended. Sign in again to go on.";
constexpr std::string_view noAccess =
    "You are signed in, but your account does not have access to this. If it should, tell your "
    "administrator.";
constexpr std::string_view noAnswer =
    "The sign-in service does not answer as it should. Please try again in a moment.";
constexpr std::string_view unverified =
    "What the sign-in service said about you could not be verified, so you were not signed in.";

/** The provider does not do its part. */
constexpr ReasonRow unavailable(Reason reason, std::string_view word, int status)
{
    return {reason, word, status, Severity::error, unavailableTitle, noAnswer};
}

/** What the provider said cannot be believed; of a bearer token, it is the client who said it. */
constexpr ReasonRow untrusted(Reason reason, std::string_view word,
                              std::string_view bearerDescription = "")
{
    return {reason,
            word,
            502,
            Severity::error,
            failedTitle,
            unverified,
            bearerDescription.empty() ? "" : "invalid_token",
            bearerDescription};
}

constexpr ReasonRow rows[] = {
    {Reason::none, "", 200, Severity::info, "", ""},

    {Reason::unauthenticated, "unauthenticated", 401, Severity::debug, signInTitle, signIn},
    {Reason::session_invalid, "session_invalid", 401, Severity::info, signInTitle, signIn},
    {Reason::session_expired, "session_expired", 401, Severity::info, signInTitle, signInAgain},
    {Reason::session_idle, "session_idle", 401, Severity::info, signInTitle, signInAgain},
    {Reason::session_ended, "session_ended", 401, Severity::info, signInTitle, signInAgain},
    {Reason::session_lost, "session_lost", 400, Severity::error, failedTitle,
     "You were signed in, but your browser did not keep the session. Allow cookies for this site, "
     "or tell your administrator."},
    {Reason::session_too_large, "session_too_large", 500, Severity::error, failedTitle,
     "Your account carries more information than this site can keep. Please tell your "
     "administrator."},
    {Reason::tenant_unknown, "tenant_unknown", 403, Severity::error, noAccessTitle,
     "This address does not belong to any organization that uses this site. Check the address."},
    {Reason::organization_mismatch, "organization_mismatch", 403, Severity::info, noAccessTitle,
     "You are signed in with another organization than the one this address belongs to."},
    {Reason::connection_mismatch, "connection_mismatch", 403, Severity::info, noAccessTitle,
     "You signed in another way than this address asks for."},
    {Reason::requirement_unmet, "requirement_unmet", 403, Severity::info, noAccessTitle, noAccess},
    {Reason::insufficient_scope, "insufficient_scope", 403, Severity::info, noAccessTitle, noAccess,
     "insufficient_scope", "The access token lacks a scope that is required here"},
    {Reason::subrequest_identity, "subrequest_identity", 403, Severity::error, noAccessTitle,
     "This part of the page is not for the person whom the page is for."},
    {Reason::method_not_allowed, "method_not_allowed", 405, Severity::info, wrongWayTitle,
     "This address does not take that kind of request."},
    {Reason::cross_site, "cross_site", 403, Severity::info, wrongWayTitle,
     "Another site asked for this. For your safety, it was not done."},

    {Reason::request_malformed, "request_malformed", 400, Severity::info, failedTitle,
     "This address is incomplete or was changed on the way. Please start again.", "invalid_request",
     "The request must carry one well-formed access token, once"},
    {Reason::callback_misplaced, "callback_misplaced", 500, Severity::error, failedTitle,
     "The sign-in came back to an address of this site that does not complete it. Please tell your "
     "administrator."},
    {Reason::state_invalid, "state_invalid", 400, Severity::error, failedTitle,
     "The answer that came back from the sign-in service is incomplete or was changed on the way."},
    {Reason::state_expired, "state_expired", 400, Severity::info, failedTitle,
     "Signing in took too long. Please start again."},
    {Reason::login_cookie_missing, "login_cookie_missing", 400, Severity::info, failedTitle,
     "This sign-in was started in another browser, or your browser does not keep cookies."},
    {Reason::login_spent, "login_spent", 400, Severity::info, failedTitle,
     "This sign-in was already completed once. Please start again."},
    {Reason::response_issuer_missing, "response_issuer_missing", 400, Severity::error, failedTitle,
     unverified},
    {Reason::response_issuer_mismatch, "response_issuer_mismatch", 400, Severity::error,
     failedTitle, unverified},
    {Reason::provider_error, "provider_error", 403, Severity::info, failedTitle,
     "The sign-in service refused the sign-in."},

    unavailable(Reason::provider_unavailable, "provider_unavailable", 503),
    unavailable(Reason::provider_timeout, "provider_timeout", 504),
    unavailable(Reason::discovery_invalid, "discovery_invalid", 503),
    unavailable(Reason::discovery_issuer_mismatch, "discovery_issuer_mismatch", 503),
    unavailable(Reason::token_request_failed, "token_request_failed", 502),
    untrusted(Reason::token_request_refused, "token_request_refused"),
    untrusted(Reason::token_response_invalid, "token_response_invalid"),
    unavailable(Reason::key_set_invalid, "key_set_invalid", 503),

    untrusted(Reason::token_malformed, "token_malformed",
              "The access token is not a well-formed JWT"),
    untrusted(Reason::token_too_large, "token_too_large", "The access token is too large"),
    untrusted(Reason::header_invalid, "header_invalid",
              "The header of the access token is not valid"),
    untrusted(Reason::algorithm_not_allowed, "algorithm_not_allowed",
              "The algorithm of the access token is not allowed"),
    untrusted(Reason::critical_header, "critical_header",
              "The access token needs an extension that is not supported"),
    untrusted(Reason::key_unknown, "key_unknown", "The access token is signed with an unknown key"),
    untrusted(Reason::key_unusable, "key_unusable",
              "The access token is signed with an unknown key"),
    untrusted(Reason::signature_invalid, "signature_invalid",
              "The signature of the access token is not valid"),

    untrusted(Reason::claims_malformed, "claims_malformed",
              "A claim of the access token is missing or malformed"),
    untrusted(Reason::issuer_mismatch, "issuer_mismatch",
              "The access token is from another issuer"),
    untrusted(Reason::audience_mismatch, "audience_mismatch",
              "The access token is for another audience"),
    untrusted(Reason::audience_untrusted, "audience_untrusted",
              "The access token is for another audience"),
    untrusted(Reason::authorized_party_mismatch, "authorized_party_mismatch",
              "The access token was issued to another client"),
    untrusted(Reason::token_expired, "token_expired", "The access token has expired"),
    untrusted(Reason::token_not_yet_valid, "token_not_yet_valid",
              "The access token is not valid yet"),
    untrusted(Reason::issued_at_invalid, "issued_at_invalid",
              "The time of issue of the access token is not valid"),
    untrusted(Reason::nonce_mismatch, "nonce_mismatch", "The token is not an access token"),
    untrusted(Reason::subject_missing, "subject_missing", "The access token names no subject"),
    untrusted(Reason::at_hash_mismatch, "at_hash_mismatch", "The token is not an access token"),
    untrusted(Reason::c_hash_mismatch, "c_hash_mismatch", "The token is not an access token"),
    untrusted(Reason::token_type_mismatch, "token_type_mismatch",
              "The token is not an access token"),

    {Reason::internal, "internal", 500, Severity::critical, unavailableTitle,
     "Something went wrong on this server. Please try again in a moment."},
};

constexpr bool inOrder()
{
    for (std::size_t i = 0; i < std::size(rows); ++i) {
        if (static_cast<std::size_t>(rows[i].reason) != i) {
            return false;
        }
    }
    return true;
}
static_assert(std::size(rows) == static_cast<std::size_t>(Reason::internal) + 1 && inOrder(),
              "every reason has its row");

}  // namespace

const ReasonRow& rowOf(Reason reason) noexcept
{
    return rows[std::min(static_cast<std::size_t>(reason), std::size(rows) - 1)];
}

}  // namespace scalekit
