#include "base/json_document.hpp"

#include <string>
#include <vector>

#include "json_cases.hpp"
#include "json_text.hpp"
#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

const Reason reason = Reason::claims_malformed;

bool accepts(std::string_view text)
{
    return static_cast<bool>(JsonDocument::parse(text, reason));
}

/** {"m0":0,"m1":0,...} with one more member in the middle. */
std::string objectOf(int members, const std::string& more)
{
    std::string text;
    for (int i = 0; i < members; i++) {
        text += (i == 0 ? "" : ",") + ("\"m" + std::to_string(i)) + "\":0";
        if (i == members / 2) {
            text += more;
        }
    }
    return '{' + text + '}';
}

TEST("what is valid JSON is accepted")
{
    for (const std::string_view text : acceptedJson) {
        assertCase(accepts(text), text);
    }
}

TEST("what is not JSON, or not an object, is refused with the caller's reason")
{
    for (const std::string_view text : refusedJson) {
        const auto document = JsonDocument::parse(text, reason);
        assertCase(!document, text);
        assertRefused(reason, document);
    }
    assertRefused(Reason::header_invalid, JsonDocument::parse("[]", Reason::header_invalid));
    assertRefused(reason, JsonDocument::parse({}, reason));
}

TEST("values know their type, and members are found by it")
{
    const JsonDocument document = documentOf(
        R"( {"s":"\u00e9\ud83d\ude00\/","i":-1,"r":1.5e3,"t":true,"f":false,"z":null,"o":{"s":0},"a":[1,"b"],
        "e":"","":"nameless"} )");
    const JsonValue root = document.root();

    const std::pair<const char*, JsonType> types[] = {
        {"s", JsonType::string},  {"i", JsonType::integer}, {"r", JsonType::real},
        {"t", JsonType::boolean}, {"f", JsonType::boolean}, {"z", JsonType::null},
        {"o", JsonType::object},  {"a", JsonType::array},   {"absent", JsonType::absent},
        {"S", JsonType::absent},  {"", JsonType::string},
    };
    for (const auto& [name, type] : types) {
        const JsonValue value = root.member(name);
        assertCase(value.type() == type, name);
        assertCase(value.isString() == (type == JsonType::string), name);
        assertCase(value.isArray() == (type == JsonType::array), name);
        assertCase(value.isObject() == (type == JsonType::object), name);
        assertCase(value.isNull() == (type == JsonType::null), name);
        assertCase(hasMember(root, name) == (type != JsonType::absent), name);
        assertCase(stringMember(root, name).has_value() == (type == JsonType::string), name);
        assertCase((value.integer() != 0) == (type == JsonType::integer), name);
        assertCase((value.real() != 0) == (type == JsonType::real), name);
    }
    assertView("\xc3\xa9\xf0\x9f\x98\x80/", *stringMember(root, "s"));
    assertView("", *stringMember(root, "e"));
    assertView("nameless", *stringMember(root, ""));
    assertView("true", root.member("t").text());
    assertView("1.5e3", root.member("r").text());
    assert_true(root.member("r").real() == 1500);
    assert_int_equal(-1, root.member("i").integer());
}

TEST("arrays and objects are walked in the order of the text, whatever is in between")
{
    const JsonDocument document =
        documentOf(R"({"b":[1,[2,[3]],{"x":{"y":[]}},"4"],"a":{"k":{"l":1},"m":2},"c":[],"d":{}})");
    const JsonValue root = document.root();

    std::string seen;
    for (const auto [name, value] : root.members()) {
        seen += std::string(name) + ':' + textOf(value) + ' ';
    }
    assertView(R"(b:[1,[2,[3]],{"x":{"y":[]}},"4"] a:{"k":{"l":1},"m":2} c:[] d:{} )", seen);

    seen.clear();
    for (const JsonValue element : root.member("b").elements()) {
        seen += textOf(element) + ' ';
    }
    assertView(R"(1 [2,[3]] {"x":{"y":[]}} "4" )", seen);
    assertView("2", root.member("a").member("m").text());
    assert_true(root.member("a").member("l").type() == JsonType::absent);
}

