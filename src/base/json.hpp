#pragma once

#include "base/result.hpp"

#include <jansson.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace scalekit {

struct JsonFree {
    void operator()(json_t* json) const noexcept { json_decref(json); }
};

/** An owned jansson reference. A plain `const json_t*` is borrowed. */
using JsonPtr = std::unique_ptr<json_t, JsonFree>;

constexpr std::size_t maxJsonDepth = 32;

/**
 * For what comes now and then; tokens are read by base/json_document.hpp, which refuses the same.
 * Strict JSON (RFC 8259) whose top level is an object: duplicate members, nesting beyond
 * maxJsonDepth, NUL in a string, bad UTF-8, trailing text and numbers out of range are `reason`.
 * The depth is checked before jansson recurses.
 */
Result<JsonPtr> parseJsonObject(std::string_view text, Reason reason);

/** Borrowed views of a member; nullopt when it is absent or of another type. */
std::optional<std::string_view> stringMember(const json_t* object, const char* name) noexcept;

/** A view of a JSON string (jansson strings may hold any UTF-8). */
std::string_view stringValue(const json_t* string) noexcept;

/** True when a member exists, whatever its type. */
bool hasMember(const json_t* object, const char* name) noexcept;

/**
 * JSON text of a string, with quotes, safe inside HTML too ('<' and '>' and '&' escaped as
 * \\u00XX).
 */
std::string quoteJson(std::string_view text);

}  // namespace scalekit
