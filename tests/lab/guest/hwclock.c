/* The machine's real-time clock, as hwclock(8) sets it. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtc.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* Sets it to a time of seconds since 1970, UTC. 0, or an errno. */
int set_hardware_clock(long long seconds)
{
    time_t when = (time_t)seconds;
    struct tm parts;
    int fd = open("/dev/rtc0", O_RDWR);
    if (fd < 0 || !gmtime_r(&when, &parts))
        return errno;
    struct rtc_time time = { .tm_sec = parts.tm_sec, .tm_min = parts.tm_min, .tm_hour = parts.tm_hour,
        .tm_mday = parts.tm_mday, .tm_mon = parts.tm_mon, .tm_year = parts.tm_year };
    int result = ioctl(fd, RTC_SET_TIME, &time) < 0 ? errno : 0;
    close(fd);
    return result;
}
