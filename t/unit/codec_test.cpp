#include "session/codec.hpp"

#include "base/base64url.hpp"

#include <set>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

using Values = std::vector<std::string>;

const std::string context = sessionContext("__Host-sk_session", "acme");

SealKeys keysOf(const std::vector<std::string>& secrets)
{
    return assertValue(SealKeys::derive(secrets, "session"));
}

const SealKeys& keys()
{
    static const SealKeys keys = keysOf({std::string(32, 'k')});
    return keys;
}

std::string recordOf(std::size_t size, char seed = 'r')
{
    std::string record(size, seed);
    for (std::size_t i = 0; i < size; i++) {
        record[i] = static_cast<char>(record[i] + static_cast<char>(i % 251));
    }
    return record;
}

/** The size of the largest record whose sealed text has at most so many characters. */
std::size_t recordSizeFor(std::size_t characters)
{
    std::size_t size = characters;
    while (base64urlLength(size + SealKeys::overhead) > characters) {
        size--;
    }
    return size;
}

Values seal(const std::string& record, char nonce = 'n')
{
    return assertValue(sealSession(record, keys(), context, std::string(sealNonceSize, nonce)));
}

/** What opens, or "(none)". */
std::string open(const Values& values, const SealKeys& with = keys(),
                 const std::string& where = context)
{
    const std::vector<std::string_view> views(values.begin(), values.end());
    std::vector<unsigned char> buffer(openSessionBuffer(views));
    const std::string_view record = openSession(views, with, where, buffer.data());
    return record.data() != nullptr ? std::string(record) : "(none)";
}

}  // namespace

TEST("a session that fits travels in one cookie, as strict base64url")
{
    const Values values = seal(recordOf(300));
    assert_int_equal(values.size(), 1);
    assert_true(base64urlDecode(values[0]).has_value());
    assert_int_equal(chunkCount(values[0]), 1);
    assertView(recordOf(300), open(values));
    assertView("", open(seal("")));
}

TEST("sessions of every size around the limits of chunks return whole, or are refused")
{
    // the largest of one chunk, of a full first chunk with one more, and of all there may be
    for (const std::size_t characters : {maxChunkSize, 2 * maxChunkSize, maxSessionCookieSize}) {
        for (std::size_t size = recordSizeFor(characters) - 8; size < recordSizeFor(characters) + 8;
             size++) {
            const auto values =
                sealSession(recordOf(size), keys(), context, std::string(sealNonceSize, 'n'));
            const std::size_t text = base64urlLength(size + SealKeys::overhead);
            const std::size_t total = text + (text > maxChunkSize ? 2 : 0);
            assert_int_equal(bool(values), total <= maxSessionCookieSize);
            if (!values) {
                assertRefused(Reason::session_too_large, values);
                continue;
            }
            assert_int_equal(values->size(), text <= maxChunkSize ? 1 : 2);
            assert_int_equal(chunkCount(values->front()), values->size());
            for (const std::string& value : *values) {
                assert_true(!value.empty() && value.size() <= maxChunkSize);
            }
            assertView(recordOf(size), open(*values));
        }
    }
}

TEST("every size up to the limit returns whole")
{
    for (std::size_t size = 0; size < recordSizeFor(maxSessionCookieSize - 2); size += 13) {
        assertView(recordOf(size), open(seal(recordOf(size))));
    }
}

TEST("a session that is far too large is refused at once")
{
    for (const std::size_t size : {std::size_t{7169}, std::size_t{65536}, std::size_t{1} << 24}) {
        assertRefused(
            Reason::session_too_large,
            sealSession(std::string(size, 'r'), keys(), context, std::string(sealNonceSize, 'n')));
    }
}

TEST("every flipped bit ends the session")
{
    for (const std::size_t size : {std::size_t{60}, recordSizeFor(maxChunkSize) + 20}) {
        const Values values = seal(recordOf(size));
        for (std::size_t chunk = 0; chunk < values.size(); chunk++) {
            forEachBitFlip(values[chunk], [&](const std::string& flipped) {
                Values changed = values;
                changed[chunk] = flipped;
                assertView("(none)", open(changed));
            });
        }
    }
}

TEST("every truncation ends the session, down to tags of one byte")
{
    for (const std::size_t size : {std::size_t{60}, recordSizeFor(maxChunkSize) + 20}) {
        const Values values = seal(recordOf(size));
        for (std::size_t chunk = 0; chunk < values.size(); chunk++) {
            forEachTruncation(values[chunk], [&](const std::string& cut) {
                Values changed = values;
                changed[chunk] = cut;
                assertView("(none)", open(changed));
            });
        }
    }
}

TEST("chunks that are missing, swapped, mixed, or too many are no session")
{
    const Values values = seal(recordOf(4000));
    const Values other = seal(recordOf(4000, 's'), 'm');
    assert_int_equal(values.size(), 2);

    for (const Values& wrong :
         {Values{}, Values{values[0]}, Values{values[1]}, Values{values[1], values[0]},
          Values{values[0], ""}, Values{values[0], other[1]}, Values{other[0], values[1]},
          Values{values[0], values[1], ""}, Values{values[0], values[1], values[1]},
          Values{values[0], values[1], values[1], values[1], values[1]},
          Values{values[0], values[0]}}) {
        assertView("(none)", open(wrong));
    }
}

