#pragma once

#include "base/json_document.hpp"
#include "base/reason.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

/** What ID tokens and access tokens are asked alike (RFC 7519 section 4.1). */
namespace scalekit {

/** Whether "typ" names this type: in any case, and with or without "application/" in front (RFC
 * 7515 4.1.9). */
bool isType(std::string_view typ, std::string_view name) noexcept;

/** `iss` is one of these, byte for byte. */
bool issuerIsOneOf(JsonValue claims, const std::vector<std::string>& issuers) noexcept;

/** True when `aud` (string or array of strings) holds the value. */
bool audienceHolds(JsonValue claims, std::string_view value) noexcept;

enum class IssuedAt { required, optional };

/**
 * `exp` is there and to come, `nbf` has come, `iat` is not from the future: token_expired,
 * token_not_yet_valid, issued_at_invalid; claims_malformed for an `exp` or `nbf` that is no date.
 */
Reason checkTimes(JsonValue claims, std::chrono::sys_seconds now, std::chrono::seconds skew,
                  IssuedAt issuedAt) noexcept;

/** `sub` is 1 to 255 bytes (OIDC Core section 2) without control characters. */
bool subjectValid(JsonValue claims) noexcept;

/** A member that is absent, or a string that says exactly this. */
bool absentOrEqual(JsonValue claims, std::string_view name, std::string_view value) noexcept;

}  // namespace scalekit
