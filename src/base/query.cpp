#include "base/query.hpp"

#include "base/ascii.hpp"
#include "base/url.hpp"

namespace scalekit {

namespace {

constexpr std::size_t maxParameters = 64;

void separate(std::string& query)
{
    const bool begins = query.empty() || query.find('?') == query.size() - 1;
    if (!begins && query.back() != '&') {
        query += '&';
    }
}

}  // namespace

Result<Query> Query::parse(std::string_view text, std::size_t maxBytes)
{
    if (text.size() > maxBytes) {
        return Reason::request_malformed;
    }

    Query query;
    while (!text.empty()) {
        std::string_view pair = takeUntil(text, '&');
        if (pair.empty()) {
            continue;
        }

        std::optional<std::string> name = percentDecode(takeUntil(pair, '='), Plus::space);
        std::optional<std::string> value = percentDecode(pair, Plus::space);
        if (!name || !value || hasControls(*name) || hasControls(*value)) {
            return Reason::request_malformed;
        }
        if (query.parameters_.size() == maxParameters || query.find(*name) != nullptr) {
            return Reason::request_malformed;
        }
        query.parameters_.emplace_back(std::move(*name), std::move(*value));
    }

    return query;
}

const std::string* Query::find(std::string_view name) const noexcept
{
    const auto found = std::ranges::find(parameters_, name, &Parameter::first);
    return found != parameters_.end() ? &found->second : nullptr;
}

std::string_view Query::value(std::string_view name) const noexcept
{
    const std::string* value = find(name);
    return value != nullptr ? std::string_view(*value) : std::string_view();
}

void appendParameter(std::string& query, std::string_view name, std::string_view value)
{
    separate(query);
    appendPercentEncoded(query, name);
    query += '=';
    appendPercentEncoded(query, value);
}

void appendPlainParameter(std::string& query, std::string_view name, std::string_view value)
{
    separate(query);
    query += name;
    query += '=';
    query += value;
}

}  // namespace scalekit
