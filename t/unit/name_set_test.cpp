#include "base/name_set.hpp"

#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

TEST("a set knows the names that were added, byte by byte, and no others")
{
    NameSet names;
    assert_false(names.contains("sk_session"));
    assert_false(names.contains(""));

    for (const std::string_view name : {"sk_session", "__Host-sk_session", "b", "", "sk_session"}) {
        names.add(name);
    }
    for (const std::string_view name : {"sk_session", "__Host-sk_session", "b", ""}) {
        assertCase(names.contains(name), name);
    }
    for (const std::string_view name : {"sk_sessiom", "SK_session", "sk_session.1", "sk_sessio",
                                        "__Host-sk_sessioN", "a", "c", "bb"}) {
        assertCase(!names.contains(name), name);
    }
}

TEST("a thousand names, and names whose lengths differ by 64, are told apart")
{
    NameSet names;
    for (int i = 0; i < 1000; i += 2) {
        names.add("cookie" + std::to_string(i));
    }
    for (int i = 0; i < 1000; i++) {
        const std::string name = "cookie" + std::to_string(i);
        assertCase(names.contains(name) == (i % 2 == 0), name);
    }
    const std::string longer = "cookie0" + std::string(64, '0');
    assert_false(names.contains(longer));
    names.add(longer);
    assert_true(names.contains(longer));
}

}  // namespace

TEST_MAIN()
