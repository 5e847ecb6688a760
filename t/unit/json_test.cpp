#include "base/json.hpp"

#include <string>

#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

const Reason reason = Reason::claims_malformed;

std::string nested(std::size_t depth, char open, char close)
{
    return "{\"a\":" + std::string(depth - 1, open) + std::string(depth - 1, close) + "}";
}

JsonPtr parsed(std::string_view text)
{
    return assertValue(parseJsonObject(text, reason));
}

TEST("objects are parsed, members read by type")
{
    const JsonPtr json =
        parsed(R"( {"s":"\u00e9\ud83d\ude00\/","n":1,"t":true,"z":null,"o":{},"e":""} )");

    assertView("\xc3\xa9\xf0\x9f\x98\x80/", *stringMember(json.get(), "s"));
    assertView("", *stringMember(json.get(), "e"));
    for (const char* name : {"n", "t", "z", "o", "absent"}) {
        assertCase(!stringMember(json.get(), name), name);
    }
    assert_true(hasMember(json.get(), "z"));
    assert_false(hasMember(json.get(), "absent"));
    assertView("", stringValue(nullptr));
    assertView("", stringValue(json_object_get(json.get(), "n")));
    assert_false(hasMember(nullptr, "s"));
    assert_false(stringMember(nullptr, "s").has_value());
    assert_false(dateMember(nullptr, "s").has_value());
}

TEST("what is valid JSON is accepted")
{
    const std::string_view accepted[] = {
        "{}",
        " \t\r\n{} \t\r\n",
        "{\"\":0}",
        "{\"a\":[]}",
        "{\"a\":[1,\"2\",null,true,false,{}]}",
        "{\"a\":-0}",
        "{\"a\":-0.0}",
        "{\"a\":1E5}",
        "{\"a\":1e-5}",
        "{\"a\":0.5e+10}",
        "{\"a\":1e-400}",
        "{\"a\":9223372036854775807}",
        "{\"a\":-9223372036854775808}",
        "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}",
        "{\"a\":\"\\u0001\"}",
        "{\"a\":\"\x7f\"}",
        "{\"a\":\"\\ud834\\udd1e\"}",
        "{\"a\":\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\"}",
        "{\"a\":\"]]]]}}}}\"}",
        "{\"a\":1,\"A\":2}",
    };

    for (const std::string_view text : accepted) {
        assertCase(static_cast<bool>(parseJsonObject(text, reason)), text);
    }
}

