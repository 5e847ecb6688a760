#include "oidc/response.hpp"

#include "base/ascii.hpp"
#include "base/json_document.hpp"
#include "base/query.hpp"

#include <algorithm>

namespace scalekit {

namespace {

constexpr std::size_t maxCodeSize = 4096;
constexpr std::size_t maxStateSize = 8192;
constexpr std::size_t maxErrorSize = 128;
constexpr std::size_t maxTokenMemberSize = 64 * 1024;

constexpr std::string_view organizationNotReady =
    "Your organization's sign-in is not set up yet. Please tell your administrator.";
constexpr std::string_view organizationUnknown =
    "The sign-in service does not know your organization. Please tell your administrator.";
constexpr std::string_view siteMisconfigured =
    "Signing in to this site is not set up correctly. Please tell the people who run it.";
constexpr std::string_view organizationMisconfigured =
    "Your organization's sign-in gave an answer that could not be used. Please try again, and tell "
    "your administrator if it happens again.";
constexpr std::string_view tookTooLong = "Signing in took too long, or the clock of your "
                                         "organization's sign-in is wrong. Please try again.";
constexpr std::string_view signInNeeded = "Please sign in to continue.";
constexpr std::string_view unknownError =
    "Signing in did not work. Please try again, and tell your administrator if it happens again.";

enum class Interaction { no, needed };

struct ProviderError {
    std::string_view code;
    std::string_view sentence;
    Interaction interaction = Interaction::no;
};

constexpr ProviderError providerErrors[] = {
    // RFC 6749 4.1.2.1
    {"invalid_request", siteMisconfigured},
    {"unauthorized_client", siteMisconfigured},
    {"access_denied", "You were not given access. Please ask your administrator if you think that "
                      "you should have it."},
    {"unsupported_response_type", siteMisconfigured},
    {"invalid_scope", siteMisconfigured},
    {"server_error", "The sign-in service had a problem. Please try again in a moment."},
    {"temporarily_unavailable",
     "The sign-in service is not available right now. Please try again in a few minutes."},

    // OIDC Core 3.1.2.6
    {"interaction_required", signInNeeded, Interaction::needed},
    {"login_required", signInNeeded, Interaction::needed},
    {"account_selection_required", "Please choose the account to sign in with.",
     Interaction::needed},
    {"consent_required", "Please sign in and allow this site to know who you are.",
     Interaction::needed},
    {"invalid_request_uri", siteMisconfigured},
    {"invalid_request_object", siteMisconfigured},
    {"request_not_supported", siteMisconfigured},
    {"request_uri_not_supported", siteMisconfigured},
    {"registration_not_supported", siteMisconfigured},

    // Scalekit
    {"invalid_redirect_uri", siteMisconfigured},
    {"invalid_connection_selector", "We could not tell which organization you belong to. Please "
                                    "start again from your organization's "
                                    "own link, or with your work e-mail address."},
    {"no_active_connections", organizationNotReady},
    {"no_configured_connections", organizationNotReady},
    {"connection_not_active",
     "Your organization's sign-in is switched off. Please tell your administrator."},
    {"invalid_organization_id", organizationUnknown},
    {"invalid_connection_id", organizationUnknown},
    {"domain_not_found", organizationUnknown},
    {"invalid_user_domain", "This organization does not accept your e-mail address. Please sign in "
                            "with your work address."},
    {"invalid_client", siteMisconfigured},
    {"application_not_active", siteMisconfigured},
    {"unauthorized", siteMisconfigured},
    {"user_not_active",
     "Your account is not active. Please ask your administrator to activate it."},
    {"mandatory_attribute_missing",
     "Your organization's sign-in left out something that this site needs, such as your e-mail "
     "address. Please tell your administrator."},
    {"invalid_id_token", organizationMisconfigured},
    {"failed_to_exchange_token", organizationMisconfigured},
    {"failed_to_exchange", organizationMisconfigured},
    {"user_info_retrieve_failed", organizationMisconfigured},
    {"invalid_saml_metadata", organizationMisconfigured},
    {"invalid_saml_response", organizationMisconfigured},
    {"invalid_saml_request", organizationMisconfigured},
    {"invalid_saml_form_params", organizationMisconfigured},
    {"signature_validation_failed", organizationMisconfigured},
    {"invalid_acs_url", organizationMisconfigured},
    {"invalid_assertion_url", organizationMisconfigured},
    {"invalid_status", organizationMisconfigured},
    {"malformed_saml_response", organizationMisconfigured},
    {"assertion_expired", tookTooLong},
    {"response_expired", tookTooLong},
    {"authentication_not_completed", "You did not finish signing in. Please try again."},
    {"user_login_required", signInNeeded, Interaction::needed},
};

const ProviderError& errorRow(std::string_view code) noexcept
{
    static constexpr ProviderError unknown = {"unknown", unknownError};
    const auto* found = std::ranges::find(providerErrors, code, &ProviderError::code);
    return found != std::end(providerErrors) ? *found : unknown;
}

/**
 * An optional string member (null counts as absent); false when it is something else or too long.
 */
bool take(JsonValue object, std::string_view name, std::string& into)
{
    const JsonValue member = object.member(name);
    if (member.type() == JsonType::absent || member.isNull()) {
        return true;
    }
    if (!member.isString() || member.text().size() > maxTokenMemberSize) {
        return false;
    }
    into = member.text();
    return true;
}

}  // namespace

Result<AuthorizationResponse> parseAuthorizationResponse(std::string_view query)
{
    const auto parameters = Query::parse(query);
    if (!parameters) {
        return parameters.error();
    }

    const std::string* code = parameters->find("code");
    const std::string* error = parameters->find("error");
    const std::string* given = code != nullptr ? code : error;
    const std::size_t most = code != nullptr ? maxCodeSize : maxErrorSize;
    if ((code == nullptr) == (error == nullptr) || given->empty() || given->size() > most ||
        parameters->value("state").size() > maxStateSize) {
        return Reason::request_malformed;
    }

    AuthorizationResponse response;
    response.code = parameters->value("code");
    response.error = parameters->value("error");
    response.state = parameters->value("state");
    if (const std::string* issuer = parameters->find("iss")) {
        response.issuer = *issuer;
    }
    return response;
}

Reason checkResponseIssuer(const AuthorizationResponse& response, const Provider& provider) noexcept
{
    if (!response.issuer) {
        return provider.responseIssuer ? Reason::response_issuer_missing : Reason::none;
    }
    return *response.issuer == provider.issuer ? Reason::none : Reason::response_issuer_mismatch;
}

Result<TokenResponse> parseTokenResponse(long status, std::string_view body)
{
    if (status != 200) {
        return Reason::token_request_refused;
    }

    const auto document = JsonDocument::parse(body, Reason::token_response_invalid);
    if (!document) {
        return document.error();
    }
    const JsonValue members = document->root();

    // Some servers answer 200 to everything.
    if (hasMember(members, "error")) {
        return Reason::token_request_refused;
    }
    if (!equalIgnoringCase(stringMember(members, "token_type").value_or(""), "bearer")) {
        return Reason::token_response_invalid;
    }

    TokenResponse response;
    if (!take(members, "id_token", response.idToken) ||
        !take(members, "access_token", response.accessToken) ||
        !take(members, "refresh_token", response.refreshToken) ||
        !take(members, "scope", response.scope) || response.idToken.empty() ||
        response.accessToken.empty()) {
        return Reason::token_response_invalid;
    }
    return response;
}

std::string_view providerErrorSentence(std::string_view code) noexcept
{
    return errorRow(code).sentence;
}

std::string_view knownProviderError(std::string_view code) noexcept
{
    return errorRow(code).code;
}

bool needsInteraction(std::string_view code) noexcept
{
    return errorRow(code).interaction == Interaction::needed;
}

}  // namespace scalekit
