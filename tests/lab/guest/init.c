/* The guest's init: brings up what the kernel needs, then starts one thread for each duty. */
#define _GNU_SOURCE
#include "guest.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct status status;
static char command_line[4096];

uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void sleep_until(uint64_t when)
{
    struct timespec t = { (time_t)(when / 1000000000u), (long)(when % 1000000000u) };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        ;
}

void sleep_ms(unsigned ms) { sleep_until(now_ns() + ms * 1000000ull); }

void say(const char *format, ...)
{
    char line[256];
    va_list args;
    va_start(args, format);
    int n = snprintf(line, sizeof line, "guest: ");
    n += vsnprintf(line + n, sizeof line - (size_t)n - 2, format, args);
    va_end(args);
    if (n > (int)sizeof line - 2)
        n = (int)sizeof line - 2;
    line[n++] = '\n';
    int fd = open("/dev/console", O_WRONLY | O_NOCTTY);
    if (fd >= 0) {
        if (write(fd, line, (size_t)n) < 0)
            status.console_lines += 0;
        close(fd);
    }
}

const char *option(const char *name, const char *fallback)
{
    static _Thread_local char value[128];
    char key[64];
    snprintf(key, sizeof key, "vh.%s=", name);
    const char *at = strstr(command_line, key);
    if (!at)
        return fallback;
    at += strlen(key);
    size_t n = strcspn(at, " \n");
    if (n >= sizeof value)
        n = sizeof value - 1;
    memcpy(value, at, n);
    value[n] = 0;
    return value;
}

uint64_t number_option(const char *name, uint64_t fallback)
{
    const char *text = option(name, NULL);
    return text ? strtoull(text, NULL, 10) : fallback;
}

void start(void *(*body)(void *)) { start_with(body, NULL); }

void start_with(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 128 * 1024);
    int error = pthread_create(&thread, &attributes, body, argument);
    if (error)
        say("a thread did not start: %s", strerror(error));
}

static void read_text(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY);
    ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);
    text[n > 0 ? n : 0] = 0;
    if (fd >= 0)
        close(fd);
}

/* Their names are in the order of their needs; a kernel that has another order gets what it refused once more. */
static void load_modules(void)
{
    struct dirent **entries;
    int count = scandir("/modules", &entries, NULL, alphasort);
    for (int progress = 1; progress;) {
        progress = 0;
        for (int i = 0; i < count; i++) {
            char path[300];
            if (!entries[i] || entries[i]->d_name[0] == '.')
                continue;
            snprintf(path, sizeof path, "/modules/%s", entries[i]->d_name);
            int fd = open(path, O_RDONLY);
            if (fd < 0)
                continue;
            if (syscall(SYS_finit_module, fd, "", 0) == 0 || errno == EEXIST) {
                free(entries[i]);
                entries[i] = NULL;
                progress = 1;
            }
            close(fd);
        }
    }
}

static void set_address(const char *name, const char *address)
{
    struct ifreq request = { 0 };
    struct sockaddr_in *in = (struct sockaddr_in *)&request.ifr_addr;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    in->sin_family = AF_INET;
    inet_pton(AF_INET, address, &in->sin_addr);
    if (ioctl(fd, SIOCSIFADDR, &request) < 0)
        say("%s got no address: %s", name, strerror(errno));
    inet_pton(AF_INET, "255.255.255.0", &in->sin_addr);
    ioctl(fd, SIOCSIFNETMASK, &request);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
        say("%s did not come up: %s", name, strerror(errno));
    close(fd);
}

int main(void)
{
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sysfs", "/sys", "sysfs", 0, NULL);
    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    read_text("/proc/cmdline", command_line, sizeof command_line);
    signal(SIGPIPE, SIG_IGN);
    load_modules();
    if (getrandom(&status.seed, sizeof status.seed, GRND_NONBLOCK) != sizeof status.seed)
        status.seed = now_ns() * 0x9e3779b97f4a7c15u;
    status.rate = number_option("rate", 16);

    set_address("lo", "127.0.0.1");
    const char *address = option("ip", NULL);
    if (address && if_nametoindex("eth0"))
        set_address("eth0", address);

    start(echo_console);
    start(serve_status);
    start(stream);
    start(watch_clocks);
    start(rewrite_memory);
    start_load();
    start(echo_datagrams);
    start(write_disk);
    start(serve_agent);
    start(feed_watchdog);
    say("ready");
    for (;;)
        if (waitpid(-1, NULL, 0) < 0)
            sleep_ms(1000);
}
