#include "oidc/bearer.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <array>

namespace scalekit {

namespace {

constexpr std::string_view scheme = "Bearer";

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

/** RFC 6750 section 3: what error, error_description and scope may hold. */
bool isPlain(char c) noexcept
{
    return isPrintable(c) && c != '"' && c != '\\';
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

}  // namespace scalekit
