/* trace.c - a library that `LD_PRELOAD` puts before libc in virt-handoverd and the processes that do handovers (a QEMU and a libvirtd
 * that they start have their own environment, so it is not in those). It writes what goes over sockets, and each sync, rename and
 * signal, with its times into $BENCH_TRACE.PID: one line a call, "SECONDS NAME FD MICROSECONDS TEXT". Unlike with strace nothing is stopped,
 * so that a traced handover takes as long as any other. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int file = -1, file_of;

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void note(const char *name, int fd, int64_t started, const char *text, size_t length)
{
    static _Thread_local char line[1 << 16];
    const char *path = getenv("BENCH_TRACE");
    int64_t end = now();
    if (!path)
        return;
    if (file < 0 || file_of != getpid()) {
        char full[512];
        snprintf(full, sizeof full, "%s.%d", path, getpid());
        file = open(full, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        file_of = getpid();
    }
    int n = snprintf(line, sizeof line, "%lld.%09lld %s %d %.3f ", (long long)(started / 1000000000), (long long)(started % 1000000000),
        name, fd, (double)(end - started) / 1000);
    for (size_t i = 0; i < length && n < (int)sizeof line - 1; i++)
        if (text[i] == '\n') /* several messages in one piece */
            line[n++] = '\x1e';
        else if (text[i] >= ' ')
            line[n++] = text[i];
    line[n++] = '\n';
    if (write(file, line, (size_t)n) < 0)
        file = -1;
}

void *dlsym(void *handle, const char *name);

static void *next(const char *name)
{
    static void *(*real)(void *, const char *);
    if (!real)
        real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
    if (!real)
        real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
    return real(RTLD_NEXT, name);
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) \
        real = (__typeof__(&name))next(#name)

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    REAL(sendmsg);
    int64_t started = now();
    ssize_t n = real(fd, message, flags);
    if (n > 0)
        note("send", fd, started, message->msg_iov[0].iov_base, message->msg_iov[0].iov_len);
    return n;
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    REAL(recvmsg);
    int64_t started = now();
    ssize_t n = real(fd, message, flags);
    if (n > 0)
        note("receive", fd, started, message->msg_iov[0].iov_base, (size_t)n < message->msg_iov[0].iov_len ? (size_t)n : message->msg_iov[0].iov_len);
    return n;
}

ssize_t recv(int fd, void *data, size_t size, int flags)
{
    REAL(recv);
    int64_t started = now();
    ssize_t n = real(fd, data, size, flags);
    if (n > 0)
        note("receive", fd, started, data, (size_t)n);
    return n;
}

int fsync(int fd)
{
    REAL(fsync);
    int64_t started = now();
    int result = real(fd);
    note("fsync", fd, started, "", 0);
    return result;
}

int fdatasync(int fd)
{
    REAL(fdatasync);
    int64_t started = now();
    int result = real(fd);
    note("fdatasync", fd, started, "", 0);
    return result;
}

/* pidfd_send_signal and waits have no function in every libc, so the product calls them by number. */
static long traced_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    static long (*real)(long, long, long, long, long, long, long);
    if (!real)
        real = (long (*)(long, long, long, long, long, long, long))next("syscall");
    int64_t started = now();
    long result = real(number, a, b, c, d, e, f);
    if (number == SYS_pidfd_send_signal)
        note("signal", (int)a, started, "", 0);
    return result;
}

/* .NET looks functions up in libc itself, past anything that is preloaded. */
void *dlsym(void *handle, const char *name)
{
    static void *(*real)(void *, const char *);
    if (strcmp(name, "sendmsg") == 0)
        return (void *)sendmsg;
    if (strcmp(name, "recvmsg") == 0)
        return (void *)recvmsg;
    if (strcmp(name, "fsync") == 0)
        return (void *)fsync;
    if (strcmp(name, "fdatasync") == 0)
        return (void *)fdatasync;
    if (strcmp(name, "syscall") == 0)
        return (void *)traced_syscall;
    if (!real)
        real = (void *(*)(void *, const char *))next("dlsym");
    return real(handle, name);
}
