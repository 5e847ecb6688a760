#pragma once

#include "session/scopes.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

/** What of an identity the upstream and the configuration are told, as text for headers and
 * variables. */
namespace scalekit {

/** In the order of identityFields. */
enum class IdentityField : std::size_t {
    subject,
    email,
    name,
    picture,
    organization,
    connection,
    providerSession,
    roles,
    permissions,
    scopes,
    client
};

/** Where a field is told: in a variable, in a header below the prefix; "" for neither. */
struct IdentityFieldNames {
    IdentityField field;
    std::string_view variable;
    std::string_view header;
};

inline constexpr IdentityFieldNames identityFields[] = {
    {IdentityField::subject, "scalekit_sub", "Sub"},
    {IdentityField::email, "scalekit_email", "Email"},
    {IdentityField::name, "scalekit_name", "Name"},
    {IdentityField::picture, "scalekit_picture", ""},
    {IdentityField::organization, "scalekit_org_id", "Org-Id"},
    {IdentityField::connection, "scalekit_connection_id", "Connection-Id"},
    {IdentityField::providerSession, "scalekit_session_id", "Session-Id"},
    {IdentityField::roles, "scalekit_roles", "Roles"},
    {IdentityField::permissions, "scalekit_permissions", "Permissions"},
    {IdentityField::scopes, "scalekit_scopes", "Scopes"},
    {IdentityField::client, "", "Client-Id"},
};
inline constexpr std::size_t identityFieldCount = std::size(identityFields);

constexpr bool fieldsInOrder()
{
    for (std::size_t i = 0; i < identityFieldCount; ++i) {
        if (static_cast<std::size_t>(identityFields[i].field) != i) {
            return false;
        }
    }
    return true;
}
static_assert(fieldsInOrder());

/** Bytes outside printable ASCII, and '%', are percent-encoded. */
void appendHeaderSafe(std::string& out, std::string_view text);

/** The values of a claim, each header-safe and without a raw ',', joined by ','. */
std::string joinedValues(const ClaimView& claim);

/** The texts of all fields, made once for a record. */
class IdentityText {
  public:
    explicit IdentityText(const IdentityView& identity);

    std::string_view operator[](IdentityField field) const noexcept
    {
        const auto i = static_cast<std::size_t>(field);
        const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
        return std::string_view(bytes_).substr(begin, ends_[i] - begin);
    }

  private:
    std::string bytes_;
    std::array<std::uint32_t, identityFieldCount> ends_{};
};

}  // namespace scalekit
