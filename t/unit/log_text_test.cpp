#include "base/log_text.hpp"

#include <string>

#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

TEST("a quoted text is on one line, clean and short")
{
    assertView(R"("org_1")", quotedForLog("org_1"));
    assertView(R"("")", quotedForLog(""));
    assertView(R"("a\x0D\x0A2026 [error] \x22x\x22 \x5C\xC3\xA9\x00\x7F")",
               quotedForLog(std::string_view("a\r\n2026 [error] \"x\" \\\xc3\xa9\0\x7f", 25)));
    assertView(R"("aaaa...")", quotedForLog("aaaaa", 4));
    assertView(R"("aaaa")", quotedForLog("aaaa", 4));
    assert_true(quotedForLog(std::string(100000, '\n')).size() < 600);
}

TEST("a path ends before its query, however the question mark is written")
{
    for (const std::string_view target :
         {"/auth/callback?code=secret", "/auth/callback%3Fcode=secret",
          "/auth/callback%3fcode=secret", "/auth/callback%253Fcode=secret",
          "/auth/callback#code=secret", "/auth/callback"}) {
        assertView(R"("/auth/callback")", quotedPath(target));
    }
    assertView(R"("/a%20b%3")", quotedPath("/a%20b%3"));
}

TEST("an expectation that is empty is left out")
{
    assertView(R"(iss: expected "a", found "b")", expectedAndFound("iss", "a", "b"));
    assertView(R"(typ: found "b")", expectedAndFound("typ", "", "b"));
}

}  // namespace

TEST_MAIN()
