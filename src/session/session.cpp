#include "session/session.hpp"

#include "base/bytes.hpp"

namespace scalekit {

namespace {

constexpr std::uint8_t recordVersion = 1;
constexpr std::size_t seenOffset = 1 + 8;
constexpr std::int64_t maxTime = 253402300799;  // the end of the year 9999

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

bool validTime(std::int64_t seconds) noexcept
{
    return seconds >= 0 && seconds <= maxTime;
}

std::chrono::sys_seconds at(std::int64_t seconds) noexcept
{
    return std::chrono::sys_seconds(std::chrono::seconds(seconds));
}

/** A member of the profile as a claim: its length stands right before it in the record. */
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

}  // namespace

Result<std::string> writeSession(const Identity& identity, std::chrono::sys_seconds now,
                                 std::string_view id)
{
    if (id.size() != sessionIdSize) {
        return Reason::internal;
    }
    if (identity.subject.empty()) {
        return Reason::subject_missing;
    }

    ByteWriter writer;
    writer.reserve(1024);
    writer.u8(recordVersion);
    writer.i64(now.time_since_epoch().count());
    writer.i64(now.time_since_epoch().count());
    writer.raw(id);

    for (const std::string* member :
         {&identity.subject, &identity.organization, &identity.connection,
          &identity.providerSession, &identity.email, &identity.name, &identity.picture}) {
        if (!writer.string(*member)) {
            return Reason::session_too_large;
        }
    }
    for (const Claim& claim : identity.claims) {
        if (!writeClaim(writer, claim)) {
            return Reason::session_too_large;
        }
    }

    return writer.take();
}

Result<SessionView> readSession(std::string_view record) noexcept
{
    ByteReader reader(record);
    if (reader.u8() != recordVersion) {
        return Reason::session_invalid;
    }

    const std::int64_t created = reader.i64();
    const std::int64_t seen = reader.i64();
    if (!validTime(created) || !validTime(seen)) {
        return Reason::session_invalid;
    }

    SessionView session;
    session.created = at(created);
    session.seen = at(seen);
    session.id = reader.raw(sessionIdSize);
    for (std::string_view SessionView::*member :
         {&SessionView::subject, &SessionView::organization, &SessionView::connection,
          &SessionView::providerSession, &SessionView::email, &SessionView::name,
          &SessionView::picture}) {
        session.*member = reader.string();
    }
    session.claims = reader.rest();

    if (reader.failed() || session.subject.empty() || !wellFormed(session.claims)) {
        return Reason::session_invalid;
    }
    return session;
}

std::string touchSession(std::string_view record, std::chrono::sys_seconds now)
{
    ByteWriter seen;
    seen.i64(now.time_since_epoch().count());

    std::string touched(record);
    touched.replace(seenOffset, seen.bytes().size(), seen.bytes());
    return touched;
}

ClaimView findClaim(const SessionView& session, std::string_view name) noexcept
{
    struct Member {
        std::string_view name;
        std::string_view SessionView::*value;
    };
    static constexpr Member profile[] = {
        {"sub", &SessionView::subject},         {"oid", &SessionView::organization},
        {"sid", &SessionView::providerSession}, {"email", &SessionView::email},
        {"name", &SessionView::name},           {"picture", &SessionView::picture},
    };

    for (const Member& member : profile) {
        if (member.name == name) {
            return profileClaim(member.name, session.*member.value);
        }
    }

    ByteReader reader(session.claims);
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

Reason checkLimits(const SessionView& session, const SessionLimits& limits,
                   std::chrono::sys_seconds now) noexcept
{
    if (session.created > now + limits.skew || session.seen > now + limits.skew) {
        return Reason::session_invalid;
    }
    if (now - session.created >= limits.lifetime) {
        return Reason::session_expired;
    }
    if (now - session.seen >= limits.idle) {
        return Reason::session_idle;
    }
    return Reason::none;
}

bool refreshDue(const SessionView& session, const SessionLimits& limits,
                std::chrono::sys_seconds now) noexcept
{
    return now - session.seen >= limits.idle / 8;
}

Reason checkTenant(const SessionView& session, const TenantConstraint& tenant) noexcept
{
    if (!tenant.organization.empty() && session.organization != tenant.organization) {
        return Reason::organization_mismatch;
    }
    if (!tenant.connection.empty() && session.connection != tenant.connection) {
        return Reason::connection_mismatch;
    }
    return Reason::none;
}

}  // namespace scalekit
