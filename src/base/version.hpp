#pragma once

namespace scalekit {

/**
 * The module's name and version, as a User-Agent. The version is written here and nowhere else;
 * `strings` finds this text in the built module.
 */
inline constexpr char product[] = "nginx-scalekit/0.5.0";

}  // namespace scalekit
