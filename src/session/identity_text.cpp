#include "session/identity_text.hpp"

#include "base/url.hpp"

namespace scalekit {

namespace {

/** What a header may carry as it is. */
constexpr PlainBytes printableBut(std::string_view encoded)
{
    PlainBytes plain{};
    for (std::size_t c = 0x20; c < 0x7f; ++c) {
        plain[c] = encoded.find(static_cast<char>(c)) == std::string_view::npos;
    }
    return plain;
}

constexpr PlainBytes plainInText = printableBut("%");
constexpr PlainBytes plainInList = printableBut("%,");

/** Joins what `each(visit)` visits. */
template <class Each>
void appendJoined(std::string& out, Each&& each)
{
    bool first = true;
    each([&](std::string_view value) {
        if (!first) {
            out += ',';
        }
        first = false;
        appendFieldValue(out, value, plainInList);
    });
}

void appendValues(std::string& out, const ClaimView& claim)
{
    appendJoined(out, [&](auto&& visit) { forEachValue(claim, visit); });
}

/** The claims that are a field each, found in one walk over all of them. */
struct FieldClaims {
    ClaimView roles;
    ClaimView permissions;
    ClaimView client;
    ScopeClaims scopes;
};

FieldClaims fieldClaims(const IdentityView& identity) noexcept
{
    FieldClaims found;
    const std::pair<std::string_view, ClaimView*> named[] = {
        {"roles", &found.roles},        {"permissions", &found.permissions},
        {"scope", &found.scopes.scope}, {"scopes", &found.scopes.scopes},
        {"client_id", &found.client},
    };
    std::string_view rest = identity.claims;
    while (!rest.empty()) {
        const ClaimView claim = takeClaim(rest);
        for (const auto& [name, kept] : named) {
            if (claim.name == name && kept->name.data() == nullptr) {
                *kept = claim;
            }
        }
    }
    return found;
}

}  // namespace

void appendHeaderSafe(std::string& out, std::string_view text)
{
    appendFieldValue(out, text, plainInText);
}

std::string joinedValues(const ClaimView& claim)
{
    std::string text;
    appendValues(text, claim);
    return text;
}

IdentityText::IdentityText(const IdentityView& identity)
{
    const FieldClaims claims = fieldClaims(identity);
    bytes_.reserve(256);
    for (std::size_t i = 0; i < identityFieldCount; ++i) {
        switch (static_cast<IdentityField>(i)) {
        case IdentityField::subject:
            appendHeaderSafe(bytes_, identity.subject);
            break;
        case IdentityField::email:
            appendHeaderSafe(bytes_, identity.email);
            break;
        case IdentityField::name:
            appendHeaderSafe(bytes_, identity.name);
            break;
        case IdentityField::picture:
            appendHeaderSafe(bytes_, identity.picture);
            break;
        case IdentityField::organization:
            appendHeaderSafe(bytes_, identity.organization);
            break;
        case IdentityField::connection:
            appendHeaderSafe(bytes_, identity.connection);
            break;
        case IdentityField::providerSession:
            appendHeaderSafe(bytes_, identity.providerSession);
            break;
        case IdentityField::roles:
            appendValues(bytes_, claims.roles);
            break;
        case IdentityField::permissions:
            appendValues(bytes_, claims.permissions);
            break;
        case IdentityField::scopes:
            appendJoined(bytes_, [&](auto&& visit) { forEachScope(claims.scopes, visit); });
            break;
        case IdentityField::client:
            appendValues(bytes_, claims.client);
            break;
        }
        ends_[i] = static_cast<std::uint32_t>(bytes_.size());
    }
}

}  // namespace scalekit
