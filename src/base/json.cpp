#include "base/json.hpp"

#include "base/utf8.hpp"

#include <cstdlib>
#include <new>

namespace scalekit {

namespace {

std::string validUtf8(std::string_view text)
{
    std::string valid;
    while (!text.empty()) {
        const std::size_t size = utf8Length(text);
        valid += size == 0 ? "\ufffd" : text.substr(0, size);
        text.remove_prefix(size == 0 ? 1 : size);
    }
    return valid;
}

/** What means something to HTML, or to JavaScript and not to JSON; it stands in strings alone. */
constexpr struct {
    std::string_view character;
    std::string_view escape;
} harmful[] = {{"<", "\\u003c"},    {">", "\\u003e"},      {"&", "\\u0026"},
               {"\x7f", "\\u007f"}, {"\u2028", "\\u2028"}, {"\u2029", "\\u2029"}};

}  // namespace

json_t* jsonString(std::string_view text)
{
    const std::string valid = validUtf8(text);
    return json_stringn_nocheck(valid.data(), valid.size());
}

std::string writeJson(const JsonPtr& json)
{
    const std::unique_ptr<char, void (*)(void*)> dumped(
        json_dumps(json.get(), JSON_COMPACT | JSON_ENCODE_ANY), std::free);
    if (!dumped) {
        throw std::bad_alloc();
    }

    std::string text = dumped.get();
    for (const auto& [character, escape] : harmful) {
        for (std::size_t at = 0; (at = text.find(character, at)) != std::string::npos;) {
            text.replace(at, character.size(), escape);
        }
    }
    return text;
}

}  // namespace scalekit
