#pragma once

/*
 * JSON text of documents, and documents of text: what tests and tools write that only read claims.
 */

#include "base/json.hpp"
#include "base/json_document.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

namespace scalekit::test {

/** The text of a string, with its quotes. */
inline std::string quoteJson(std::string_view text)
{
    return writeJson(JsonPtr(jsonString(text)));
}

inline std::string textOf(JsonValue value)
{
    std::string text;
    switch (value.type()) {
    case JsonType::string:
        return quoteJson(value.text());
    case JsonType::array:
        for (const JsonValue element : value.elements()) {
            text += (text.empty() ? "" : ",") + textOf(element);
        }
        return '[' + text + ']';
    case JsonType::object:
        for (const auto [name, member] : value.members()) {
            text += (text.empty() ? "" : ",") + quoteJson(name) + ':' + textOf(member);
        }
        return '{' + text + '}';
    default:
        return std::string(value.text());
    }
}

inline JsonDocument documentOf(std::string_view text)
{
    auto document = JsonDocument::parse(text, Reason::claims_malformed);
    if (!document) {
        throw std::runtime_error("no JSON object: " + std::string(text));
    }
    return *std::move(document);
}

/** The object with a member set to other JSON, or without it (nullptr). */
inline JsonDocument changed(JsonValue object, std::string_view name, const char* value)
{
    std::string text;
    const auto add = [&text](std::string_view member, std::string_view json) {
        text += (text.empty() ? "" : ",") + quoteJson(member) + ':' + std::string(json);
    };
    for (const auto [present, json] : object.members()) {
        if (present != name) {
            add(present, textOf(json));
        }
    }
    if (value != nullptr) {
        add(name, value);
    }
    return documentOf('{' + text + '}');
}

}  // namespace scalekit::test
