#include "base/json_document.hpp"

#include "base/ascii.hpp"
#include "base/json.hpp"
#include "base/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

namespace scalekit {

namespace {

constexpr std::int64_t endOfYear9999 = 253402300799;

// Objects with more members are sorted by name to find two of one name.
constexpr std::size_t fewMembers = 16;

/** What stands for itself in a string and is a character of its own. */
constexpr std::array<bool, 256> plainCharacters = [] {
    std::array<bool, 256> plain{};
    for (std::size_t c = 0x20; c < 0x80; ++c) {
        plain[c] = c != '"' && c != '\\';
    }
    return plain;
}();

bool isPlain(char c) noexcept
{
    return plainCharacters[static_cast<unsigned char>(c)];
}

template <class Number>
std::errc convert(std::string_view text, Number& number) noexcept
{
    return std::from_chars(text.data(), text.data() + text.size(), number).ec;
}

/** Of a number without fraction and exponent (RFC 8259 section 6); nullopt beyond 64 bits. */
std::optional<std::int64_t> integerOf(std::string_view text) noexcept
{
    std::int64_t integer = 0;
    return convert(text, integer) == std::errc() ? std::optional(integer) : std::nullopt;
}

/** nullopt for what is too large for a double; what is too small is zero, with its sign. */
std::optional<double> realOf(std::string_view text) noexcept
{
    double real = 0;
    if (convert(text, real) != std::errc()) {
        // from_chars() does not say which it is, too large or too small
        const JsonPtr number(json_loadb(text.data(), text.size(), JSON_DECODE_ANY, nullptr));
        return number ? std::optional(json_real_value(number.get())) : std::nullopt;
    }
    return std::isfinite(real) ? std::optional(real) : std::nullopt;
}

/**
 * One pass over a text that ends with a NUL. A NUL is no part of JSON at any place, so whatever
 * meets the end of the text refuses it there, and no step has to look how far it may go; but it
 * may step over nothing that it has not recognized.
 */
class Parser {
  public:
    /** `end` is where the NUL stands. */
    Parser(char* begin, char* end, std::vector<JsonNode>& nodes) noexcept
        : at_(begin), end_(end), nodes_(nodes)
    {}

    bool parse()
    {
        skipSpace();
        if (*at_ != '{' || !object(1)) {
            return false;
        }
        skipSpace();
        return at_ == end_;
    }

  private:
    bool object(std::size_t depth);
    bool array(std::size_t depth);
    bool member(std::size_t depth);
    bool value(std::size_t depth);
    bool string();
    bool restOfString(char* begin);
    bool escape(char*& out);
    bool codeUnit(std::uint32_t& unit);
    bool number();
    bool digits();
    bool literal(std::string_view word, JsonType type);
    bool namesDiffer(std::size_t object, std::size_t members);

    void skipSpace() noexcept
    {
        while (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r') {
            ++at_;
        }
    }

    bool eat(char c) noexcept
    {
        if (*at_ != c) {
            return false;
        }
        ++at_;
        return true;
    }

    void add(JsonType type, const char* begin, const char* end)
    {
        nodes_.push_back({{begin, static_cast<std::size_t>(end - begin)}, 1, type});
    }

    void close(std::size_t node) noexcept
    {
        nodes_[node].span = static_cast<std::uint32_t>(nodes_.size() - node);
    }

