#include "base/json.hpp"
#include "base/json_document.hpp"

#include <new>
#include <string>
#include <vector>

#include "json_text.hpp"
#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

std::string readBack(const std::string& quoted)
{
    const JsonDocument json =
        assertValue(JsonDocument::parse("{\"a\":" + quoted + "}", Reason::internal));
    return std::string(stringMember(json.root(), "a").value());
}

TEST("members stand in the order in which they were packed, without white space")
{
    const JsonPtr json(json_pack("{s:o, s:b, s:o*, s:n, s:{s:o}}", "z", jsonString("J\xc3\xbcrgen"),
                                 "a", 1, "left out", nullptr, "none", "o", "list",
                                 jsonStrings(std::vector<std::string>{"x", "y z"})));
    assertView(
        "{\"z\":\"J\xc3\xbcrgen\",\"a\":true,\"none\":null,\"o\":{\"list\":[\"x\",\"y z\"]}}",
        writeJson(json));
    assertView("[]", writeJson(JsonPtr(jsonStrings(std::vector<std::string>()))));
}

TEST("a document that could not be made is not written")
{
    bool thrown = false;
    try {
        writeJson(nullptr);
    } catch (const std::bad_alloc&) {
        thrown = true;
    }
    assert_true(thrown);
}

TEST("written text is JSON that reads back the same and holds no markup")
{
    std::string text;
    for (int c = 1; c < 0x80; c++) {
        text += static_cast<char>(c);
    }
    text += "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xe2\x80\xa8\xe2\x80\xa9</script>";

    const std::string quoted = quoteJson(text);
    assert_true(quoted.find_first_of("<>&\n\r\x7f") == std::string::npos);
    assert_true(quoted.find("\xe2\x80\xa8") == std::string::npos);
    assertView(text, readBack(quoted));

    assertView("\"\\u003c\\u003e\\u0026\\\"\\\\'/\"", quoteJson("<>&\"\\'/"));
    assertView("\"\\u0000\\n\\u007f\"", quoteJson(std::string_view("\0\n\x7f", 3)));
    assertView("\"\"", quoteJson(""));
    assertView("{\"\\u003cb\\u003e\":1}", writeJson(JsonPtr(json_pack("{s:i}", "<b>", 1))));
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
        const std::string value = readBack(quoteJson("a" + std::string(text) + "z"));
        assertCase(value.starts_with("a\xef\xbf\xbd") && value.ends_with('z'), text);
    }
}

}  // namespace

TEST_MAIN()
