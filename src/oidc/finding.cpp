#include "oidc/finding.hpp"

#include "base/base64url.hpp"
#include "base/log_text.hpp"
#include "base/text.hpp"

namespace scalekit {

namespace {

/** A text, or the texts of a list. */
std::string textsOf(JsonValue claims, std::string_view name)
{
    const JsonValue member = claims.member(name);
    std::vector<std::string_view> texts;
    for (const JsonValue entry : member.elements()) {
        if (entry.isString()) {
            texts.push_back(entry.text());
        }
    }
    return member.isString() ? std::string(member.text()) : joined(texts, " ");
}

std::string dateFinding(JsonValue claims, std::string_view name, std::chrono::sys_seconds now)
{
    const auto date = dateMember(claims, name);
    if (!date) {
        return {};
    }
    const std::string there = std::to_string(*date);
    const std::string here = std::to_string(now.time_since_epoch().count());
    return concat({name, " ", there, ", the clock here is at ", here});
}

}  // namespace

std::string claimFinding(Reason reason, const Jwt& token, const TokenExpectation& expected)
{
    const JsonValue claims = token.claims.root();
    switch (reason) {
    case Reason::issuer_mismatch:
        return expectedAndFound("iss", joined(expected.issuers, " or "), textsOf(claims, "iss"));
    case Reason::audience_mismatch:
    case Reason::audience_untrusted:
        return expectedAndFound("aud", expected.audience, textsOf(claims, "aud"));
    case Reason::authorized_party_mismatch:
        return expectedAndFound("azp", expected.client, textsOf(claims, "azp"));
    case Reason::token_type_mismatch:
        return expectedAndFound("typ", "", token.type);
    case Reason::token_expired:
        return dateFinding(claims, "exp", expected.now);
    case Reason::token_not_yet_valid:
        return dateFinding(claims, "nbf", expected.now);
    case Reason::issued_at_invalid:
        return dateFinding(claims, "iat", expected.now);
    default:
        return {};
    }
}

std::string headerFinding(Reason reason, std::string_view compact)
{
    if (reason != Reason::algorithm_not_allowed && reason != Reason::key_unknown &&
        reason != Reason::signature_invalid) {
        return {};
    }
    const auto text = base64urlDecode(compact.substr(0, compact.find('.')));
    const auto header = JsonDocument::parse(text.value_or(""), Reason::header_invalid);
    if (!header) {
        return {};
    }
    return "alg " + quotedForLog(textsOf(header->root(), "alg"), 32) + ", kid " +
           quotedForLog(textsOf(header->root(), "kid"));
}

std::string tokenErrorFinding(long status, std::string_view body, std::string_view code)
{
    std::string finding = "HTTP status " + std::to_string(status);
    const auto document = JsonDocument::parse(body, Reason::token_response_invalid);
    const std::string error(document ? stringMember(document->root(), "error").value_or("") : "");
    // a server that says the code again must not get it into the log
    if (!error.empty() && (code.empty() || error.find(code) == std::string::npos)) {
        finding += ", error " + quotedForLog(error, 64);
    }
    return finding;
}

}  // namespace scalekit
