#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

/** What holds where the administrator wrote nothing. What is not here is empty or off. */
namespace scalekit::defaults {

// of a scalekit_environment
inline constexpr std::string_view scopes = "openid profile email";
inline constexpr std::chrono::hours sessionLifetime{8};
inline constexpr std::chrono::hours sessionIdle{1};
inline constexpr std::chrono::seconds clockSkew{30};
inline constexpr std::chrono::seconds timeout{5};
inline constexpr std::string_view sessionCookie = "__Host-sk_session";
inline constexpr std::string_view plainSessionCookie = "sk_session";  // on http, under allow_http
inline constexpr std::string_view basePath = "/auth";

// of http, server and location
inline constexpr std::size_t zoneSize = 4 * 1024 * 1024;
inline constexpr std::string_view identityPrefix = "X-Scalekit-";

}  // namespace scalekit::defaults
