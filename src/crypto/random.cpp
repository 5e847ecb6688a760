#include "crypto/random.hpp"

#include "crypto/openssl.hpp"

#include <openssl/rand.h>

#include <climits>

namespace scalekit {

Result<std::string> randomBytes(std::size_t size)
{
    const ErrorQueueGuard guard;

    std::string bytes(size, '\0');
    if (size > INT_MAX || RAND_bytes(octets(bytes.data()), static_cast<int>(size)) != 1) {
        return Reason::internal;
    }
    return bytes;
}

}  // namespace scalekit
