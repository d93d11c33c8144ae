/* What the outside sees over the network: the status line and the millisecond stream. */
#include "guest.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <unistd.h>

static void list(const char *path, char *text, size_t size)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    text[0] = 0;
    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.' && strlen(text) + strlen(entry->d_name) + 2 < size) {
            if (text[0])
                strcat(text, ",");
            strcat(text, entry->d_name);
        }
    if (dir)
        closedir(dir);
}

size_t describe(char *text, size_t size)
{
    char disks[128], cards[128], source[32];
    list("/sys/block", disks, sizeof disks);
    list("/sys/class/net", cards, sizeof cards);
    clock_source(source, sizeof source);
    long long rtc = rtc_seconds();
    struct moment now = read_clocks();
    int n = snprintf(text, size,
        "counter=%llu uptime_ms=%llu seed=%016llx sent=%llu mem_mib=%llu mem_rate=%llu mem_passes=%llu mem_chunks=%llu "
        "mem_errors=%llu load=%llu:%llu:%llu load_pages=%llu load_rounds=%llu load_errors=%llu "
        "disk_writes=%llu disk_errors=%llu disk_last=%d agent=%llu console=%llu cpus=%d disks=%s cards=%s "
        "mono_ns=%llu wall_ns=%llu rtc_s=%lld clock=%s clock_back=%llu\n",
        (unsigned long long)status.counter, (unsigned long long)(now_ns() / 1000000), (unsigned long long)status.seed,
        (unsigned long long)status.sent, (unsigned long long)number_option("mem", 64), (unsigned long long)status.rate,
        (unsigned long long)status.passes, (unsigned long long)status.chunks, (unsigned long long)status.memory_errors,
        (unsigned long long)status.load_writers, (unsigned long long)status.load_mib, (unsigned long long)status.load_rate,
        (unsigned long long)status.load_pages, (unsigned long long)status.load_rounds, (unsigned long long)status.load_errors,
        (unsigned long long)status.disk_writes, (unsigned long long)status.disk_errors, (int)status.disk_result,
        (unsigned long long)status.agent_commands, (unsigned long long)status.console_lines, get_nprocs(), disks, cards,
        (unsigned long long)now.monotonic, (unsigned long long)now.wall, rtc, source, (unsigned long long)status.clock_back);
    return n < (int)size ? (size_t)n : size - 1;
}

/* Requests: "status"; "rate=N" sets the memory rate in MB/s; "load=WRITERS:MIB:MBPS" the writers of load.c; "poweroff"; "watchdog" has it bite. Each is answered with the status line. */
void *serve_status(void *unused)
{
    (void)unused;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(7) };
    if (bind(fd, (struct sockaddr *)&here, sizeof here) < 0)
        say("UDP port 7: %s", strerror(errno));
    for (;;) {
        char request[64], reply[1024];
        struct sockaddr_in from;
        socklen_t length = sizeof from;
        ssize_t n = recvfrom(fd, request, sizeof request - 1, 0, (struct sockaddr *)&from, &length);
        if (n < 0) {
            sleep_ms(10);
            continue;
        }
        request[n] = 0;
        if (strncmp(request, "rate=", 5) == 0)
            status.rate = strtoull(request + 5, NULL, 10);
        unsigned long long writers, mib, mbps;
        if (sscanf(request, "load=%llu:%llu:%llu", &writers, &mib, &mbps) == 3) {
            status.load_change++;
            status.load_writers = writers;
            status.load_mib = mib;
            status.load_rate = mbps;
            status.load_change++;
        }
        size_t size = describe(reply, sizeof reply);
        if (sendto(fd, reply, size, 0, (struct sockaddr *)&from, length) < 0)
            sleep_ms(10);
        if (strncmp(request, "poweroff", 8) == 0)
            reboot(RB_POWER_OFF);
        if (strncmp(request, "watchdog", 8) == 0)
            have_watchdog_bite();
    }
    return NULL;
}

/* A datagram to port 8 comes back as it is: what a client of the guest sees. */
void *echo_datagrams(void *unused)
{
    (void)unused;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    /* A new QEMU translates the guest's code anew, so that it answers slowly for some 100 ms: what comes meanwhile must find room here, or it
       would look as if the handover had lost it. */
    int room = 4 << 20;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0)
        say("receive buffer of UDP port 8: %s", strerror(errno));
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(8) };
    if (bind(fd, (struct sockaddr *)&here, sizeof here) < 0)
        say("UDP port 8: %s", strerror(errno));
    for (;;) {
        char data[64];
        struct sockaddr_in from;
        socklen_t length = sizeof from;
        ssize_t n = recvfrom(fd, data, sizeof data, 0, (struct sockaddr *)&from, &length);
        if (n < 0 || sendto(fd, data, (size_t)n, 0, (struct sockaddr *)&from, length) < 0)
            sleep_ms(1);
    }
    return NULL;
}

/* 24 bytes, big endian: "VHS1", 4 bytes zero, sequence number, the guest's monotonic clock in ns. */
void *stream(void *unused)
{
    (void)unused;
    char address[64] = "";
    struct sockaddr_in sink = { .sin_family = AF_INET, .sin_port = htons(9000) };
    snprintf(address, sizeof address, "%s", option("sink", ""));
    char *colon = strchr(address, ':');
    if (colon) {
        *colon = 0;
        sink.sin_port = htons((uint16_t)atoi(colon + 1));
    }
    int wanted = inet_pton(AF_INET, address, &sink.sin_addr) == 1;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    /* Emulated, a thousand wake-ups a second take a good part of a processor: guests that only have to be there tick slower. */
    uint64_t tick = number_option("tick", 1), next = now_ns(), sequence = 0;
    for (;;) {
        next += tick * 1000000;
        uint64_t now = now_ns();
        if (now > next + 20000000)
            next = now; /* A slow emulator must not be answered with a burst. */
        sleep_until(next);
        status.counter += tick;
        if (!wanted)
            continue;
        struct {
            char magic[4];
            uint32_t zero;
            uint64_t sequence, clock;
        } packet = { { 'V', 'H', 'S', '1' }, 0, htobe64(sequence), htobe64(now_ns()) };
        /* What could not be sent gets no number, so that the receiver's gaps are the network's. */
        if (sendto(fd, &packet, sizeof packet, MSG_DONTWAIT, (struct sockaddr *)&sink, sizeof sink) == sizeof packet) {
            sequence++;
            status.sent++;
        }
    }
    return NULL;
}
