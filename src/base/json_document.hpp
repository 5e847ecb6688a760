#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

/**
 * The reader of JSON: it takes strict JSON and reads it as jansson does, in a tenth of the time. A
 * document is one list of nodes in the order of the text, whose strings are views of it; values
 * point into the list and cost nothing to copy.
 */
namespace scalekit {

constexpr std::size_t maxJsonDepth = 32;

enum class JsonType : std::uint8_t { absent, null, boolean, integer, real, string, array, object };

/** A value, or the name of a member, which stands in front of the member's value. */
struct JsonNode {
    std::string_view text;  // of a string unescaped, of other scalars as written
    std::uint32_t span;     // nodes of the value with all that is in it
    JsonType type;
};

struct JsonMember;

/** What an array or object holds, for range-for. Item is JsonValue or JsonMember. */
template <class Item>
class JsonRange {
  public:
    class Iterator {
      public:
        using value_type = Item;
        using difference_type = std::ptrdiff_t;

        Iterator() = default;
        explicit Iterator(const JsonNode* node) noexcept : node_(node) {}

        Item operator*() const noexcept { return Item::at(node_); }
        Iterator& operator++() noexcept
        {
            node_ = Item::after(node_);
            return *this;
        }
        Iterator operator++(int) noexcept
        {
            const Iterator old = *this;
            ++*this;
            return old;
        }
        bool operator==(const Iterator&) const = default;

      private:
        const JsonNode* node_ = nullptr;
    };

    JsonRange() = default;
    explicit JsonRange(const JsonNode& parent) noexcept
        : begin_(&parent + 1), end_(&parent + parent.span)
    {}

    Iterator begin() const noexcept { return begin_; }
    Iterator end() const noexcept { return end_; }
    bool empty() const noexcept { return begin_ == end_; }

  private:
    Iterator begin_;
    Iterator end_;
};

/** A value of a document and valid as long as that, or none. */
class JsonValue {
  public:
    JsonValue() = default;
    static JsonValue at(const JsonNode* node) noexcept
    {
        JsonValue value;
        value.node_ = node;
        return value;
    }
    static const JsonNode* after(const JsonNode* node) noexcept { return node + node->span; }

    JsonType type() const noexcept { return node_ != nullptr ? node_->type : JsonType::absent; }
    bool isString() const noexcept { return type() == JsonType::string; }
    bool isArray() const noexcept { return type() == JsonType::array; }
    bool isObject() const noexcept { return type() == JsonType::object; }
    bool isNull() const noexcept { return type() == JsonType::null; }
    bool isTrue() const noexcept { return type() == JsonType::boolean && text() == "true"; }

    /** A string unescaped, another scalar as written; empty for the rest. */
    std::string_view text() const noexcept
    {
        return node_ != nullptr ? node_->text : std::string_view();
    }

    std::int64_t integer() const noexcept;  // 0 when it is none
    double real() const noexcept;           // 0 when it is none

    /** Of what is no array: nothing. */
    JsonRange<JsonValue> elements() const noexcept
    {
        return isArray() ? JsonRange<JsonValue>(*node_) : JsonRange<JsonValue>();
    }

    /** Of what is no object: nothing. */
    inline JsonRange<JsonMember> members() const noexcept;

    /** None when there is no such member, or this is no object. */
    inline JsonValue member(std::string_view name) const noexcept;

  private:
    const JsonNode* node_ = nullptr;
};

struct JsonMember {
    std::string_view name;
    JsonValue value;

    static JsonMember at(const JsonNode* node) noexcept
    {
        return {node->text, JsonValue::at(node + 1)};
    }
    static const JsonNode* after(const JsonNode* node) noexcept
    {
        return JsonValue::after(node + 1);
    }
};

inline JsonRange<JsonMember> JsonValue::members() const noexcept
{
    return isObject() ? JsonRange<JsonMember>(*node_) : JsonRange<JsonMember>();
}

inline JsonValue JsonValue::member(std::string_view name) const noexcept
{
    for (const JsonMember member : members()) {
        if (member.name == name) {
            return member.value;
        }
    }
    return {};
}

/** An object and the text that it views. Values stay valid when it is moved. */
class JsonDocument {
  public:
    /** An empty one: its root is absent. */
    JsonDocument() = default;

    /**
     * Strict JSON (RFC 8259) whose top level is an object: duplicate members, nesting beyond
     * maxJsonDepth, NUL in a string, bad UTF-8, trailing text and numbers out of range are
     * `reason`. Takes at most 20 times the text's memory, and recurses at most maxJsonDepth deep.
     */
    static Result<JsonDocument> parse(std::string_view text, Reason reason);

    JsonValue root() const noexcept
    {
        return nodes_.empty() ? JsonValue() : JsonValue::at(nodes_.data());
    }

  private:
    std::unique_ptr<char[]> text_;  // strings with escapes are unescaped in their place
    std::vector<JsonNode> nodes_;
};

/** True when a member exists, whatever its type. */
inline bool hasMember(JsonValue object, std::string_view name) noexcept
{
    return object.member(name).type() != JsonType::absent;
}

/** nullopt when it is absent or of another type. */
inline std::optional<std::string_view> stringMember(JsonValue object,
                                                    std::string_view name) noexcept
{
    const JsonValue member = object.member(name);
    return member.isString() ? std::optional(member.text()) : std::nullopt;
}

/**
 * A NumericDate (RFC 7519 section 2): integer or fractional, cut to seconds. nullopt when absent,
 * not a number, negative, or beyond the year 9999.
 */
std::optional<std::int64_t> dateMember(JsonValue object, std::string_view name) noexcept;

}  // namespace scalekit
