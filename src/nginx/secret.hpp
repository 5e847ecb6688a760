#pragma once

#include "nginx/ngx.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace scalekit {

/**
 * A value that may be kept out of the configuration file: `file:PATH` (relative to the
 * configuration's folder, at most 64 KB, one trailing line break removed), `env:NAME`, or the text
 * itself. Read anew on every reload. On failure the remedy is in `problem`; the value itself is
 * never part of a message.
 */
std::optional<std::string> readSecret(ngx_conf_t* cf, std::string_view text, std::string& problem);

}  // namespace scalekit
