#include "session/scopes.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "allocations.hpp"
#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

/** An identity of these claims; views into bytes that it owns. */
struct Holder {
    std::string bytes;
    IdentityView identity;

    explicit Holder(std::vector<Claim> claims)
    {
        Identity person;
        person.subject = "conn_1;jane";
        person.organization = "org_1";
        person.email = "jane@acme.com";
        person.claims = std::move(claims);
        bytes = assertValue(writeIdentity(person));
        identity = assertValue(readIdentity(bytes));
    }

    bool holds(std::string_view claim, std::string_view value) const
    {
        return claimHolds(identity, claim, value);
    }

    std::string scopes() const
    {
        std::string text;
        forEachScope(scopeClaims(identity),
                     [&](std::string_view scope) { text += '<' + std::string(scope) + '>'; });
        return text;
    }
};

Claim scope(std::string words)
{
    return {"scope", false, {std::move(words)}};
}

Claim scopes(std::vector<std::string> values)
{
    return {"scopes", true, std::move(values)};
}

}  // namespace

TEST("scopes have two names, and no others")
{
    assert_true(namesScopes("scope"));
    assert_true(namesScopes("scopes"));
    for (const char* name :
         {"", "scop", "scopess", "Scope", "scp", "x.scope", "scope.x", " scope"}) {
        assertCase(!namesScopes(name), name);
    }
}

TEST("a claim holds its text, or each value of its list, and nothing else")
{
    const Holder jane({{"roles", true, {"admin", "a,b", "", "two words"}},
                       {"level", false, {"7"}},
                       {"active", false, {"true"}},
                       {"empty", false, {""}},
                       {"org.plan", false, {"pro"}},
                       {"org.tags", true, {"x", "y"}}});

    for (const auto& [claim, value] :
         std::vector<std::pair<const char*, const char*>>{{"roles", "admin"},
                                                          {"roles", "a,b"},
                                                          {"roles", "two words"},
                                                          {"level", "7"},
                                                          {"active", "true"},
                                                          {"org.plan", "pro"},
                                                          {"org.tags", "x"},
                                                          {"org.tags", "y"},
                                                          {"sub", "conn_1;jane"},
                                                          {"oid", "org_1"},
                                                          {"email", "jane@acme.com"}}) {
        assertCase(jane.holds(claim, value), std::string(claim) + ' ' + value);
    }

    for (const auto& [claim, value] : std::vector<std::pair<const char*, const char*>>{
             {"roles", "Admin"}, {"roles", "admi"}, {"roles", "admins"},  {"roles", "admin a,b"},
             {"roles", "a"},     {"roles", "two"},  {"roles", " admin"},  {"Roles", "admin"},
             {"role", "admin"},  {"level", "07"},   {"level", "7.0"},     {"org", "pro"},
             {"plan", "pro"},    {"org.", "pro"},   {"org.plan.", "pro"}, {"org.plan.x", "pro"},
             {"none", "x"},      {"", "x"},         {"sub", "jane"},      {"oid", "org_2"},
             {"oid", "org_11"},  {"name", "Jane"}}) {
        assertCase(!jane.holds(claim, value), std::string(claim) + ' ' + value);
    }
}

TEST("an empty value is held by nothing")
{
    const Holder jane({{"roles", true, {""}}, {"empty", false, {""}}, scope(""), scopes({""})});
    for (const char* claim : {"roles", "empty", "none", "name", "scope", "scopes", ""}) {
        assertCase(!jane.holds(claim, ""), claim);
    }
}

TEST("bytes of a value are compared, and all of them")
{
    using namespace std::string_literals;
    const Holder jane({{"roles", true, {"a\0b"s, "J\xc3\xbcrgen"}}});
    assert_true(jane.holds("roles", "a\0b"s));
    assert_false(jane.holds("roles", "a"));
    assert_true(jane.holds("roles", "J\xc3\xbcrgen"));
    assert_false(jane.holds("roles", "Ju\xcc\x88rgen"));
}

TEST("a scope is looked for among the words of scope and the values of scopes, by either name")
{
    const Holder jane({scope("openid  task:read "), scopes({"task:write", "task:admin"})});
    for (const char* name : {"scope", "scopes"}) {
        for (const char* held : {"openid", "task:read", "task:write", "task:admin"}) {
            assertCase(jane.holds(name, held), held);
        }
        for (const char* missing : {"task", "read", "task:rea", "openid task:read", "openid ", " ",
                                    "task:write task:admin", "Openid", "TASK:READ"}) {
            assertCase(!jane.holds(name, missing), missing);
        }
    }
}

TEST("one of the two names is enough, and none holds nothing")
{
    assert_true(Holder({scope("a b")}).holds("scopes", "b"));
    assert_true(Holder({scopes({"a", "b"})}).holds("scope", "b"));
    assert_false(Holder({}).holds("scope", "a"));
    assert_false(Holder({{"x.scope", false, {"a"}}}).holds("scope", "a"));
}

TEST("scopes are visited in their order, and what both claims say only once")
{
    assertView("", Holder({}).scopes());
    assertView("", Holder({scope(""), scopes({""})}).scopes());
    assertView("", Holder({scope("   ")}).scopes());
    assertView("<a>", Holder({scope("a")}).scopes());
    assertView("<b><a>", Holder({scope(" b  a ")}).scopes());
    assertView("<a><b>", Holder({scopes({"a", "", "b"})}).scopes());
    assertView("<a><b><c>", Holder({scope("a b"), scopes({"b", "c", "a"})}).scopes());
    assertView("<a><a:b><ab>", Holder({scopes({"a", "ab"}), scope("a a:b")}).scopes());
}

TEST("a long list of scopes costs its length: only the first words are compared")
{
    std::string words;
    std::vector<std::string> values;
    for (int i = 0; i < 100; i++) {
        words += "s" + std::to_string(i) + ' ';
        values.push_back("s" + std::to_string(i));
    }
    const std::string text = Holder({scope(words), scopes(values)}).scopes();
    assert_int_equal(136, std::count(text.begin(), text.end(), '<'));
}

TEST("judging allocates nothing")
{
    const Holder jane({{"roles", true, {"admin"}}, scope("a b"), scopes({"c", "a"})});
    const std::size_t before = allocations;
    std::size_t visited = 0;
    const bool held = jane.holds("roles", "admin") && jane.holds("scope", "c");
    forEachScope(scopeClaims(jane.identity), [&](std::string_view) { ++visited; });
    const std::size_t made = allocations - before;

    assert_true(held);
    assert_int_equal(3, visited);
    assert_int_equal(0, made);
}

TEST_MAIN()
