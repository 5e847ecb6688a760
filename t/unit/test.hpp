#pragma once

/*
 * What the unit tests share: tests that register themselves under a sentence, assertions over views
 * and Results, and the mutations that crypto tests try. One test file is one program and ends with
 * TEST_MAIN(). Include this header last: cmocka defines fail() as a macro, which breaks stream
 * headers that follow it.
 */

#include "base/reason.hpp"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

extern "C" {
#include <cmocka.h>
}

namespace scalekit::test {

using Body = void (*)();

inline std::vector<CMUnitTest>& registry()
{
    static std::vector<CMUnitTest> tests;
    return tests;
}

/** An exception would end the whole program; it fails its own test instead. */
inline void runBody(void** state)
{
    std::string thrown;
    try {
        reinterpret_cast<Body> (*state)();
        return;
    } catch (const std::exception& e) {
        thrown = e.what();
    } catch (...) {
        thrown = "not a std::exception";
    }
    fail_msg("exception: %s", thrown.c_str());
}

struct Registration {
    Registration(const char* sentence, Body body)
    {
        registry().push_back({sentence, runBody, nullptr, nullptr, reinterpret_cast<void*>(body)});
    }
};

/** The program's exit status: 0 when there are tests and all of them pass. */
inline int runAll(const char* program)
{
    std::vector<CMUnitTest>& tests = registry();
    if (tests.empty()) {
        std::fprintf(stderr, "%s: no tests\n", program);
        return 1;
    }
    return _cmocka_run_group_tests(program, tests.data(), tests.size(), nullptr, nullptr) == 0 ? 0
                                                                                               : 1;
}

/** Bytes for a message: printable ASCII as it is, the rest as \xHH. */
inline std::string printable(std::string_view bytes)
{
    std::string text;
    for (const unsigned char c : bytes) {
        char escaped[5];
        std::snprintf(escaped, sizeof(escaped), "\\x%02x", static_cast<unsigned>(c));
        text += c >= 0x20 && c < 0x7f ? std::string(1, static_cast<char>(c)) : std::string(escaped);
    }
    return text;
}

[[noreturn]] inline void failAt(const std::string& message, const char* file, int line)
{
    print_error("%s\n", message.c_str());
    _fail(file, line);
    __builtin_unreachable();
}

/** A condition with the table row it was checked for. */
inline void assertCase(bool holds, std::string_view row, const char* file = __builtin_FILE(),
                       int line = __builtin_LINE())
{
    if (!holds) {
        failAt("case: " + printable(row), file, line);
    }
}

inline void assertView(std::string_view expected, std::string_view actual,
                       const char* file = __builtin_FILE(), int line = __builtin_LINE())
{
    if (expected != actual) {
        failAt("expected: " + printable(expected) + "\n  actual: " + printable(actual), file, line);
    }
}

inline void assertReason(Reason expected, Reason actual, const char* file = __builtin_FILE(),
                         int line = __builtin_LINE())
{
    assertView(expected == Reason::none ? "(none)" : word(expected),
               actual == Reason::none ? "(none)" : word(actual), file, line);
}

/** The result is this refusal. */
template <class R>
void assertRefused(Reason expected, const R& result, const char* file = __builtin_FILE(),
                   int line = __builtin_LINE())
{
    assertReason(expected, result.error(), file, line);
}

/** The value inside a Result (or the like), which must be there; moved out. */
template <class R>
auto assertValue(R&& result, const char* file = __builtin_FILE(), int line = __builtin_LINE())
{
    if (!result) {
        failAt("refused: " + std::string(word(result.error())), file, line);
    }
    return *std::forward<R>(result);
}

/** Bytes of hexadecimal digits; spaces and line ends are skipped, for long vectors. */
inline std::string unhex(std::string_view digits)
{
    std::string bytes;
    int high = -1;
    for (const char c : digits) {
        int value = -1;
        if (c >= '0' && c <= '9') {
            value = c - '0';
        } else if (c >= 'a' && c <= 'f') {
            value = c - 'a' + 10;
        } else if (c >= 'A' && c <= 'F') {
            value = c - 'A' + 10;
        } else if (c == ' ' || c == '\n') {
            continue;
        }
        if (value < 0) {
            fail_msg("not hexadecimal: %c", c);
        }
        if (high < 0) {
            high = value;
        } else {
            bytes += static_cast<char>(high << 4 | value);
            high = -1;
        }
    }
    if (high >= 0) {
        fail_msg("%s", "odd number of hexadecimal digits");
    }
    return bytes;
}

inline std::string hex(std::string_view bytes)
{
    static const char digits[] = "0123456789abcdef";
    std::string text;
    for (const unsigned char c : bytes) {
        text += digits[c >> 4];
        text += digits[c & 15];
    }
    return text;
}

/** Calls visit with every copy of bytes in which one bit is flipped. */
template <class Visit>
void forEachBitFlip(const std::string& bytes, Visit&& visit)
{
    for (std::size_t bit = 0; bit < bytes.size() * 8; bit++) {
        std::string flipped = bytes;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        visit(flipped);
    }
}

/** Calls visit with every proper prefix of bytes, the empty one included. */
template <class Visit>
void forEachTruncation(const std::string& bytes, Visit&& visit)
{
    for (std::size_t size = 0; size < bytes.size(); size++) {
        visit(bytes.substr(0, size));
    }
}

}  // namespace scalekit::test

#define SCALEKIT_TEST_JOIN2(a, b) a##b
#define SCALEKIT_TEST_JOIN(a, b) SCALEKIT_TEST_JOIN2(a, b)

/** TEST("a sentence that is true") { assertions } */
#define TEST(sentence)                                                                             \
    static void SCALEKIT_TEST_JOIN(testAtLine, __LINE__)();                                        \
    static const scalekit::test::Registration SCALEKIT_TEST_JOIN(registrationAtLine, __LINE__)(    \
        sentence, SCALEKIT_TEST_JOIN(testAtLine, __LINE__));                                       \
    static void SCALEKIT_TEST_JOIN(testAtLine, __LINE__)()

#define TEST_MAIN()                                                                                \
    int main()                                                                                     \
    {                                                                                              \
        return scalekit::test::runAll(__FILE__);                                                   \
    }
