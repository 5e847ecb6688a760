#pragma once

#include <jansson.h>

#include <memory>
#include <string>
#include <string_view>

/** JSON as it is written, by jansson; base/json_document.hpp reads it. */
namespace scalekit {

struct JsonFree {
    void operator()(json_t* json) const noexcept { json_decref(json); }
};

/** An owned jansson value. */
using JsonPtr = std::unique_ptr<json_t, JsonFree>;

/**
 * A new string, for "o" in a format of json_pack(), which takes it over; bytes that are no UTF-8
 * become U+FFFD.
 */
json_t* jsonString(std::string_view text);

/** The same, but nullptr for "": what "o*" leaves out and "o?" makes null. */
inline json_t* jsonStringIfAny(std::string_view text)
{
    return text.empty() ? nullptr : jsonString(text);
}

/** A new list of strings, likewise. */
template <class Texts>
json_t* jsonStrings(const Texts& texts)
{
    json_t* list = json_array();
    for (const auto& text : texts) {
        json_array_append_new(list, jsonString(text));
    }
    return list;
}

/**
 * The text of what json_pack() made: compact, members in their order, safe inside HTML too.
 * std::bad_alloc for nullptr, which stands for no memory.
 */
std::string writeJson(const JsonPtr& json);

}  // namespace scalekit
