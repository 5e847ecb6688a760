#include "base/reason.hpp"
#include "base/result.hpp"

#include <algorithm>
#include <set>

#include "test.hpp"

using namespace scalekit;
using namespace scalekit::test;

namespace {

constexpr int last = static_cast<int>(Reason::internal);

TEST("every reason has a word of its own, of a-z and underscores only")
{
    std::set<std::string_view> words;

    for (int i = 1; i <= last; i++) {
        const std::string_view reasonWord = word(static_cast<Reason>(i));
        assertCase(!reasonWord.empty(), "reason " + std::to_string(i));
        assertCase(std::all_of(reasonWord.begin(), reasonWord.end(),
                               [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }),
                   reasonWord);
        assertCase(words.insert(reasonWord).second, reasonWord);
    }
    assert_int_equal(words.size(), last);
}

TEST("none has no word, and what is no reason is an error of ours")
{
    assertView("", word(Reason::none));
    assertView("internal", word(static_cast<Reason>(last + 1)));
}

TEST("every reason has its own row, an error status, and a title and a sentence for people")
{
    for (int i = 1; i <= last; i++) {
        const ReasonRow& row = rowOf(static_cast<Reason>(i));
        assertCase(static_cast<int>(row.reason) == i, row.word);
        assertCase(row.status >= 400 && row.status < 600, row.word);
        assertCase(!row.title.empty() && row.sentence.ends_with('.'), row.word);
        assertCase(row.status < 500 || row.severity >= Severity::error, row.word);
    }
}

TEST("a result holds a value or a reason")
{
    const Result<std::string> value("text");
    const Result<std::string> refusal(Reason::token_expired);

    assert_true(static_cast<bool>(value));
    assertView("text", *value);
    assertReason(Reason::none, value.error());
    assert_false(static_cast<bool>(refusal));
    assertReason(Reason::token_expired, refusal.error());
}

}  // namespace

TEST_MAIN()
