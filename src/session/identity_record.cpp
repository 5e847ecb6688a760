#include "session/identity_record.hpp"

#include "base/bytes.hpp"

namespace scalekit {

namespace {

enum : std::uint8_t { scalarClaim = 0, listClaim = 1 };

bool writeClaim(ByteWriter& writer, const Claim& claim)
{
    if (claim.values.size() > UINT16_MAX) {
        return false;
    }

    ByteWriter values;
    for (const std::string& value : claim.values) {
        if (!values.string(value)) {
            return false;
        }
    }

    writer.u8(claim.list ? listClaim : scalarClaim);
    if (!writer.string(claim.name)) {
        return false;
    }
    writer.u16(static_cast<std::uint16_t>(claim.values.size()));
    return writer.string(values.bytes());
}

/**
 * list(1) | name | count(2) | values, the last as one string, so that a claim can be skipped at
 * once.
 */
ClaimView readClaim(ByteReader& reader) noexcept
{
    ClaimView claim;
    claim.list = reader.u8() == listClaim;
    claim.name = reader.string();
    claim.count = reader.u16();
    claim.values = reader.string();
    return claim;
}

bool wellFormed(std::string_view claims) noexcept
{
    ByteReader reader(claims);
    while (!reader.atEnd()) {
        const ClaimView claim = readClaim(reader);
        if (reader.failed()) {
            return false;
        }

        ByteReader values(claim.values);
        for (std::uint16_t i = 0; i < claim.count; ++i) {
            values.string();
        }
        if (!values.atEnd()) {
            return false;
        }
    }
    return true;
}

/** A member of the profile as a claim: its length stands right before it in the bytes. */
ClaimView profileClaim(std::string_view name, std::string_view value) noexcept
{
    ClaimView claim;
    if (!value.empty()) {
        claim.name = name;
        claim.count = 1;
        claim.values = std::string_view(value.data() - 2, value.size() + 2);
    }
    return claim;
}

/** In the order of the bytes. */
struct Member {
    std::string_view claim;
    std::string Identity::*written;
    std::string_view IdentityView::*read;
};
constexpr Member members[] = {
    {"sub", &Identity::subject, &IdentityView::subject},
    {"oid", &Identity::organization, &IdentityView::organization},
    {"", &Identity::connection, &IdentityView::connection},
    {"sid", &Identity::providerSession, &IdentityView::providerSession},
    {"email", &Identity::email, &IdentityView::email},
    {"name", &Identity::name, &IdentityView::name},
    {"picture", &Identity::picture, &IdentityView::picture},
};

}  // namespace

Result<std::string> writeIdentity(const Identity& identity, const Claim* first)
{
    if (identity.subject.empty()) {
        return Reason::subject_missing;
    }
    ByteWriter writer;
    writer.reserve(1024);
    for (const Member& member : members) {
        if (!writer.string(identity.*member.written)) {
            return Reason::session_too_large;
        }
    }
    if (first != nullptr && !writeClaim(writer, *first)) {
        return Reason::session_too_large;
    }
    for (const Claim& claim : identity.claims) {
        if (!writeClaim(writer, claim)) {
            return Reason::session_too_large;
        }
    }
    return writer.take();
}

Result<IdentityView> readIdentity(std::string_view bytes) noexcept
{
    ByteReader reader(bytes);
    IdentityView identity;
    for (const Member& member : members) {
        identity.*member.read = reader.string();
    }
    identity.claims = reader.rest();
    if (reader.failed() || identity.subject.empty() || !wellFormed(identity.claims)) {
        return Reason::session_invalid;
    }
    return identity;
}

ClaimView findClaim(const IdentityView& identity, std::string_view name) noexcept
{
    for (const Member& member : members) {
        if (member.claim == name && !name.empty()) {
            return profileClaim(member.claim, identity.*member.read);
        }
    }

    ByteReader reader(identity.claims);
    while (!reader.atEnd() && !reader.failed()) {
        const ClaimView claim = readClaim(reader);
        if (claim.name == name && !reader.failed()) {
            return claim;
        }
    }
    return {};
}

ClaimView takeClaim(std::string_view& claims) noexcept
{
    ByteReader reader(claims);
    const ClaimView claim = reader.atEnd() ? ClaimView() : readClaim(reader);
    claims = reader.rest();
    return reader.failed() ? ClaimView() : claim;
}

Reason checkTenant(const IdentityView& identity, const TenantConstraint& tenant) noexcept
{
    if (!tenant.organization.empty() && identity.organization != tenant.organization) {
        return Reason::organization_mismatch;
    }
    if (!tenant.connection.empty() && identity.connection != tenant.connection) {
        return Reason::connection_mismatch;
    }
    return Reason::none;
}

}  // namespace scalekit
