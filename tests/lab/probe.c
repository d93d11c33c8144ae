/* probe - looks at the lab's guests from outside.
 *   probe status IP [SECONDS]     one status line; waits up to SECONDS (default 2) for it
 *   probe clock IP [SECONDS]      the status line of the quickest of ten answers, with the host's monotonic clock, in ns, right before
 *                                 the question and right after the answer: "asked=N answered=N counter=..."
 *   probe send IP TEXT            sends a request (rate=N, load=WRITERS:MIB:MBPS, poweroff, watchdog), prints the status line
 *   probe echo IP [HZ]            sends datagrams that the guest sends back, until SIGTERM/SIGINT arrives, then waits up to
 *                                 a second for the last answers and prints one JSON line
 *   probe listen [PORT [SECONDS]] receives the guests' streams until SECONDS are over or SIGTERM/SIGINT arrives, then
 *                                 prints one JSON line a guest. Times are the kernel's arrival times, so a busy host that
 *                                 lets the probe wait does not look like a silent guest. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct guest {
    in_addr_t address;
    uint64_t packets, first, last, highest, late, lost_runs, longest_run, damaged;
    int64_t first_time, last_time, gap, gap_at, guest_gap, last_clock;
};

static struct guest guests[64];
static size_t guest_count;
static volatile sig_atomic_t stopped;

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
}

static int64_t now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int ask(const char *ip, const char *text, double seconds)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(7) };
    if (inet_pton(AF_INET, ip, &to.sin_addr) != 1) {
        fprintf(stderr, "probe: '%s' is not an IPv4 address.\n", ip);
        return 2;
    }
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    int64_t end = now(CLOCK_MONOTONIC) + (int64_t)(seconds * 1e9);
    do {
        char reply[2048];
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        if (sendto(fd, text, strlen(text), 0, (struct sockaddr *)&to, sizeof to) < 0)
            usleep(50000);
        else if (poll(&wait, 1, 200) > 0) {
            ssize_t n = recv(fd, reply, sizeof reply, 0);
            if (n > 0) {
                fwrite(reply, 1, (size_t)n, stdout);
                return 0;
            }
        }
    } while (now(CLOCK_MONOTONIC) < end);
    fprintf(stderr, "probe: the guest %s did not answer within %g s.\n", ip, seconds);
    return 1;
}

/* A guest's clock can be compared with the host's as closely as one question takes there and back: the quickest counts. */
static int clocks(const char *ip, double seconds)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(7) };
    if (inet_pton(AF_INET, ip, &to.sin_addr) != 1) {
        fprintf(stderr, "probe: '%s' is not an IPv4 address.\n", ip);
        return 2;
    }
    char best[2048];
    size_t length = 0;
    int64_t asked_best = 0, answered_best = INT64_MAX, end = now(CLOCK_MONOTONIC) + (int64_t)(seconds * 1e9);
    for (int answers = 0; answers < 10 && now(CLOCK_MONOTONIC) < end;) {
        /* A socket for each question: a late answer to an earlier one must not be taken for that to this one. */
        int fd = socket(AF_INET, SOCK_DGRAM, 0);
        char reply[2048];
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        int64_t asked = now(CLOCK_MONOTONIC);
        if (sendto(fd, "status", 6, 0, (struct sockaddr *)&to, sizeof to) < 0) {
            usleep(50000);
        } else if (poll(&wait, 1, 1000) > 0) {
            ssize_t n = recv(fd, reply, sizeof reply, 0);
            int64_t answered = now(CLOCK_MONOTONIC);
            answers += n > 0;
            if (n > 0 && answered - asked < answered_best - asked_best) {
                memcpy(best, reply, (size_t)n);
                length = (size_t)n;
                asked_best = asked;
                answered_best = answered;
            }
        }
        close(fd);
    }
    if (length == 0) {
        fprintf(stderr, "probe: the guest %s did not answer within %g s.\n", ip, seconds);
        return 1;
    }
    printf("asked=%lld answered=%lld %.*s", (long long)asked_best, (long long)answered_best, (int)length, best);
    return 0;
}

static struct guest *find(in_addr_t address)
{
    for (size_t i = 0; i < guest_count; i++)
        if (guests[i].address == address)
            return &guests[i];
    if (guest_count == sizeof guests / sizeof *guests)
        return NULL;
    guests[guest_count].address = address;
    return &guests[guest_count++];
}

static void take(struct guest *g, uint64_t sequence, int64_t clock, int64_t time)
{
    if (g->packets++ == 0) {
        g->first = g->highest = sequence;
        g->first_time = g->last_time = time;
        g->last_clock = clock;
        return;
    }
    if (sequence <= g->highest) {
        g->late++;
    } else {
        uint64_t run = sequence - g->highest - 1;
        if (run > 0)
            g->lost_runs++;
        if (run > g->longest_run)
            g->longest_run = run;
        g->highest = sequence;
    }
    if (time - g->last_time > g->gap) {
        g->gap = time - g->last_time;
        g->gap_at = g->last_time;
    }
    if (clock - g->last_clock > g->guest_gap)
        g->guest_gap = clock - g->last_clock;
    g->last_clock = clock;
    g->last_time = time;
}

static int64_t receive_time(struct msghdr *message)
{
    int64_t time = now(CLOCK_REALTIME);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            time = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
        }
    return time;
}

