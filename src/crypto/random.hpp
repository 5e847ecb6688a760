#pragma once

#include "base/result.hpp"

#include <string>

namespace scalekit {

/**
 * `size` bytes from OpenSSL's generator; Reason::internal when it fails. The only source of
 * randomness; callers pass it on.
 */
Result<std::string> randomBytes(std::size_t size);

}  // namespace scalekit
