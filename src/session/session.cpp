#include "session/session.hpp"

#include "base/bytes.hpp"

#include <optional>

namespace scalekit {

namespace {

constexpr std::uint8_t recordVersion = 1;
constexpr std::size_t seenOffset = 1 + 8;
constexpr std::int64_t maxTime = 253402300799;  // the end of the year 9999

bool validTime(std::int64_t seconds) noexcept
{
    return seconds >= 0 && seconds <= maxTime;
}

std::chrono::sys_seconds at(std::int64_t seconds) noexcept
{
    return std::chrono::sys_seconds(std::chrono::seconds(seconds));
}

/** One way to write each field: its number is never given to another. */
struct NumberField {
    std::uint8_t number;
    std::int64_t SessionFields::*value;
};
struct TextField {
    std::uint8_t number;
    std::string_view SessionFields::*value;
};
constexpr NumberField numberFields[] = {
    {1, &SessionFields::revocation},
    {3, &SessionFields::accessTokenEnd},
    {5, &SessionFields::refreshTokenEnd},
};
constexpr TextField textFields[] = {
    {2, &SessionFields::accessToken},
    {4, &SessionFields::refreshToken},
};

/** Not UTF-8, so no claim of a token is called that. */
constexpr std::string_view fieldsName = "\xff";

/** The claim that holds the fields; none when all are empty. */
std::optional<Claim> fieldsClaim(const SessionFields& fields)
{
    Claim claim{std::string(fieldsName), true, {}};
    for (const NumberField& field : numberFields) {
        if (fields.*field.value != 0) {
            ByteWriter writer;
            writer.u8(field.number);
            writer.i64(fields.*field.value);
            claim.values.push_back(writer.take());
        }
    }
    for (const TextField& field : textFields) {
        if (!(fields.*field.value).empty()) {
            ByteWriter writer;
            writer.u8(field.number);
            writer.raw(fields.*field.value);
            claim.values.push_back(writer.take());
        }
    }
    return claim.values.empty() ? std::nullopt : std::optional<Claim>(std::move(claim));
}

/** Passes over the fields of a newer module. */
void readField(std::string_view bytes, SessionFields& fields) noexcept
{
    ByteReader reader(bytes);
    const std::uint8_t number = reader.u8();
    for (const NumberField& field : numberFields) {
        if (field.number == number) {
            fields.*field.value = reader.i64();
        }
    }
    for (const TextField& field : textFields) {
        if (field.number == number) {
            fields.*field.value = reader.rest();
        }
    }
}

/** Takes the fields off the claims, where they are the first. */
void takeFields(SessionView& session) noexcept
{
    std::string_view rest = session.identity.claims;
    const ClaimView first = takeClaim(rest);
    if (first.name == fieldsName) {
        session.identity.claims = rest;
        forEachValue(first, [&](std::string_view bytes) { readField(bytes, session.fields); });
    }
}

}  // namespace

Result<std::string> writeSession(const Identity& identity, std::chrono::sys_seconds now,
                                 std::string_view id, const SessionFields& fields)
{
    if (id.size() != sessionIdSize) {
        return Reason::internal;
    }
    const auto extra = fieldsClaim(fields);
    const Result<std::string> bytes = writeIdentity(identity, extra ? &*extra : nullptr);
    if (!bytes) {
        return bytes.error();
    }

    ByteWriter writer;
    writer.reserve(seenOffset + 8 + sessionIdSize + bytes->size());
    writer.u8(recordVersion);
    writer.i64(now.time_since_epoch().count());
    writer.i64(now.time_since_epoch().count());
    writer.raw(id);
    writer.raw(*bytes);
    return writer.take();
}

Result<SessionView> readSession(std::string_view record) noexcept
{
    ByteReader reader(record);
    const std::uint8_t version = reader.u8();
    const std::int64_t created = reader.i64();
    const std::int64_t seen = reader.i64();
    const std::string_view id = reader.raw(sessionIdSize);
    const Result<IdentityView> identity = readIdentity(reader.rest());
    if (version != recordVersion || !validTime(created) || !validTime(seen) || !identity) {
        return Reason::session_invalid;
    }
    SessionView session{at(created), at(seen), id, {}, *identity};
    takeFields(session);
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

}  // namespace scalekit