    char* at_;
    const char* end_;
    std::vector<JsonNode>& nodes_;
};

bool Parser::object(std::size_t depth)
{
    if (depth > maxJsonDepth) {
        return false;
    }
    const std::size_t self = nodes_.size();
    add(JsonType::object, at_, at_);
    ++at_;

    std::size_t members = 0;
    skipSpace();
    if (!eat('}')) {
        do {
            if (!member(depth)) {
                return false;
            }
            ++members;
        } while (eat(','));
        if (!eat('}')) {
            return false;
        }
    }

    close(self);
    return namesDiffer(self, members);
}

bool Parser::array(std::size_t depth)
{
    if (depth > maxJsonDepth) {
        return false;
    }
    const std::size_t self = nodes_.size();
    add(JsonType::array, at_, at_);
    ++at_;

    skipSpace();
    if (!eat(']')) {
        do {
            if (!value(depth)) {
                return false;
            }
        } while (eat(','));
        if (!eat(']')) {
            return false;
        }
    }

    close(self);
    return true;
}

bool Parser::member(std::size_t depth)
{
    skipSpace();
    if (*at_ != '"' || !string()) {
        return false;
    }
    skipSpace();
    return eat(':') && value(depth);
}

/** A value and the white space round it, in an array or object of this depth. */
bool Parser::value(std::size_t depth)
{
    skipSpace();

    bool valid = false;
    switch (*at_) {
    case '"':
        valid = string();
        break;
    case '{':
        valid = object(depth + 1);
        break;
    case '[':
        valid = array(depth + 1);
        break;
    case 't':
        valid = literal("true", JsonType::boolean);
        break;
    case 'f':
        valid = literal("false", JsonType::boolean);
        break;
    case 'n':
        valid = literal("null", JsonType::null);
        break;
    default:
        valid = number();
    }

    if (valid) {
        skipSpace();
    }
    return valid;
}

bool Parser::string()
{
    char* const begin = ++at_;
    while (isPlain(*at_)) {
        ++at_;
    }
    if (*at_ != '"') {
        return restOfString(begin);
    }
    add(JsonType::string, begin, at_);
    ++at_;
    return true;
}

/** Unescapes in place: what an escape means is never longer than the escape. */
bool Parser::restOfString(char* begin)
{
    char* out = at_;
    while (!eat('"')) {
        if (*at_ == '\\') {
            if (!escape(out)) {
                return false;
            }
            continue;
        }

        std::size_t size = 1;
        if (!isPlain(*at_)) {
            const bool control = static_cast<unsigned char>(*at_) < 0x20;
            size = control ? 0 : utf8Length({at_, static_cast<std::size_t>(end_ - at_)});
        }
        if (size == 0) {
            return false;
        }
        for (; size > 0; --size) {
            *out++ = *at_++;
        }
    }
    add(JsonType::string, begin, out);
    return true;
}

/** RFC 8259 section 7. No "\u0000": what is written in C would take it for the string's end. */
bool Parser::escape(char*& out)
{
    const char c = at_[1];
    if (c != 'u') {
        constexpr std::string_view escaped = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
        const std::size_t which = escaped.find(c);
        if (which == std::string_view::npos) {
            return false;
        }
        at_ += 2;
        *out++ = meant[which];
        return true;
    }

    at_ += 2;
    std::uint32_t point = 0;
    if (!codeUnit(point) || point == 0) {
        return false;
    }
    if (point >= 0xd800 && point <= 0xdfff) {
        std::uint32_t low = 0;
        const bool paired = point <= 0xdbff && eat('\\') && eat('u') && codeUnit(low) &&
                            low >= 0xdc00 && low <= 0xdfff;
        if (!paired) {
            return false;
        }
        point = 0x10000 + ((point & 0x3ff) << 10) + (low & 0x3ff);
    }
    out = writeUtf8(point, out);
    return true;
}

bool Parser::codeUnit(std::uint32_t& unit)
{
    for (int i = 0; i < 4; ++i, ++at_) {
        const int digit = hexValue(*at_);
        if (digit < 0) {
            return false;
        }
        unit = unit << 4 | static_cast<std::uint32_t>(digit);
    }
    return true;
}

bool Parser::number()
{
    const char* const begin = at_;
    JsonType type = JsonType::integer;

    eat('-');
    if (!eat('0') && !digits()) {
        return false;
    }
    if (eat('.')) {
        type = JsonType::real;
        if (!digits()) {
            return false;
        }
    }
    if (eat('e') || eat('E')) {
        type = JsonType::real;
        if (!eat('-')) {
            eat('+');
        }
        if (!digits()) {
            return false;
        }
    }

    add(type, begin, at_);
    const std::string_view text = nodes_.back().text;
    return type == JsonType::integer ? integerOf(text).has_value() : realOf(text).has_value();
}

/** One at least. */
bool Parser::digits()
{
    const char* const begin = at_;
    while (isDigit(*at_)) {
        ++at_;
    }
    return at_ != begin;
}

bool Parser::literal(std::string_view word, JsonType type)
{
    if (std::strncmp(at_, word.data(), word.size()) != 0) {
        return false;
    }
    add(type, at_, at_ + word.size());
    at_ += word.size();
    return true;
}

bool Parser::namesDiffer(std::size_t object, std::size_t count)
{
    const JsonRange<JsonMember> members(nodes_[object]);

    if (count <= fewMembers) {
        for (auto one = members.begin(); one != members.end(); ++one) {
            const std::string_view name = (*one).name;
            for (auto other = members.begin(); other != one; ++other) {
                if ((*other).name == name) {
                    return false;
                }
            }
        }
        return true;
    }

    std::vector<std::string_view> names;
    names.reserve(count);
    for (const JsonMember member : members) {
        names.push_back(member.name);
    }
    std::sort(names.begin(), names.end());
    return std::adjacent_find(names.begin(), names.end()) == names.end();
}

}  // namespace

Result<JsonDocument> JsonDocument::parse(std::string_view text, Reason reason)
{
    if (text.size() > std::numeric_limits<std::uint32_t>::max()) {
        return reason;  // so that spans cannot overflow
    }

    JsonDocument document;
    document.text_ = std::make_unique_for_overwrite<char[]>(text.size() + 1);
    char* const begin = document.text_.get();
    char* const end = std::copy(text.begin(), text.end(), begin);
    *end = '\0';

    document.nodes_.reserve(text.size() / 8 + 1);  // claims have fewer as a rule
    if (!Parser(begin, end, document.nodes_).parse()) {
        return reason;
    }
    return document;
}

std::int64_t JsonValue::integer() const noexcept
{
    return type() == JsonType::integer ? integerOf(text()).value_or(0) : 0;
}

double JsonValue::real() const noexcept
{
    return type() == JsonType::real ? realOf(text()).value_or(0) : 0;
}

std::optional<std::int64_t> dateMember(JsonValue object, std::string_view name) noexcept
{
    const JsonValue member = object.member(name);

    if (member.type() == JsonType::integer) {
        const std::int64_t seconds = member.integer();
        if (seconds >= 0 && seconds <= endOfYear9999) {
            return seconds;
        }
    } else if (member.type() == JsonType::real) {
        // Compared before the cast: a double beyond the range of int64 must not reach it.
        const double seconds = member.real();
        if (seconds >= 0 && seconds < static_cast<double>(endOfYear9999 + 1)) {
            return static_cast<std::int64_t>(seconds);
        }
    }

    return std::nullopt;
}

}  // namespace scalekit