TEST("what is not JSON, or not an object, is refused with the caller's reason")
{
    const std::string_view refused[] = {
        // no object
        "", " ", "[]", "[{}]", "1", "-1.5", "\"a\"", "true", "null", "nul", "x",
        // structure
        "{", "}", "{}}", "{]", "{{}}", "{}{}", "{},", "{} x", "{}//c", "/**/{}", "{}#", "{,}",
        "{\"a\"}", "{\"a\":}", "{:1}", "{\"a\":1,}", "{,\"a\":1}", "{\"a\":1 \"b\":2}", "{\"a\" 1}",
        "{\"a\"::1}", "{\"a\":1;}", "{'a':1}", "{a:1}", "{1:1}", "{null:1}", "{\"a\":[1,]}",
        "{\"a\":[,1]}", "{\"a\":[1 2]}", "{\"a\":[}", "{\"a\":]}", "{\"a\":[1}", "{\"a\":'b'}",
        "{\"a\":\"b}", "{\"a\":b\"}", "\xef\xbb\xbf{}", "{}\xef\xbb\xbf", "\f{}", "{\v}",
        "{\xc2\xa0}", "{\xe2\x80\xa8}",
        // duplicates, also when escaped differently and below the top
        "{\"a\":1,\"a\":1}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}",
        "{\"b\":{\"a\":1,\"a\":2}}", "{\"b\":[{\"\":1,\"\":2}]}",
        // strings
        "{\"a\":\"\n\"}", "{\"a\":\"\t\"}", "{\"a\":\"\x1f\"}", "{\"a\n\":1}", "{\"a\":\"\\x41\"}",
        "{\"a\":\"\\'\"}", "{\"a\":\"\\\"}", "{\"a\":\"\\u00\"}", "{\"a\":\"\\u00g0\"}",
        "{\"a\":\"\\U0041\"}", "{\"a\":\"\\\xc3\xa9\"}", "{\"a\":\"\\u0000\"}", "{\"a\\u0000\":1}",
        "{\"a\":\"sub\\u0000evil\"}",
        // lone and swapped surrogates
        "{\"a\":\"\\ud800\"}", "{\"a\":\"\\udc00\"}", "{\"a\":\"\\ud800\\ud800\"}",
        "{\"a\":\"\\ud800x\"}", "{\"a\":\"\\udc00\\ud800\"}", "{\"a\":\"\\ud800\\u0041\"}",
        "{\"\\ud800\":1}",
        // bad UTF-8: continuation, overlong, surrogate, beyond U+10FFFF, cut
        "{\"a\":\"\x80\"}", "{\"a\":\"\xff\"}", "{\"a\":\"\xc0\x80\"}", "{\"a\":\"\xc0\xaf\"}",
        "{\"a\":\"\xc1\xbf\"}", "{\"a\":\"\xe0\x80\xaf\"}", "{\"a\":\"\xf0\x80\x80\xaf\"}",
        "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xf4\x90\x80\x80\"}",
        "{\"a\":\"\xf8\x88\x80\x80\x80\"}", "{\"a\":\"\xc3\"}", "{\"a\":\"\xe2\x82\"}",
        "{\"\xff\":1}", "{\"a\":\xff}",
        // numbers
        "{\"a\":01}", "{\"a\":-01}", "{\"a\":+1}", "{\"a\":.5}", "{\"a\":5.}", "{\"a\":-}",
        "{\"a\":1e}", "{\"a\":1e+}", "{\"a\":0x1}", "{\"a\":1_000}", "{\"a\":1,5}", "{\"a\":NaN}",
        "{\"a\":Infinity}", "{\"a\":-Infinity}", "{\"a\":1e999}", "{\"a\":-1e999}",
        "{\"a\":1.5e999}", "{\"a\":9223372036854775808}", "{\"a\":-9223372036854775809}",
        "{\"a\":1\xc2\xa0}",
        // literals
        "{\"a\":True}", "{\"a\":tru}", "{\"a\":truee}", "{\"a\":nulls}", "{\"a\":undefined}"};

    for (const std::string_view text : refused) {
        const Result<JsonPtr> json = parseJsonObject(text, reason);
        assertCase(!json, text);
        assertRefused(reason, json);
    }
    assertRefused(Reason::key_set_invalid, parseJsonObject("[]", Reason::key_set_invalid));
    assertRefused(reason, parseJsonObject({}, reason));
}

TEST("a NUL byte is refused at every place")
{
    const std::string text = R"({"sub": "usr_1", "n": [1.5, true]})";
    for (std::size_t i = 0; i <= text.size(); i++) {
        std::string broken = text;
        broken.insert(i, 1, '\0');
        assertCase(!parseJsonObject(broken, reason), broken);
    }
}

TEST("every truncation of a document is refused")
{
    forEachTruncation(
        R"({"iss":"https://acme.scalekit.com","aud":["a","b"],"exp":1.5e9,"x":{"\u00e9":null}})",
        [](const std::string& cut) { assertCase(!parseJsonObject(cut, reason), cut); });
}

TEST("nesting of 32 is accepted and of 33 refused, brackets in strings do not count")
{
    assert_true(static_cast<bool>(parseJsonObject(nested(maxJsonDepth, '[', ']'), reason)));
    assertRefused(reason, parseJsonObject(nested(maxJsonDepth + 1, '[', ']'), reason));

    std::string objects = "1";
    for (std::size_t i = 0; i < maxJsonDepth; i++) {
        objects = "{\"a\":" + objects + "}";
    }
    assert_true(static_cast<bool>(parseJsonObject(objects, reason)));
    assertRefused(reason, parseJsonObject("{\"a\":" + objects + "}", reason));

    assert_true(
        static_cast<bool>(parseJsonObject("{\"a\":\"" + std::string(100, '[') + "\"}", reason)));
    assert_true(static_cast<bool>(
        parseJsonObject("{\"a\":\"\\\"" + std::string(100, '{') + "\"}", reason)));
    assertRefused(reason, parseJsonObject("{\"a\":\"\\\\\",\"b\":" + std::string(40, '[') +
                                              std::string(40, ']') + "}",
                                          reason));

    std::string siblings = "{\"a\":[[]";
    for (int i = 0; i < 100; i++) {
        siblings += ",[[[]]]";
    }
    assert_true(static_cast<bool>(parseJsonObject(siblings + "]}", reason)));
}

