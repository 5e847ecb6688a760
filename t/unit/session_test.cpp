#include "session/session.hpp"

#include "base/bytes.hpp"

#include <string>
#include <vector>

#include "allocations.hpp"
#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;
using namespace std::literals;

namespace {

const std::chrono::sys_seconds now{std::chrono::seconds(1'800'000'000)};
const std::string id(sessionIdSize, 'i');
const SessionLimits limits{8h, 1h, 30s};

Identity jane()
{
    Identity identity;
    identity.subject = "conn_1;jane";
    identity.organization = "org_1";
    identity.connection = "conn_1";
    identity.providerSession = "ses_1";
    identity.email = "jane@acme.com";
    identity.name = "Jane Doe";
    identity.picture = "https://x/y.png";
    identity.claims = {{"roles", true, {"admin", "a,b", ""}},
                       {"level", false, {"7"}},
                       {"org.plan", false, {"pro"}}};
    return identity;
}

Identity person(std::string subject, std::vector<Claim> claims = {})
{
    Identity identity;
    identity.subject = std::move(subject);
    identity.claims = std::move(claims);
    return identity;
}

std::string record()
{
    return assertValue(writeSession(jane(), now, id));
}

std::vector<std::string> valuesOf(const ClaimView& claim)
{
    std::vector<std::string> values;
    forEachValue(claim, [&](std::string_view value) { values.emplace_back(value); });
    return values;
}

}  // namespace

TEST("a session says who signed in, and when")
{
    const std::string bytes = record();
    const SessionView session = assertValue(readSession(bytes));

    assert_true(session.created == now);
    assert_true(session.seen == now);
    assertView(id, session.id);
    assertView("conn_1;jane", session.identity.subject);
    assertView("org_1", session.identity.organization);
    assertView("conn_1", session.identity.connection);
    assertView("ses_1", session.identity.providerSession);
    assertView("jane@acme.com", session.identity.email);
    assertView("Jane Doe", session.identity.name);
    assertView("https://x/y.png", session.identity.picture);
}

TEST("claims keep their values apart")
{
    const std::string bytes = record();
    const SessionView session = assertValue(readSession(bytes));

    const ClaimView roles = findClaim(session.identity, "roles");
    assertView("roles", roles.name);
    assert_true(roles.list);
    assert_true((valuesOf(roles) == std::vector<std::string>{"admin", "a,b", ""}));

    const ClaimView plan = findClaim(session.identity, "org.plan");
    assert_false(plan.list);
    assert_true(valuesOf(plan) == std::vector<std::string>{"pro"});
}

TEST("a claim that the session lacks has no name")
{
    const std::string bytes = record();
    for (const char* name : {"", "role", "roles2", "Roles", "org", "plan"}) {
        assertCase(findClaim(assertValue(readSession(bytes)).identity, name).name.data() == nullptr,
                   name);
    }

    const std::string bare = assertValue(writeSession(person("jane"), now, id));
    for (const char* name : {"roles", "email", "oid"}) {
        assertCase(findClaim(assertValue(readSession(bare)).identity, name).name.data() == nullptr,
                   name);
    }
}

TEST("the profile is found under the names of its claims, which no other claim can take")
{
    Identity identity = jane();
    identity.claims.push_back({"email", false, {"forged@acme.com"}});
    const std::string bytes = assertValue(writeSession(identity, now, id));
    const SessionView session = assertValue(readSession(bytes));

    const std::pair<const char*, const char*> rows[] = {
        {"sub", "conn_1;jane"},     {"oid", "org_1"},     {"sid", "ses_1"},
        {"email", "jane@acme.com"}, {"name", "Jane Doe"}, {"picture", "https://x/y.png"}};
    for (const auto& [name, value] : rows) {
        assertCase(valuesOf(findClaim(session.identity, name)) == std::vector<std::string>{value},
                   name);
        assertView(name, findClaim(session.identity, name).name);
    }
}

TEST("reading a session and finding a claim allocate nothing")
{
    const std::string bytes = record();
    const std::size_t before = allocations;

    const auto session = readSession(bytes);
    const ClaimView claim = findClaim(session->identity, "org.plan");
    std::size_t size = 0;
    forEachValue(claim, [&](std::string_view value) { size += value.size(); });
    const Reason reason = checkLimits(*session, limits, now);

    assert_int_equal(allocations - before, 0);
    assert_int_equal(size, 3);
    assertReason(Reason::none, reason);
    assert_true(before > 0);
}

TEST("a record that is cut, lengthened, or of another version is no session")
{
    const std::string bytes = assertValue(writeSession(jane(), now, id));
    const std::size_t claims =
        bytes.size() - assertValue(readSession(bytes)).identity.claims.size();

    forEachTruncation(bytes, [&](const std::string& cut) {
        // a record without its last claims is one of another person's; the seal is what keeps it
        // whole
        if (cut.size() < claims) {
            assertRefused(Reason::session_invalid, readSession(cut));
        }
    });
    assertRefused(Reason::session_invalid, readSession(bytes.substr(0, bytes.size() - 1)));
    assertRefused(Reason::session_invalid, readSession(bytes + '\0'));
    for (const char version : {'\0', '\2', '\xff'}) {
        assertRefused(Reason::session_invalid, readSession(version + bytes.substr(1)));
    }
}

TEST("no change of a record is read beyond its end, and what is read lies within it")
{
    forEachBitFlip(record(), [](const std::string& flipped) {
        const auto session = readSession(flipped);
        if (!session) {
            return;
        }
        const char* end = flipped.data() + flipped.size();
        for (const char* name : {"roles", "level", "org.plan", "email", "none"}) {
            forEachValue(findClaim(session->identity, name), [&](std::string_view value) {
                assert_true(value.data() >= flipped.data() && value.data() + value.size() <= end);
            });
        }
    });
}

TEST("claims whose values do not fill their place are no session")
{
    const auto withClaim = [](std::uint16_t count, std::string_view values) {
        ByteWriter writer;
        writer.raw(assertValue(writeSession(person("jane"), now, id)));
        writer.u8(1);
        writer.string("roles");
        writer.u16(count);
        writer.string(values);
        return writer.take();
    };
    const std::string two("\0\1a\0\1b", 6);

    assert_true(bool(readSession(withClaim(2, two))));
    assert_true(bool(readSession(withClaim(0, ""))));
    for (const std::uint16_t count : {0, 1, 3, 65535}) {
        assertRefused(Reason::session_invalid, readSession(withClaim(count, two)));
    }
    assertRefused(Reason::session_invalid, readSession(withClaim(1, std::string_view("\0\2a", 3))));
    assertRefused(Reason::session_invalid, readSession(withClaim(1, std::string_view("\0", 1))));
}

TEST("times that no clock shows are no session")
{
    for (const std::int64_t time :
         {std::int64_t{-1}, INT64_MIN, INT64_MAX, std::int64_t{253402300800}}) {
        for (const std::size_t offset : {1, 9}) {
            ByteWriter writer;
            writer.i64(time);
            std::string bytes = record();
            bytes.replace(offset, 8, writer.bytes());
            assertRefused(Reason::session_invalid, readSession(bytes));
        }
    }
}

TEST("a session without a subject is neither written nor read")
{
    assertRefused(Reason::subject_missing, writeSession(person(""), now, id));

    std::string bytes = assertValue(writeSession(person("j"), now, id));
    bytes.erase(1 + 8 + 8 + sessionIdSize + 2, 1);
    bytes[1 + 8 + 8 + sessionIdSize + 1] = 0;
    assertRefused(Reason::session_invalid, readSession(bytes));
}

TEST("what no length can tell is too large")
{
    const std::string large(65536, 'x');
    assert_true(bool(writeSession(person(large.substr(1)), now, id)));
    assertRefused(Reason::session_too_large, writeSession(person(large), now, id));

    const Claim claims[] = {{"a", false, {large}},
                            {large, false, {"a"}},
                            {"a", true, {large.substr(9), large.substr(9)}},
                            {"a", true, std::vector<std::string>(65536)}};
    for (const Claim& claim : claims) {
        assertRefused(Reason::session_too_large, writeSession(person("jane", {claim}), now, id));
    }
}

TEST("a session id has its one size")
{
    assertRefused(Reason::internal, writeSession(jane(), now, ""));
    assertRefused(Reason::internal, writeSession(jane(), now, id + "x"));
}

TEST("touching a session moves the time it was seen and nothing else")
{
    const std::string bytes = record();
    const std::string touched = touchSession(bytes, now + 600s);
    const SessionView session = assertValue(readSession(touched));

    assert_true(session.created == now);
    assert_true(session.seen == now + 600s);
    assertView(bytes, touchSession(touched, now));
}

TEST("a session lives up to its absolute and its idle limit")
{
    const std::string bytes = record();
    const SessionView fresh = assertValue(readSession(bytes));
    assertReason(Reason::none, checkLimits(fresh, limits, now));
    assertReason(Reason::none, checkLimits(fresh, limits, now + 1h - 1s));
    assertReason(Reason::session_idle, checkLimits(fresh, limits, now + 1h));
    assertReason(Reason::session_expired, checkLimits(fresh, limits, now + 8h));

    const std::string touched = touchSession(bytes, now + 7h + 30min);
    const SessionView active = assertValue(readSession(touched));
    assertReason(Reason::none, checkLimits(active, limits, now + 8h - 1s));
    assertReason(Reason::session_expired, checkLimits(active, limits, now + 8h));
}

TEST("a session from the future is none, beyond what clocks differ")
{
    const std::string bytes = record();
    assertReason(Reason::none, checkLimits(assertValue(readSession(bytes)), limits, now - 30s));
    assertReason(Reason::session_invalid,
                 checkLimits(assertValue(readSession(bytes)), limits, now - 31s));

    const std::string ahead = touchSession(bytes, now + 31s);
    assertReason(Reason::session_invalid,
                 checkLimits(assertValue(readSession(ahead)), limits, now));

    const std::string future = assertValue(writeSession(jane(), now + 31s, id));
    const std::string back = touchSession(future, now);
    assertReason(Reason::session_invalid, checkLimits(assertValue(readSession(back)), limits, now));
}

TEST("a session is sealed again once an eighth of its idle limit has passed")
{
    const std::string bytes = record();
    const SessionView session = assertValue(readSession(bytes));
    assert_false(refreshDue(session, limits, now));
    assert_false(refreshDue(session, limits, now + 449s));
    assert_true(refreshDue(session, limits, now + 450s));
    assert_false(refreshDue(session, limits, now - 30s));
}

TEST("a session belongs to one organization and one connection")
{
    const std::string bytes = record();
    const SessionView session = assertValue(readSession(bytes));

    for (const TenantConstraint& tenant :
         {TenantConstraint{}, TenantConstraint{"org_1", ""}, TenantConstraint{"", "conn_1"},
          TenantConstraint{"org_1", "conn_1"}}) {
        assertReason(Reason::none, checkTenant(session.identity, tenant));
    }
    for (const char* organization : {"org_2", "org_", "org_11", "ORG_1", "org_1 "}) {
        assertReason(Reason::organization_mismatch,
                     checkTenant(session.identity, {organization, "conn_1"}));
    }
    for (const char* connection : {"conn_2", "conn_", "conn_11", "CONN_1"}) {
        assertReason(Reason::connection_mismatch,
                     checkTenant(session.identity, {"org_1", connection}));
    }

    const std::string bare = assertValue(writeSession(person("jane"), now, id));
    assertReason(Reason::organization_mismatch,
                 checkTenant(assertValue(readSession(bare)).identity, {"org_1", ""}));
    assertReason(Reason::connection_mismatch,
                 checkTenant(assertValue(readSession(bare)).identity, {"", "conn_1"}));
}

TEST("fields are kept, by a renewal too, and are no claims")
{
    SessionFields fields;
    fields.revocation = 1'764'000'000'123;
    fields.accessToken = "eyJ.a.b";
    fields.accessTokenEnd = 1'800'000'300;
    fields.refreshToken = std::string_view("r\0t", 3);
    fields.refreshTokenEnd = -1;
    const std::string bytes = touchSession(assertValue(writeSession(jane(), now, id, fields)), now);
    const SessionView session = assertValue(readSession(bytes));

    assert_true(session.fields == fields);
    assertView(record().substr(record().size() - session.identity.claims.size()),
               session.identity.claims);
    assertView(record(), assertValue(writeSession(jane(), now, id, SessionFields())));
}

TEST("a module that knows no fields reads the identity, and passes over them")
{
    SessionFields fields;
    fields.refreshToken = "r";
    const std::string bytes = assertValue(writeSession(jane(), now, id, fields));
    const IdentityView identity =
        assertValue(readIdentity(std::string_view(bytes).substr(1 + 8 + 8 + sessionIdSize)));
    assertView("conn_1;jane", identity.subject);
    assert_true(valuesOf(findClaim(identity, "level")) == std::vector<std::string>{"7"});
}

TEST("fields of a newer module are passed over, and so are those cut short")
{
    Identity identity = jane();
    const std::string name = "\xff";
    const auto number = [](char field) { return std::string(1, field); };
    identity.claims.insert(identity.claims.begin(),
                           {name, true, {number('\xfe') + "new", number(4) + "r", "", number(3)}});
    const std::string bytes = assertValue(writeSession(identity, now, id));
    const SessionView session = assertValue(readSession(bytes));
    SessionFields known;
    known.refreshToken = "r";
    assert_true(session.fields == known);
    assertView("roles", findClaim(session.identity, "roles").name);
}

TEST("a record that an earlier release wrote is a session")
{
    const std::string_view bytes =
        "\x01\0\0\0\0\x6b\x49\xd2\0\0\0\0\0\x6b\x49\xd2\x58iiiiiiiiiiiiiiii"
        "\0\4jane\0\5org_1\0\6conn_1\0\5ses_1\0\0\0\0\0\0"
        "\1\0\5roles\0\2\0\x0b\0\5admin\0\2op"sv;
    const SessionView session = assertValue(readSession(bytes));
    assert_true(session.created == now);
    assert_true(session.seen == now + 88s);
    assertView("jane", session.identity.subject);
    assertView("ses_1", session.identity.providerSession);
    assert_true((valuesOf(findClaim(session.identity, "roles")) ==
                 std::vector<std::string>{"admin", "op"}));
    assert_true(session.fields == SessionFields());
}

TEST_MAIN()
