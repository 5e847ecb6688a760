#pragma once

/*
 * What a killed process leaves in shared memory: a change is run instruction by instruction, and
 * the memory is looked at after each.
 */

#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstring>
#include <new>
#include <stdexcept>
#include <vector>

namespace scalekit::test {

class SharedMemory {
  public:
    explicit SharedMemory(std::size_t size) : size_(size)
    {
        data_ = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (data_ == MAP_FAILED) {
            throw std::bad_alloc();
        }
    }
    ~SharedMemory() { munmap(data_, size_); }
    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;

    void* data() const { return data_; }
    std::size_t size() const { return size_; }

    using Bytes = std::vector<unsigned char>;
    Bytes copy() const
    {
        const auto* bytes = static_cast<const unsigned char*>(data_);
        return Bytes(bytes, bytes + size_);
    }
    void restore(const Bytes& bytes) { std::memcpy(data_, bytes.data(), size_); }

  private:
    std::size_t size_;
    void* data_;
};

/**
 * Runs `change` in a process of its own, and `check` here between any two of its instructions that
 * left different memory, as if it had been killed there. What check() does to the memory is undone.
 * Returns how often it was called.
 */
template <class Change, class Check>
std::size_t killedAnywhere(SharedMemory& memory, Change&& change, Check&& check)
{
    const pid_t pid = fork();
    if (pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0) {
            raise(SIGSTOP);
            change();
        }
        _exit(0);
    }
    int status = 0;
    if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) {
        throw std::runtime_error("this test traces a process, which the system does not allow");
    }
    ptrace(PTRACE_SETOPTIONS, pid, nullptr, PTRACE_O_EXITKILL);
    std::size_t checks = 0;
    SharedMemory::Bytes seen = memory.copy();
    while (ptrace(PTRACE_SINGLESTEP, pid, nullptr, nullptr) == 0 &&
           waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
        if (std::memcmp(memory.data(), seen.data(), seen.size()) != 0) {
            seen = memory.copy();
            check();
            memory.restore(seen);
            ++checks;
        }
    }
    return checks;
}

}  // namespace scalekit::test