TEST("a million brackets end in a refusal, not in a stack overflow")
{
    assertRefused(reason, parseJsonObject(std::string(1000000, '['), reason));
    assertRefused(reason, parseJsonObject(nested(1000000, '[', ']'), reason));
    assertRefused(reason, parseJsonObject(std::string(1000000, ']') + "{}", reason));
    std::string objects;
    for (int i = 0; i < 200000; i++) {
        objects += "{\"a\":";
    }
    assertRefused(reason, parseJsonObject(objects, reason));
}

struct Date {
    std::string_view json;
    std::int64_t seconds;  // -1: none
};

TEST("dates are whole or fractional seconds from 1970 to the year 9999")
{
    const Date cases[] = {
        {"0", 0},
        {"-0", 0},
        {"-0.0", 0},
        {"1700000000", 1700000000},
        {"1700000000.999", 1700000000},
        {"1.7e9", 1700000000},
        {"0.5", 0},
        {"2147483648", 2147483648},
        {"4294967296", 4294967296},
        {"253402300799", 253402300799},
        {"253402300799.5", 253402300799},
        {"253402300800", -1},
        {"253402300800.0", -1},
        {"1e300", -1},
        {"-1e300", -1},
        {"9223372036854775807", -1},
        {"9.3e18", -1},
        {"-1", -1},
        {"-0.5", -1},
        {"-9223372036854775808", -1},
        {"\"1700000000\"", -1},
        {"null", -1},
        {"true", -1},
        {"[1700000000]", -1},
        {"{}", -1},
    };

    for (const Date& row : cases) {
        const JsonPtr json = parsed("{\"exp\":" + std::string(row.json) + "}");
        const std::optional<std::int64_t> date = dateMember(json.get(), "exp");
        assertCase(date.value_or(-1) == row.seconds, row.json);
        assert_false(dateMember(json.get(), "iat").has_value());
    }
}

TEST("quoted text is JSON that reads back the same and holds no markup")
{
    std::string text;
    for (int c = 1; c < 0x80; c++) {
        text += static_cast<char>(c);
    }
    text += "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xe2\x80\xa8\xe2\x80\xa9</script>";

    const std::string quoted = quoteJson(text);
    assert_true(quoted.find_first_of("<>&\n\r") == std::string::npos);
    assert_true(quoted.find("\xe2\x80\xa8") == std::string::npos);
    const JsonPtr json = parsed("{\"a\":" + quoted + "}");
    assertView(text, *stringMember(json.get(), "a"));

    assertView("\"\\u003c\\u003e\\u0026\\\"\\\\'/\"", quoteJson("<>&\"\\'/"));
    assertView("\"\\u0000\\u000a\\u007f\"", quoteJson(std::string_view("\0\n\x7f", 3)));
    assertView("\"\"", quoteJson(""));
}

TEST("bytes that are no UTF-8 become the replacement character")
{
    const std::string_view broken[] = {
        "\x80",
        "\xff",
        "\xc0\x80",
        "\xc1\xbf",
        "\xe0\x80\xaf",
        "\xed\xa0\x80",
        "\xf0\x80\x80\xaf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xc3",
        "\xe2\x82",
        "\xf0\x9f\x98",
        "\xc3(",
        "\xe2(\xa1",
    };

    for (const std::string_view text : broken) {
        const std::string quoted = quoteJson("a" + std::string(text) + "z");
        const Result<JsonPtr> json = parseJsonObject("{\"a\":" + quoted + "}", reason);
        assertCase(static_cast<bool>(json), text);
        const std::string_view value = *stringMember(json->get(), "a");
        assertCase(value.starts_with("a\xef\xbf\xbd") && value.ends_with('z'), text);
    }
}

}  // namespace

TEST_MAIN()
