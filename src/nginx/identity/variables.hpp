#pragma once

#include "nginx/ngx/ngx.hpp"

#include <string>
#include <vector>

namespace scalekit {

/** Registers the $scalekit_ variables; the preconfiguration of the module. */
ngx_int_t addVariables(ngx_conf_t* cf) noexcept;

/** Remembers which of them the configuration uses; part of the postconfiguration. */
bool indexVariables(ngx_conf_t* cf) noexcept;

/** The names of all variables, as the documents write them. */
std::vector<std::string> variableNames();

}  // namespace scalekit
