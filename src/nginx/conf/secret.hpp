#pragma once

#include "crypto/secret_rules.hpp"
#include "nginx/ngx/ngx.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace scalekit {

struct Secret {
    std::string text;
    SecretSource source;
};

/**
 * A value that may be kept out of the configuration file: `file:PATH` (relative to the
 * configuration's folder, at most 64 KB, line breaks at its end removed), `env:NAME`,
 * `literal:TEXT`, or the text itself, unless it names a file. Read anew on every reload. On failure
 * the remedy is in `problem`; the value itself is never part of a message.
 */
std::optional<Secret> readSecret(ngx_conf_t* cf, std::string_view word, std::string& problem);

}  // namespace scalekit