static int listen_to(int port, double seconds)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1, size = 16 << 20;
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (bind(fd, (struct sockaddr *)&here, sizeof here) < 0) {
        fprintf(stderr, "probe: UDP port %d: %s.\n", port, strerror(errno));
        return 1;
    }
    struct sigaction action = { .sa_handler = stop };
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    int64_t end = seconds > 0 ? now(CLOCK_MONOTONIC) + (int64_t)(seconds * 1e9) : INT64_MAX;
    while (!stopped && now(CLOCK_MONOTONIC) < end) {
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        if (poll(&wait, 1, 100) <= 0)
            continue;
        unsigned char data[64], control[128];
        struct sockaddr_in from;
        struct iovec part = { data, sizeof data };
        struct msghdr message = { .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1,
            .msg_control = control, .msg_controllen = sizeof control };
        ssize_t n = recvmsg(fd, &message, 0);
        if (n < 0)
            continue;
        struct guest *g = find(from.sin_addr.s_addr);
        if (!g)
            continue;
        if (n != 24 || memcmp(data, "VHS1", 4) != 0) {
            g->damaged++;
            continue;
        }
        int64_t time = receive_time(&message);
        uint64_t sequence, clock;
        memcpy(&sequence, data + 8, 8);
        memcpy(&clock, data + 16, 8);
        take(g, be64toh(sequence), (int64_t)be64toh(clock), time);
    }
    for (size_t i = 0; i < guest_count; i++) {
        struct guest *g = &guests[i];
        char ip[INET_ADDRSTRLEN];
        inet_ntop(AF_INET, &g->address, ip, sizeof ip);
        uint64_t expected = g->packets ? g->highest - g->first + 1 : 0;
        printf("{\"ip\":\"%s\",\"packets\":%llu,\"lost\":%lld,\"longestLostRun\":%llu,\"late\":%llu,\"damaged\":%llu,"
               "\"longestGapMs\":%.3f,\"gapAtUnixMs\":%lld,\"longestGuestGapMs\":%.3f,\"firstSequence\":%llu,"
               "\"lastSequence\":%llu,\"seconds\":%.3f}\n",
            ip, (unsigned long long)g->packets, (long long)expected - (long long)(g->packets - g->late),
            (unsigned long long)g->longest_run, (unsigned long long)g->late, (unsigned long long)g->damaged,
            (double)g->gap / 1e6, (long long)(g->gap_at / 1000000), (double)g->guest_gap / 1e6,
            (unsigned long long)g->first, (unsigned long long)g->highest, (double)(g->last_time - g->first_time) / 1e9);
    }
    return 0;
}

static int echo(const char *ip, double hertz)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(8) };
    if (inet_pton(AF_INET, ip, &to.sin_addr) != 1 || hertz <= 0) {
        fprintf(stderr, "probe: '%s' is not an IPv4 address, or the rate is not positive.\n", ip);
        return 2;
    }
    int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1, size = 16 << 20;
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    struct sigaction action = { .sa_handler = stop };
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    struct guest g = { 0 };
    int64_t interval = (int64_t)(1e9 / hertz), next = now(CLOCK_MONOTONIC), end = INT64_MAX, sent = 0;
    while (now(CLOCK_MONOTONIC) < end && (end == INT64_MAX || (int64_t)g.packets < sent)) {
        if (stopped && end == INT64_MAX)
            end = now(CLOCK_MONOTONIC) + 1000000000;
        int64_t t = now(CLOCK_MONOTONIC);
        if (!stopped && t >= next) {
            uint64_t number = htobe64((uint64_t)sent);
            if (sendto(fd, &number, sizeof number, 0, (struct sockaddr *)&to, sizeof to) == sizeof number)
                sent++;
            next += interval;
            if (next < t - 20000000)
                next = t;
        }
        int64_t pause = stopped ? 10000000 : next - now(CLOCK_MONOTONIC);
        struct timespec wait = { pause / 1000000000, pause > 0 ? pause % 1000000000 : 0 };
        struct pollfd ready = { .fd = fd, .events = POLLIN };
        if (ppoll(&ready, 1, &wait, NULL) <= 0)
            continue;
        unsigned char data[64], control[128];
        struct iovec part = { data, sizeof data };
        struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
        if (recvmsg(fd, &message, MSG_DONTWAIT) != 8)
            continue;
        uint64_t number;
        memcpy(&number, data, 8);
        take(&g, be64toh(number), 0, receive_time(&message));
    }
    printf("{\"ip\":\"%s\",\"sent\":%lld,\"answered\":%llu,\"lost\":%lld,\"longestGapMs\":%.3f}\n", ip, (long long)sent,
        (unsigned long long)g.packets, (long long)sent - (long long)g.packets, (double)g.gap / 1e6);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc >= 3 && strcmp(argv[1], "status") == 0)
        return ask(argv[2], "status", argc > 3 ? atof(argv[3]) : 2);
    if (argc >= 3 && strcmp(argv[1], "clock") == 0)
        return clocks(argv[2], argc > 3 ? atof(argv[3]) : 10);
    if (argc == 4 && strcmp(argv[1], "send") == 0)
        return ask(argv[2], argv[3], 2);
    if (argc >= 2 && strcmp(argv[1], "listen") == 0)
        return listen_to(argc > 2 ? atoi(argv[2]) : 9000, argc > 3 ? atof(argv[3]) : 0);
    if (argc >= 3 && strcmp(argv[1], "echo") == 0)
        return echo(argv[2], argc > 3 ? atof(argv[3]) : 1000);
    fprintf(stderr, "usage: probe status IP [SECONDS] | probe clock IP [SECONDS] | probe send IP TEXT | probe echo IP [HZ] | probe listen [PORT [SECONDS]]\n");
    return 2;
}