TEST("what is no array has no elements, and what is no object no members")
{
    const JsonDocument document = documentOf(R"({"o":{"a":1},"l":["a"],"s":"a","e":[],"n":{}})");
    const JsonValue root = document.root();

    for (const char* name : {"o", "s", "e", "n", "absent"}) {
        assertCase(root.member(name).elements().empty(), name);
    }
    for (const char* name : {"l", "s", "e", "n", "absent"}) {
        assertCase(root.member(name).members().empty(), name);
        assertCase(!hasMember(root.member(name), "a"), name);
    }
}

TEST("of no value nothing can be asked in vain")
{
    const JsonDocument empty;
    for (const JsonValue none : {JsonValue(), empty.root()}) {
        assert_true(none.type() == JsonType::absent);
        assertView("", none.text());
        assert_int_equal(0, none.integer());
        assert_true(none.real() == 0);
        assert_true(none.elements().empty() && none.members().empty());
        assert_false(hasMember(none, ""));
        assert_false(stringMember(none, "s").has_value());
        assert_false(dateMember(none, "s").has_value());
    }
}

TEST("values stay valid when their document is moved")
{
    std::vector<JsonDocument> documents;
    documents.push_back(documentOf(R"({"a":"\n"})"));
    const JsonValue root = documents.front().root();
    for (int i = 0; i < 100; i++) {
        documents.push_back(documentOf("{}"));
    }
    assertView("\n", *stringMember(root, "a"));
    assertView("\n", *stringMember(documents.front().root(), "a"));
}

TEST("the text is not needed after it was read")
{
    std::string text = R"({"a":"b\u0063","d":"e"})";
    const JsonDocument document = documentOf(text);
    text.assign(text.size(), 'x');
    assertView("bc", *stringMember(document.root(), "a"));
    assertView("e", *stringMember(document.root(), "d"));
}

TEST("a NUL byte is refused at every place")
{
    const std::string text = R"({"sub": "usr_1\u00e9", "n": [1.5, true]})";
    for (std::size_t i = 0; i <= text.size(); i++) {
        std::string broken = text;
        broken.insert(i, 1, '\0');
        assertCase(!accepts(broken), broken);
        assertCase(!accepts(text.substr(0, i) + '\0'), text.substr(0, i));
    }
}

TEST("nesting of 32 is accepted and of 33 refused, brackets in strings do not count")
{
    assert_true(accepts(nested(maxJsonDepth, '[', ']')));
    assert_false(accepts(nested(maxJsonDepth + 1, '[', ']')));

    std::string objects = "1";
    for (std::size_t i = 0; i < maxJsonDepth; i++) {
        objects = "{\"a\":" + objects + "}";
    }
    assert_true(accepts(objects));
    assert_false(accepts("{\"a\":" + objects + "}"));
    assert_true(accepts("{\"a\":\"" + std::string(100, '[') + "\"}"));
    assert_true(accepts("{\"a\":\"\\\"" + std::string(100, '{') + "\"}"));

    std::string siblings = "{\"a\":[[]";
    for (int i = 0; i < 100; i++) {
        siblings += ",[[[]]]";
    }
    assert_true(accepts(siblings + "]}"));
}

TEST("a million brackets end in a refusal, not in a stack overflow")
{
    assert_false(accepts(std::string(1000000, '[')));
    assert_false(accepts(nested(1000000, '[', ']')));
    std::string objects;
    for (int i = 0; i < 200000; i++) {
        objects += "{\"a\":";
    }
    assert_false(accepts(objects));
}

TEST("two members of one name are found among few and among many")
{
    for (const int members : {1, 2, 15, 16, 17, 18, 100, 5000}) {
        const std::string last = "m" + std::to_string(members - 1);
        const std::string size = std::to_string(members);
        assertCase(accepts(objectOf(members, "")), size);
        assertCase(accepts(objectOf(members, ",\"M0\":0,\"m\":0,\"\":0,\"m0 \":0")), size);
        assertCase(!accepts(objectOf(members, ",\"m0\":0")), size);
        assertCase(!accepts(objectOf(members, ",\"\\u006d0\":0")), size);
        assertCase(!accepts(objectOf(members, ",\"" + last + "\":0")), size);
        assertCase(!accepts("{\"x\":[{},{\"y\":" + objectOf(members, ",\"m0\":0") + "}]}"), size);
        assertCase(accepts("{\"m0\":[{},{\"m0\":" + objectOf(members, "") + "}]}"), size);
    }
}

