#include "crypto/random.hpp"

#include "crypto/openssl.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <climits>

namespace scalekit {

namespace {

bool fill(char* bytes, std::size_t size)
{
    const ErrorQueueGuard guard;
    return size <= INT_MAX && RAND_bytes(octets(bytes), static_cast<int>(size)) == 1;
}

}  // namespace

Result<std::string> randomBytes(std::size_t size)
{
    std::string bytes(size, '\0');
    return fill(bytes.data(), size) ? Result<std::string>(std::move(bytes)) : Reason::internal;
}

RandomStore::~RandomStore()
{
    OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

Result<std::string> RandomStore::draw(std::size_t size)
{
    if (size > bytes_.size()) {
        return Reason::internal;
    }
    if (size > left_ || owner_ != getpid()) {
        left_ = 0;
        if (!fill(bytes_.data(), bytes_.size())) {
            return Reason::internal;
        }
        left_ = bytes_.size();
        owner_ = getpid();
    }

    left_ -= size;
    std::string drawn(bytes_.data() + left_, size);
    OPENSSL_cleanse(bytes_.data() + left_, size);
    return drawn;
}

}  // namespace scalekit
