#pragma once

#include "base/result.hpp"
#include "crypto/seal.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/**
 * How a session record travels in cookies: sealed, base64url, in one cookie NAME while that fits,
 * else in chunks. The first value of a chunked session starts with the number of chunks and a dot;
 * the others are NAME.1 ... NAME.3. All but the last are full: there is one way to write a session,
 * and nothing else opens.
 */
namespace scalekit {

constexpr std::size_t maxChunkSize = 3800;  // bytes of one cookie value
constexpr std::size_t maxChunks = 4;
constexpr std::size_t maxSessionCookieSize = 7 * 1024;  // bytes of all values together

/** What a sealed session is bound to: cookie name and environment (AAD). */
std::string sessionContext(std::string_view cookieName, std::string_view environment);

/**
 * The cookie values in order of chunks; Reason::session_too_large when they would not fit. `nonce`
 * is sealNonceSize random bytes.
 */
Result<std::vector<std::string>> sealSession(std::string_view record, const SealKeys& keys,
                                             std::string_view context, std::string_view nonce);

/**
 * Number of chunks that the first cookie value announces: 1 for a plain value, 2-4; 0 when it is
 * malformed.
 */
std::size_t chunkCount(std::string_view firstValue) noexcept;

/** "NAME" for 0, "NAME.1" ... */
std::string chunkName(std::string_view cookieName, std::size_t index);

/**
 * Bytes of working memory that openSession() needs for these values; 0 when they cannot be a
 * session.
 */
std::size_t openSessionBuffer(std::span<const std::string_view> values) noexcept;

/**
 * Joins, decodes and opens. `buffer` holds openSessionBuffer(values) bytes; the record is a view
 * into it, data() == nullptr when the values are anything else than what sealSession() made with
 * these keys and this context. Allocates nothing.
 */
std::string_view openSession(std::span<const std::string_view> values, const SealKeys& keys,
                             std::string_view context, unsigned char* buffer) noexcept;

}  // namespace scalekit