TEST("the names of a member in an array's objects may repeat")
{
    std::string text;
    for (int i = 0; i < 100; i++) {
        text += ",{\"a\":{\"a\":1}}";
    }
    assert_true(accepts("{\"a\":[0" + text + "]}"));
}

TEST("escapes are unescaped, in names too, next to plain text and to other alphabets")
{
    const std::pair<const char*, const char*> rows[] = {
        {R"(\"\\\/\b\f\n\r\t)", "\"\\/\b\f\n\r\t"},
        {R"(a\u0041b)", "aAb"},
        {R"(\u0001\u007f\u0080\u07ff\u0800\uffff)",
         "\x01\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"},
        {R"(\uD834\udd1E\uDBFF\uDFFF\ud800\udc00)",
         "\xf0\x9d\x84\x9e\xf4\x8f\xbf\xbf\xf0\x90\x80\x80"},
        {"\xc3\xa9\\n\xf0\x9f\x98\x80", "\xc3\xa9\n\xf0\x9f\x98\x80"},
        {R"(\ud7ff\ue000\uFfFf)", "\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"},
        {R"(\\u0041\\)", "\\u0041\\"},
    };
    for (const auto& [escaped, text] : rows) {
        const std::string json = '"' + std::string(escaped) + '"';
        const JsonDocument document = documentOf('{' + json + ':' + json + ",\"a\":\"b\"}");
        assertView(text, *stringMember(document.root(), text));
        assertView("b", *stringMember(document.root(), "a"));
    }
}

TEST("numbers keep their text and are 64 bits or a double")
{
    const JsonDocument integers =
        documentOf(R"({"a":[0,-0,9223372036854775807,-9223372036854775808,1700000000]})");
    std::string seen;
    for (const JsonValue number : integers.root().member("a").elements()) {
        seen += std::to_string(number.integer()) + '=' + std::string(number.text()) + ' ';
        assert_true(number.real() == 0);
    }
    assertView("0=0 0=-0 9223372036854775807=9223372036854775807 "
               "-9223372036854775808=-9223372036854775808 1700000000=1700000000 ",
               seen);

    const std::string zeros(400, '0');
    const std::pair<std::string, double> reals[] = {
        {"1.5", 1.5},
        {"-2e0", -2},
        {"1E+2", 100},
        {"0.0", 0},
        {"1.7976931348623157e308", 1.7976931348623157e308},
        {"5e-324", 5e-324},
        {"1e-400", 0},
        {"-1e-400", 0},
        {"0e999", 0},
        {"0.000e99999999999999999999", 0},
        {"1e-99999999999999999999", 0},
        {"1" + zeros + "e-400", 1},
        {"0." + zeros + "1e401", 1},
        {"1" + zeros + "e-900", 0},
        {"0." + zeros + "1", 0},
    };
    for (const auto& [text, real] : reals) {
        const JsonDocument document = documentOf("{\"a\":" + text + "}");
        assertCase(document.root().member("a").real() == real, text);
        assertCase(document.root().member("a").integer() == 0, text);
    }
    for (const std::string& text :
         {std::string("1.7976931348623159e308"), std::string("1e309"), std::string("-1e309"),
          std::string("1e99999999999999999999"), std::string("0.001e312"), "1" + zeros + ".0",
          "1" + zeros + "e-10", "0." + zeros + "1e999", "-" + std::string(400, '9') + "e0"}) {
        assertCase(!accepts("{\"a\":" + text + "}"), text);
    }
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
        const JsonDocument document = documentOf("{\"exp\":" + std::string(row.json) + "}");
        const std::optional<std::int64_t> date = dateMember(document.root(), "exp");
        assertCase(date.value_or(-1) == row.seconds, row.json);
        assert_false(dateMember(document.root(), "iat").has_value());
    }
}

}  // namespace

TEST_MAIN()
