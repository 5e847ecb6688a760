#include "base/json.hpp"

#include <string>

#include "json_cases.hpp"
#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

const Reason reason = Reason::claims_malformed;

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
}

TEST("what is valid JSON is accepted")
{
    for (const std::string_view text : acceptedJson) {
        assertCase(static_cast<bool>(parseJsonObject(text, reason)), text);
    }
}

TEST("what is not JSON, or not an object, is refused with the caller's reason")
{
    for (const std::string_view text : refusedJson) {
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