TEST("there is one way to cut a session into chunks")
{
    const Values values = seal(recordOf(4000));
    const std::string text = values[0].substr(2) + values[1];

    for (const std::size_t cut :
         {std::size_t{4}, std::size_t{2000}, values[0].size() - 6, values[0].size() - 3}) {
        assertView("(none)", open({"2." + text.substr(0, cut), text.substr(cut)}));
    }
    assertView("(none)",
               open({"3." + text.substr(0, 3796), text.substr(3796, 400), text.substr(4196)}));
    assertView("(none)", open({text}));

    const std::string small = seal("small")[0];
    assertView("(none)", open({"1." + small}));
    assertView("(none)", open({"2." + small.substr(0, 8), small.substr(8)}));
}

TEST("counts of chunks that sealSession never writes are refused without allocation")
{
    const std::string large(1 << 20, 'A');
    const std::string_view firsts[] = {
        "10000000000.AAAA", "-1.AAAA", "0.AAAA",  "1.AAAA",  "5.AAAA",  "9.AAAA",
        "1e9.AAAA",         ".AAAA",   "02.AAAA", "+2.AAAA", " 2.AAAA", "A.AAAA",
        "22.AAAA",          "AAAA.2",  "2AAA.A",  "2.",      "",        large};
    std::size_t needed = 0;
    std::size_t opened = 0;

    const std::size_t before = allocations;
    for (const std::string_view first : firsts) {
        const std::string_view values[] = {first, "AAAA", "AAAA", "AAAA"};
        for (std::size_t count = 0; count <= 4; count++) {
            const std::span<const std::string_view> some(values, count);
            needed += openSessionBuffer(some);
            opened += openSession(some, keys(), context, nullptr).data() != nullptr;
        }
    }

    assert_int_equal(allocations - before, 0);
    assert_int_equal(needed, 0);
    assert_int_equal(opened, 0);
}

TEST("chunks that are more than a session may have need no memory")
{
    const std::string full(maxChunkSize, 'A');
    const std::string first = "4." + full.substr(4);
    const std::string_view values[] = {first, full, full, full};
    assert_int_equal(chunkCount(first), 4);
    assert_int_equal(openSessionBuffer(values), 0);
}

TEST("a count is two to four, and one where there is none")
{
    assert_int_equal(chunkCount("AAAA"), 1);
    assert_int_equal(chunkCount("2.AAAA"), 2);
    assert_int_equal(chunkCount("4.AAAA"), 4);
    for (const char* value :
         {"", "0.A", "1.A", "5.A", ".A", "22.A", "A.A", "-1.A", "1e9.A", "AA.A"}) {
        assertCase(chunkCount(value) == 0, value);
    }
}

TEST("opening a session allocates nothing and stays within the buffer it asks for")
{
    for (const std::size_t size : {std::size_t{300}, recordSizeFor(maxChunkSize) + 300}) {
        const Values values = seal(recordOf(size));
        const std::vector<std::string_view> views(values.begin(), values.end());
        std::vector<unsigned char> buffer(openSessionBuffer(views));
        const SealKeys& with = keys();

        const std::size_t before = allocations;
        const std::string_view record = openSession(views, with, context, buffer.data());
        assert_int_equal(allocations - before, 0);
        assert_int_equal(record.size(), size);
        assert_true(buffer.size() < 2 * maxSessionCookieSize);
    }
}

TEST("a session opens only under its own cookie name, environment, and purpose of keys")
{
    const Values values = seal(recordOf(100));
    assertView("(none)", open(values, keys(), sessionContext("__Host-sk_session", "other")));
    assertView("(none)", open(values, keys(), sessionContext("sk_session", "acme")));
    assertView("(none)",
               open(values, assertValue(SealKeys::derive({std::string(32, 'k')}, "state"))));

    const std::set<std::string> contexts = {sessionContext("a", "bc"), sessionContext("ab", "c"),
                                            sessionContext("abc", ""), sessionContext("", "abc")};
    assert_int_equal(contexts.size(), 4);
}

TEST("keys can be rotated without ending sessions, and a removed key ends them")
{
    const std::string oldSecret(32, 'k');
    const std::string newSecret(32, 'z');
    const Values values = seal(recordOf(4000));

    assertView(recordOf(4000), open(values, keysOf({newSecret, oldSecret})));
    assertView("(none)", open(values, keysOf({newSecret})));
}

TEST("the same session is never sealed to the same text twice")
{
    assert_true(seal(recordOf(100), 'n') != seal(recordOf(100), 'm'));
}

TEST("text that is no strict base64url is no session")
{
    const std::string value = seal(recordOf(100))[0];
    for (const std::string& other : {value + "=", value + "A", value + " ", '"' + value + '"',
                                     ' ' + value, value.substr(0, 10) + "+" + value.substr(11),
                                     value.substr(0, 10) + "\n" + value.substr(10)}) {
        assertView("(none)", open({other}));
    }
}

TEST("chunks are named after the cookie")
{
    assertView("__Host-sk_session", chunkName("__Host-sk_session", 0));
    assertView("__Host-sk_session.1", chunkName("__Host-sk_session", 1));
    assertView("__Host-sk_session.3", chunkName("__Host-sk_session", 3));
}

TEST_MAIN()
