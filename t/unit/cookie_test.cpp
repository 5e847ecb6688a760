#include "base/cookie.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

std::vector<std::string_view> findCookies(std::string_view header, std::string_view name)
{
    std::vector<std::string_view> values;
    forEachCookie(header, [&](const CookiePair& pair) {
        if (pair.name == name && pair.value.data() != nullptr) {
            values.push_back(pair.value);
        }
    });
    return values;
}

std::string_view findCookie(std::string_view header, std::string_view name) noexcept
{
    std::string_view found;
    forEachCookie(header, [&](const CookiePair& pair) {
        if (found.data() == nullptr && pair.name == name) {
            found = pair.value;
        }
    });
    return found;
}

const std::string_view session = "__Host-sk_session";

struct Found {
    std::string_view header;
    std::vector<std::string_view> values;
};

TEST("a cookie is found under its exact name only, all values in order")
{
    const Found cases[] = {
        {"__Host-sk_session=v", {"v"}},
        {"a=1; __Host-sk_session=v; b=2", {"v"}},
        {"a=1;__Host-sk_session=v;b=2", {"v"}},
        {"a=1; \t __Host-sk_session=v \t ; b=2", {"v"}},
        {"__Host-sk_session=first; __Host-sk_session=second; x=3", {"first", "second"}},
        {"__Host-sk_session=; a=1", {""}},
        {"__Host-sk_session=a=b==", {"a=b=="}},
        {"__Host-sk_session=\"v\"", {"\"v\""}},
        {";;; ; __Host-sk_session=v;;", {"v"}},
        {"a=\"x; __Host-sk_session=v\"", {"v\""}},  // quotes hide no separator (RFC 6265 5.4)
        {"", {}},
        {";", {}},
        {"__Host-sk_session", {}},
        {"__HOST-sk_session=v", {}},
        {"__host-sk_session=v", {}},
        {"__Host-SK_session=v", {}},
        {"__Host-sk_session =v", {}},
        {"\"__Host-sk_session\"=v", {}},
        {"__Host-sk_session.1=v", {}},
        {"x__Host-sk_session=v", {}},
        {"\v__Host-sk_session=v", {}},
        {"\xc2\xa0__Host-sk_session=v", {}},
        {"=__Host-sk_session=v", {}},
        {"a=__Host-sk_session=v", {}},
        {"__Host%2Dsk_session=v", {}},
        {"a=1, __Host-sk_session=v", {}},
    };

    for (const Found& row : cases) {
        const std::vector<std::string_view> values = findCookies(row.header, session);
        assertCase(values == row.values, row.header);

        const std::string_view first = findCookie(row.header, session);
        assertCase((first.data() != nullptr) == !row.values.empty(), row.header);
        assertCase(row.values.empty() || first == row.values.front(), row.header);
    }
}

TEST("an empty value is told from an absent cookie")
{
    assert_non_null(findCookie("a=", "a").data());
    assert_non_null(findCookie("b=1; a=;", "a").data());
    assert_null(findCookie("a", "a").data());
    assert_null(findCookie("", "a").data());
    assert_null(findCookie({}, "a").data());
}

TEST("ten thousand duplicates end, and the first one wins")
{
    std::string header;
    for (int i = 0; i < 10000; i++) {
        header += "a=" + std::to_string(i) + "; ";
    }
    assert_int_equal(10000, findCookies(header, "a").size());
    assertView("0", findCookie(header, "a"));
}

TEST("dropped cookies leave the others in order and as they were")
{
    const auto drop = [](const CookiePair& pair) { return pair.name.starts_with("__Host-sk_"); };
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"a=1; __Host-sk_session=v; b=2", "a=1; b=2"},
        {"__Host-sk_session=v; a=1", "a=1"},
        {"a=1; __Host-sk_session.1=v", "a=1"},
        {"__Host-sk_session=v", ""},
        {"__Host-sk_session=v; __Host-sk_login=w", ""},
        {"__Host-sk_session=v; a=1; __Host-sk_session=w;b=\"2 3\"", "a=1;b=\"2 3\""},
        {"__Host-sk_session", ""},
        {"\t__Host-sk_session =v;a", "a"},
        {"a=1;;; b=2;", "a=1;;; b=2;"},
        {" a=1;;b=2; __Host-sk_session=v; ; c=3;", " a=1;;b=2; c=3"},
        {"a=b; c=\"d\" ; __Host-sk_session=v; e=", "a=b; c=\"d\" ; e="},
        {"__HOST-sk_session=v", "__HOST-sk_session=v"},
        {"", ""},
    };

    for (const auto& [header, kept] : cases) {
        std::string room(header.size(), '\0');
        int asked = 0;
        const auto memory = [&] {
            ++asked;
            return room.data();
        };
        const std::string_view rest = withoutPairs(header, drop, memory);
        assertView(kept, rest);
        assertCase(asked == (rest == header ? 0 : 1), header);
    }
}

TEST("what is left of a header is never longer than the header")
{
    const auto drop = [](const CookiePair& pair) { return pair.name.starts_with("__Host-sk_"); };
    for (const std::string_view pair : {";a", ";;a", "; a", ";a=", ";\ta ", ";__Host-sk_x;a"}) {
        for (const std::string_view first : {"__Host-sk_session", "a;__Host-sk_", ";__Host-sk_;"}) {
            std::string header(first);
            for (int i = 0; i < 3000; i++) {
                header += pair;
            }
            const auto room = std::make_unique<char[]>(header.size());  // an overflow is reported
            const std::string_view rest = withoutPairs(header, drop, [&] { return room.get(); });
            assertCase(rest.size() <= header.size(), first);
            assertCase(rest.find("__Host-sk_") == std::string_view::npos, first);
            assertCase(std::ranges::count(rest, 'a') >= 3000, pair);
        }
    }
}

TEST("Set-Cookie says Path and HttpOnly always, the rest as asked")
{
    CookieAttributes attributes;
    assertView("__Host-sk_session=v; Path=/; HttpOnly; Secure; SameSite=Lax",
               setCookie(session, "v", attributes));

    attributes.maxAge = 600;
    attributes.sameSite = SameSite::lax;
    assertView("a=v; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax",
               setCookie("a", "v", attributes));

    attributes.maxAge = 0;
    attributes.sameSite = SameSite::none;
    attributes.domain = "app.example";
    assertView("a=; Path=/; Domain=app.example; Max-Age=0; HttpOnly; Secure; SameSite=None",
               setCookie("a", "", attributes));

    attributes = {};
    attributes.secure = false;
    assertView("sk_session=v; Path=/; HttpOnly; SameSite=Lax",
               setCookie("sk_session", "v", attributes));
}

TEST("browsers keep a cookie of a domain at it and below it, and nowhere else")
{
    assert_true(domainMatches("app.example", "app.example"));
    assert_true(domainMatches("App.example", "aPP.example"));
    assert_true(domainMatches("a.b.app.example", "app.example"));
    assert_false(domainMatches("myapp.example", "app.example"));
    assert_false(domainMatches("example", "app.example"));
    assert_false(domainMatches("app.example.org", "app.example"));
}

}  // namespace

TEST_MAIN()
