#include "base/json.hpp"

namespace scalekit {

namespace {

constexpr std::int64_t endOfYear9999 = 253402300799;

/** True unless brackets outside strings nest deeper than maxJsonDepth; no other check. */
bool isShallow(std::string_view text) noexcept
{
    std::size_t depth = 0;
    bool inString = false;

    for (std::size_t i = 0; i < text.size(); i++) {
        const char c = text[i];
        if (inString) {
            if (c == '\\') {
                i++;
            } else if (c == '"') {
                inString = false;
            }
        } else if (c == '"') {
            inString = true;
        } else if (c == '{' || c == '[') {
            if (++depth > maxJsonDepth) {
                return false;
            }
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }

    return true;
}

/** Bytes of the UTF-8 character at the front, 0 when it is not one (RFC 3629 section 4). */
std::size_t utf8Length(std::string_view text) noexcept
{
    const auto at = [&](std::size_t i) {
        return static_cast<unsigned char>(i < text.size() ? text[i] : 0);
    };
    const auto continues = [&](std::size_t i) { return (at(i) & 0xc0) == 0x80; };
    const unsigned char first = at(0), second = at(1);

    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        return continues(1) ? 2 : 0;
    }
    if (first >= 0xe0 && first <= 0xef) {
        const bool overlong = first == 0xe0 && second < 0xa0;
        const bool surrogate = first == 0xed && second > 0x9f;
        return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        const bool overlong = first == 0xf0 && second < 0x90;
        const bool beyond = first == 0xf4 && second > 0x8f;
        return continues(1) && continues(2) && continues(3) && !overlong && !beyond ? 4 : 0;
    }
    return 0;
}

}  // namespace

Result<JsonPtr> parseJsonObject(std::string_view text, Reason reason)
{
    // jansson 2.14 passes over a NUL that follows a number.
    if (text.find('\0') != std::string_view::npos || !isShallow(text)) {
        return reason;
    }

    JsonPtr json(json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, nullptr));
    if (!json_is_object(json.get())) {
        return reason;
    }
    return json;
}

std::optional<std::string_view> stringMember(const json_t* object, const char* name) noexcept
{
    const json_t* member = json_object_get(object, name);
    if (!json_is_string(member)) {
        return std::nullopt;
    }
    return stringValue(member);
}

std::string_view stringValue(const json_t* string) noexcept
{
    if (!json_is_string(string)) {
        return {};
    }
    return {json_string_value(string), json_string_length(string)};
}

std::optional<std::int64_t> dateMember(const json_t* object, const char* name) noexcept
{
    const json_t* member = json_object_get(object, name);

    if (json_is_integer(member)) {
        const json_int_t seconds = json_integer_value(member);
        if (seconds >= 0 && seconds <= endOfYear9999) {
            return seconds;
        }
    } else if (json_is_real(member)) {
        // Compared before the cast: a double beyond the range of int64 must not reach it.
        const double seconds = json_real_value(member);
        if (seconds >= 0 && seconds < static_cast<double>(endOfYear9999 + 1)) {
            return static_cast<std::int64_t>(seconds);
        }
    }

    return std::nullopt;
}

bool hasMember(const json_t* object, const char* name) noexcept
{
    return json_object_get(object, name) != nullptr;
}

std::string quoteJson(std::string_view text)
{
    static const char digits[] = "0123456789abcdef";
    std::string json = "\"";

    while (!text.empty()) {
        const std::size_t size = utf8Length(text);
        const std::string_view character = text.substr(0, size);
        const char c = text.front();
        text.remove_prefix(size == 0 ? 1 : size);

        if (size == 0) {
            json += "\\ufffd";
        } else if (character == "\u2028" || character == "\u2029") {
            json += character == "\u2028" ? "\\u2028" : "\\u2029";  // line ends to older JavaScript
        } else if (size > 1) {
            json += character;
        } else if (c == '"' || c == '\\') {
            json += '\\';
            json += c;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '<' || c == '>' ||
                   c == '&') {
            json += "\\u00";
            json += digits[c >> 4];
            json += digits[c & 15];
        } else {
            json += c;
        }
    }

    json += '"';
    return json;
}

}  // namespace scalekit
