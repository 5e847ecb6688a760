/* Preloaded into a program, moves its clocks.
 *
 * SCALEKIT_TEST_CLOCK names a file of two 64-bit integers in the machine's order: milliseconds to
 * add to the time of day and to the monotonic clock. Whoever writes to the file moves the clocks at
 * once, in all processes that came from this one. Sleeping (epoll_wait and the like) keeps to real
 * time.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t none[2];
static volatile int64_t *offsets = none;

__attribute__((constructor)) static void openOffsets(void)
{
    const char *path = getenv("SCALEKIT_TEST_CLOCK");
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *shared = fd >= 0 ? mmap(NULL, sizeof(none), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

    if (shared == MAP_FAILED) {
        fputs("SCALEKIT_TEST_CLOCK does not name a readable file\n", stderr);
        _exit(1);
    }
    close(fd);
    offsets = shared;
}

static int64_t offsetOf(clockid_t clock)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
        return offsets[0];
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_BOOTTIME:
        return offsets[1];
    default:
        return 0; /* processor time */
    }
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = (int) syscall(SYS_clock_gettime, clock, now);
    int64_t offset = offsetOf(clock);

    if (result == 0 && offset != 0) {
        int64_t nanoseconds = now->tv_nsec + offset % 1000 * 1000000;
        int64_t carry = nanoseconds < 0 ? -1 : nanoseconds / 1000000000;
        now->tv_sec += offset / 1000 + carry;
        now->tv_nsec = nanoseconds - carry * 1000000000;
    }
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec exact;
    (void) zone;

    clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out)
{
    struct timespec exact;

    clock_gettime(CLOCK_REALTIME_COARSE, &exact);
    if (out != NULL) {
        *out = exact.tv_sec;
    }
    return exact.tv_sec;
}
