#include "base/json.hpp"

#include "base/utf8.hpp"

namespace scalekit {

namespace {

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
