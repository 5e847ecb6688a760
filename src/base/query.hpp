#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace scalekit {

/** A query string or form body: parameters in order, percent-decoded. */
class Query {
  public:
    /**
     * Parses application/x-www-form-urlencoded text. Broken escapes, NUL or control bytes in a name
     * or value, more than 64 parameters or more than maxBytes are Reason::request_malformed; so is
     * a name that occurs twice (RFC 6749 3.1).
     */
    static Result<Query> parse(std::string_view text, std::size_t maxBytes = 16 * 1024);

    /** The value of a parameter; nullptr when it is absent. */
    const std::string* find(std::string_view name) const noexcept;

    /** The value, or "" when absent. */
    std::string_view value(std::string_view name) const noexcept;

  private:
    using Parameter = std::pair<std::string, std::string>;
    std::vector<Parameter> parameters_;
};

/** Appends "name=value" percent-encoded, with '&' where something precedes it. */
void appendParameter(std::string& query, std::string_view name, std::string_view value);

/** The same for text that needs no encoding, such as base64url. */
void appendPlainParameter(std::string& query, std::string_view name, std::string_view value);

}  // namespace scalekit
