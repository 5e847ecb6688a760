#pragma once

#include <algorithm>
#include <string_view>

/** Characters of ASCII, whatever the locale; every other byte is none of them. */
namespace scalekit {

constexpr bool isDigit(char c) noexcept
{
    return c >= '0' && c <= '9';
}

constexpr bool isUpper(char c) noexcept
{
    return c >= 'A' && c <= 'Z';
}

constexpr char lowered(char c) noexcept
{
    return isUpper(c) ? static_cast<char>(c | 0x20) : c;
}

constexpr bool isLetter(char c) noexcept
{
    return lowered(c) >= 'a' && lowered(c) <= 'z';
}

constexpr bool isAlphanumeric(char c) noexcept
{
    return isLetter(c) || isDigit(c);
}

constexpr bool isControl(char c) noexcept
{
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

constexpr bool isPrintable(char c) noexcept
{
    return c >= 0x20 && c < 0x7f;
}

/** The value of a hexadecimal digit, -1 for another character. */
constexpr int hexValue(char c) noexcept
{
    const char lower = lowered(c);
    return isDigit(c) ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/** Letters, digits and characters of `more`, nothing else. */
constexpr bool consistsOf(std::string_view text, std::string_view more) noexcept
{
    return std::ranges::all_of(text, [more](char c) {
        return isAlphanumeric(c) || more.find(c) != std::string_view::npos;
    });
}

constexpr bool hasControls(std::string_view text) noexcept
{
    return std::ranges::any_of(text, isControl);
}

/** Letters in any case, every other byte exactly. */
constexpr bool equalIgnoringCase(std::string_view a, std::string_view b) noexcept
{
    return std::ranges::equal(a, b, {}, lowered, lowered);
}

constexpr bool startsWithIgnoringCase(std::string_view text, std::string_view prefix) noexcept
{
    return equalIgnoringCase(text.substr(0, prefix.size()), prefix);
}

/** Without the spaces and tabs at both ends. */
constexpr std::string_view trimmed(std::string_view text) noexcept
{
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && blank(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

/** Takes a prefix off a text that begins with it; whether it did. */
constexpr bool takePrefix(std::string_view& text, std::string_view prefix) noexcept
{
    const bool begins = text.starts_with(prefix);
    text.remove_prefix(begins ? prefix.size() : 0);
    return begins;
}

/** Takes off a text what stands before the first of these separators, and the separator itself. */
constexpr std::string_view takeUntil(std::string_view& text, auto separators) noexcept
{
    const std::string_view part = text.substr(0, text.find_first_of(separators));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    return part;
}

/** Takes the first word off words with spaces between them; empty when none is left. */
constexpr std::string_view takeWord(std::string_view& words) noexcept
{
    words.remove_prefix(std::min(words.find_first_not_of(' '), words.size()));
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(word.size());
    return word;
}

}  // namespace scalekit
