#include "base/cache_control.hpp"

#include <string>
#include <vector>

#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

using Lines = std::vector<std::string_view>;

CacheControl read(const Lines& lines)
{
    CacheControl control;
    for (const std::string_view line : lines) {
        control.add(line);
    }
    return control;
}

std::string shown(const Lines& lines)
{
    std::string text;
    for (const std::string_view line : lines) {
        text += "[" + std::string(line) + "]";
    }
    return text;
}

}  // namespace

TEST("private or no-store, on any line and in any spelling, keeps shared caches out")
{
    const Lines cases[] = {
        {"private"},
        {"no-store"},
        {"PRIVATE"},
        {"public, max-age=600, private"},
        {"max-age=600", "No-Store"},
        {" \t,, private\t,"},
        {"no-cache=\"a, b\", private"},
        {"x=\"a\\\"b, \", no-store"},
    };
    for (const Lines& lines : cases) {
        const CacheControl control = read(lines);
        assertCase(control.keepsOthersOut(), shown(lines));
        assertCase(!control.servesOthers(true), shown(lines));
    }
}

TEST("what only looks like private or no-store keeps nobody out")
{
    const Lines cases[] = {
        {},
        {""},
        {"public"},
        {"no-cache"},
        {"privately"},
        {"private=\"Set-Cookie\""},
        {"x=private"},
        {"x=\"a, private, b\""},
        {"x=\"a\\\", no-store\""},
        {"no-store, must-understand"},
    };
    for (const Lines& lines : cases) {
        assertCase(!read(lines).keepsOthersOut(), shown(lines));
    }
}

TEST("an age above zero, or else an Expires to come, lets shared caches serve the answer")
{
    const Lines served[] = {
        {"max-age=1"},
        {"public, Max-Age = 600"},
        {"max-age=\"600\""},
        {"max-age=0", "max-age=600"},
        {"max-age=0, s-maxage=1"},
        {"max-age=soon"},
        {"max-age="},
        {"max-age=600, no-cache=\"Set-Cookie\""},
        {"max-age=600, no-store, must-understand"},
    };
    for (const Lines& lines : served) {
        assertCase(read(lines).servesOthers(false), shown(lines));
        assertCase(read(lines).servesOthers(true), shown(lines));
    }
    const Lines asked[] = {
        {"max-age=0"},
        {"max-age=00, must-revalidate"},
        {"max-age=\"0\""},
        {"public, max-age=0"},
        {"max-age=600, s-maxage=0"},
        {"no-cache, max-age=600"},
        {"max-age=600", "no-cache"},
    };
    for (const Lines& lines : asked) {
        assertCase(!read(lines).servesOthers(false), shown(lines));
        assertCase(!read(lines).servesOthers(true), shown(lines));
    }
    for (const char* line : {"", "public", "must-revalidate", "max-age"}) {
        assertCase(!read({line}).servesOthers(false), line);
        assertCase(read({line}).servesOthers(true), line);
    }
}

TEST("a line about keeping the answer, or for how long, decides; one about anything else does not")
{
    const Lines decided[] = {
        {"private"},
        {"Public"},
        {"no-store"},
        {"no-cache"},
        {"max-age=0"},
        {"s-maxage=60"},
        {"no-transform", "max-age=60"},
        {"no-store, must-understand"},
    };
    for (const Lines& lines : decided) {
        assertCase(read(lines).decides(), shown(lines));
    }
    for (const char* line :
         {"", ",", "no-transform", "must-revalidate", "immutable", "private=\"Set-Cookie\"",
          "no-cache=\"Set-Cookie\"", "max-age", "publicly", "x=\"public\""}) {
        assertCase(!read({line}).decides(), line);
    }
}

TEST_MAIN()
