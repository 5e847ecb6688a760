#pragma once

#include "base/result.hpp"

#include <sys/types.h>

#include <array>
#include <string>

namespace scalekit {

/** `size` bytes from OpenSSL's generator; Reason::internal when it fails. */
Result<std::string> randomBytes(std::size_t size);

/**
 * The same bytes for a process that needs a few of them all the time: they are drawn in store, for
 * a call of the generator costs as much as a kilobyte of its bytes. What was given out is wiped,
 * and a child process draws anew.
 */
class RandomStore {
  public:
    RandomStore() = default;
    RandomStore(const RandomStore&) = delete;
    RandomStore& operator=(const RandomStore&) = delete;
    ~RandomStore();

    /** At most 4 KB at a time. */
    Result<std::string> draw(std::size_t size);

  private:
    std::array<char, 4096> bytes_;
    std::size_t left_ = 0;  // at the front
    pid_t owner_ = 0;
};

}  // namespace scalekit
