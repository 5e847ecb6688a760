#include "oidc/bearer.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace scalekit {

namespace {

constexpr std::string_view scheme = "Bearer";

constexpr bool isAlphanumeric(char c) noexcept
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/** A character of a scheme's name (RFC 9110 5.6.2). */
bool isTokenCharacter(char c) noexcept
{
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return isAlphanumeric(c) || others.find(c) != std::string_view::npos;
}

/** 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"=" */
constexpr std::array<bool, 256> tokenCharacters = [] {
    std::array<bool, 256> allowed{};
    for (std::size_t c = 0; c < allowed.size(); ++c) {
        allowed[c] =
            isAlphanumeric(static_cast<char>(c)) ||
            std::string_view("-._~+/").find(static_cast<char>(c)) != std::string_view::npos;
    }
    return allowed;
}();

std::string_view trimmed(std::string_view text) noexcept
{
    constexpr std::string_view space = " \t";
    const std::size_t first = std::min(text.find_first_not_of(space), text.size());
    const std::size_t end = text.find_last_not_of(space) + 1;
    return end > first ? text.substr(first, end - first) : std::string_view();
}

/** RFC 6750 section 3: what error, error_description and scope may hold. */
bool isPlain(char c) noexcept
{
    return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\';
}

void appendParameter(std::string& challenge, std::string_view name, std::string_view value)
{
    if (value.empty()) {
        return;
    }
    challenge += challenge.size() == scheme.size() ? " " : ", ";
    challenge += name;
    challenge += "=\"";

    const bool text = name == "realm" || name == "resource_metadata";
    for (const char c : value) {
        if (isPlain(c)) {
            challenge += c;
        } else if (text && (c == '"' || c == '\\')) {
            challenge += '\\';
            challenge += c;
        }
    }
    challenge += '"';
}

struct Error {
    std::string_view code{};
    std::string_view description{};
};

constexpr Error invalidToken(std::string_view description) noexcept
{
    return {"invalid_token", description};
}

// No default: -Wswitch names the reason that was not thought of.
Error errorOf(Reason reason) noexcept
{
    switch (reason) {
    case Reason::request_malformed:
        return {"invalid_request", "The request must carry one well-formed access token, once"};
    case Reason::insufficient_scope:
        return {"insufficient_scope", "The access token lacks a scope that is required here"};

    case Reason::token_malformed:
        return invalidToken("The access token is not a well-formed JWT");
    case Reason::token_too_large:
        return invalidToken("The access token is too large");
    case Reason::header_invalid:
        return invalidToken("The header of the access token is not valid");
    case Reason::algorithm_not_allowed:
        return invalidToken("The algorithm of the access token is not allowed");
    case Reason::critical_header:
        return invalidToken("The access token needs an extension that is not supported");
    case Reason::key_unknown:
    case Reason::key_unusable:
        return invalidToken("The access token is signed with an unknown key");
    case Reason::signature_invalid:
        return invalidToken("The signature of the access token is not valid");
    case Reason::claims_malformed:
        return invalidToken("A claim of the access token is missing or malformed");
    case Reason::issuer_mismatch:
        return invalidToken("The access token is from another issuer");
    case Reason::audience_mismatch:
    case Reason::audience_untrusted:
        return invalidToken("The access token is for another audience");
    case Reason::authorized_party_mismatch:
        return invalidToken("The access token was issued to another client");
    case Reason::token_expired:
        return invalidToken("The access token has expired");
    case Reason::token_not_yet_valid:
        return invalidToken("The access token is not valid yet");
    case Reason::issued_at_invalid:
        return invalidToken("The time of issue of the access token is not valid");
    case Reason::subject_missing:
        return invalidToken("The access token names no subject");
    case Reason::nonce_mismatch:
    case Reason::at_hash_mismatch:
    case Reason::c_hash_mismatch:
    case Reason::token_type_mismatch:
        return invalidToken("The token is not an access token");

    case Reason::none:
    case Reason::unauthenticated:
    case Reason::session_invalid:
    case Reason::session_expired:
    case Reason::session_idle:
    case Reason::session_lost:
    case Reason::session_too_large:
    case Reason::tenant_unknown:
    case Reason::organization_mismatch:
    case Reason::connection_mismatch:
    case Reason::requirement_unmet:
    case Reason::subrequest_identity:
    case Reason::method_not_allowed:
    case Reason::cross_site:
    case Reason::state_invalid:
    case Reason::state_expired:
    case Reason::login_cookie_missing:
    case Reason::login_spent:
    case Reason::response_issuer_missing:
    case Reason::response_issuer_mismatch:
    case Reason::provider_error:
    case Reason::provider_unavailable:
    case Reason::provider_timeout:
    case Reason::discovery_invalid:
    case Reason::discovery_issuer_mismatch:
    case Reason::token_request_failed:
    case Reason::token_request_refused:
    case Reason::token_response_invalid:
    case Reason::key_set_invalid:
    case Reason::internal:
        break;
    }

    return {};
}

}  // namespace

Credentials readAuthorization(std::string_view field) noexcept
{
    field = trimmed(field);

    const std::size_t size =
        static_cast<std::size_t>(std::ranges::find_if_not(field, isTokenCharacter) - field.begin());
    if (!equalIgnoringCase(field.substr(0, size), scheme)) {
        return {};
    }

    // RFC 9110 11.4: spaces, not tabs.
    const std::string_view rest = field.substr(size);
    const std::size_t token = rest.find_first_not_of(' ');
    if (token == std::string_view::npos || token == 0) {
        return {Credentials::Kind::malformed};
    }
    return {Credentials::Kind::token, rest.substr(token)};
}

Credentials readToken(std::string_view text) noexcept
{
    return text.empty() ? Credentials() : Credentials{Credentials::Kind::token, text};
}

bool isBearerToken(std::string_view text) noexcept
{
    const std::size_t size = text.find_last_not_of('=') + 1;  // 0 when there is nothing else
    bool good = size > 0;
    for (const char c : text.substr(0, size)) {  // to its end: good tokens are the rule
        good &= tokenCharacters[static_cast<unsigned char>(c)];
    }
    return good;
}

std::string bearerChallenge(const Challenge& challenge)
{
    std::string text(scheme);
    appendParameter(text, "realm", challenge.realm);
    appendParameter(text, "error", challenge.error);
    appendParameter(text, "error_description", challenge.description);
    appendParameter(text, "scope", challenge.scope);
    appendParameter(text, "resource_metadata", challenge.resourceMetadata);
    return text;
}

std::string_view bearerError(Reason reason) noexcept
{
    return errorOf(reason).code;
}

std::string_view bearerErrorDescription(Reason reason) noexcept
{
    return errorOf(reason).description;
}

}  // namespace scalekit
