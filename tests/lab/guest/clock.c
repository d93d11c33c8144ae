/* What time it is for the guest: its two clocks, the emulated clock chip, and whether one of the clocks ever went backwards. */
#include "guest.h"

#include <fcntl.h>
#include <linux/rtc.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static uint64_t read_clock(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

struct moment read_clocks(void) { return (struct moment){ read_clock(CLOCK_MONOTONIC), read_clock(CLOCK_REALTIME) }; }

long long rtc_seconds(void)
{
    struct rtc_time now;
    int fd = open("/dev/rtc0", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int result = ioctl(fd, RTC_RD_TIME, &now);
    close(fd);
    if (result < 0)
        return -1;
    struct tm parts = { .tm_sec = now.tm_sec, .tm_min = now.tm_min, .tm_hour = now.tm_hour, .tm_mday = now.tm_mday,
        .tm_mon = now.tm_mon, .tm_year = now.tm_year };
    return (long long)timegm(&parts);
}

void clock_source(char *text, size_t size)
{
    int fd = open("/sys/devices/system/clocksource/clocksource0/current_clocksource", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = 0;
    text[strcspn(text, "\n")] = 0;
    if (!text[0])
        snprintf(text, size, "-");
}

void *watch_clocks(void *unused)
{
    (void)unused;
    unsigned interval = (unsigned)number_option("clock", 20);
    if (interval == 0)
        return NULL;
    struct moment last = read_clocks();
    for (;;) {
        sleep_ms(interval);
        struct moment now = read_clocks();
        if (now.monotonic < last.monotonic || now.wall < last.wall)
            status.clock_back++;
        last = now;
    }
    return NULL;
}
