#include "base/query.hpp"

#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

TEST("parameters are found by their decoded name, values decoded")
{
    const Query query =
        assertValue(Query::parse("code=a%2Fb+c&state=%C3%A9&empty=&bare&n%61me=v%3D%26&eq=a=b"));

    assertView("a/b c", query.value("code"));
    assertView("\xc3\xa9", query.value("state"));
    assertView("v=&", query.value("name"));
    assertView("a=b", query.value("eq"));
    assert_non_null(query.find("empty"));
    assertView("", *query.find("empty"));
    assert_non_null(query.find("bare"));
    assertView("", query.value("bare"));
    assert_null(query.find("absent"));
    assertView("", query.value("absent"));
    assert_null(query.find("Code"));
    assert_null(query.find("n%61me"));
}

TEST("nothing, and separators alone, are a query without parameters")
{
    for (const std::string_view text : {"", "&", "&&&"}) {
        const Query query = assertValue(Query::parse(text));
        assert_null(query.find(""));
    }
    assertView("1", assertValue(Query::parse("&&a=1&")).value("a"));
}

TEST("broken escapes, control bytes and names that occur twice are refused")
{
    const std::string_view refused[] = {
        "a=%",
        "a=%4",
        "a=%zz",
        "a=%4g",
        "%=a",
        "%f=1",
        "a=1&b=%%20",
        "a=%+1",
        "a=% 1",
        "a=%00",
        "a=x%0d%0aSet-Cookie:x",
        "a=%09",
        "a=%7f",
        "%00=1",
        "a%0a=1",
        "a=\x01",
        "a=\n",
        "a=\x7f",
        "a=1&a=1",
        "a=1&a=2",
        "a=1&b=2&%61=3",
        "a&a",
        "a=&a",
        "=1&=2",
    };

    for (const std::string_view text : refused) {
        const Result<Query> query = Query::parse(text);
        assertCase(!query, text);
        assertRefused(Reason::request_malformed, query);
    }
    assertRefused(Reason::request_malformed, Query::parse(std::string_view("a=\0", 3)));
}

TEST("64 parameters are read and one more is refused")
{
    std::string text;
    for (int i = 0; i < 64; i++) {
        text += (i == 0 ? "p" : "&p") + std::to_string(i) + "=" + std::to_string(i);
    }

    assertView("63", assertValue(Query::parse(text)).value("p63"));
    assertRefused(Reason::request_malformed, Query::parse(text + "&p64=64"));
}

TEST("the limit of bytes is exact")
{
    const std::string text = "a=" + std::string(98, 'x');
    assert_int_equal(98, assertValue(Query::parse(text, 100)).value("a").size());
    assertRefused(Reason::request_malformed, Query::parse(text, 99));

    assert_int_equal(
        16 * 1024 - 2,
        assertValue(Query::parse("a=" + std::string(16 * 1024 - 2, 'x'))).value("a").size());
    assertRefused(Reason::request_malformed, Query::parse("a=" + std::string(16 * 1024 - 1, 'x')));
}

TEST("appended parameters are encoded, separated, and parsed back")
{
    std::string text;
    appendParameter(text, "redirect_uri", "https://app.example/auth/callback?a=b&c");
    appendParameter(text, "a&b", "\xc3\xa9 +%\r\n~-._");

    assertView("redirect_uri=https%3A%2F%2Fapp.example%2Fauth%2Fcallback%3Fa%3Db%26c&a%26b=%C3%A9%"
               "20%2B%25%0D%0A~-._",
               text);

    std::string url = "https://acme.scalekit.com/oauth/authorize?";
    appendParameter(url, "scope", "openid profile");
    appendParameter(url, "empty", "");
    assertView("https://acme.scalekit.com/oauth/authorize?scope=openid%20profile&empty=", url);
}

TEST("any value without control bytes makes the round trip")
{
    std::string value;
    for (int c = 0x20; c < 256; c++) {
        value += c == 0x7f ? ' ' : static_cast<char>(c);
    }
    std::string text;
    appendParameter(text, value, value);
    assertView(value, assertValue(Query::parse(text)).value(value));
}

}  // namespace

TEST_MAIN()
