/* A QEMU that a guest has taken over, from outside: preloaded into QEMU by the domain's own <qemu:env>, it names other processes' threads as its own
 * (query-cpus-fast, query-iothreads). No exploit is needed to see what the lie does.
 *   LIAR_THREADS=FILE      the file holds the number of the thread to name
 *   LIAR_FROM_START=1      only if the file was there when this QEMU started: so that the old one is honest and the new one lies */
#define _GNU_SOURCE
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t (*real_sendmsg)(int, const struct msghdr *, int);
static const char *file;
static int silent;

static size_t number(char *into, size_t size)
{
    int fd = file && !silent ? open(file, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t n = fd < 0 ? 0 : read(fd, into, size);
    if (fd >= 0)
        close(fd);
    return n > 0 ? (size_t)n : 0;
}

__attribute__((constructor)) static void begin(void)
{
    char any[16];
    *(void **)&real_sendmsg = dlsym(RTLD_NEXT, "sendmsg");
    file = getenv("LIAR_THREADS");
    silent = getenv("LIAR_FROM_START") && number(any, sizeof any) == 0;
}

static void send_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            bytes += n;
            length -= (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            struct pollfd writable = {fd, POLLOUT, 0};
            poll(&writable, 1, 1000);
        } else {
            return;
        }
    }
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    static const char name[] = "\"thread-id\": ";
    const char *at = message->msg_iovlen == 1 ? message->msg_iov[0].iov_base : NULL, *end, *found;
    char foreign[16];
    size_t length;
    if (!at || message->msg_iov[0].iov_len < 9 || memcmp(at, "{\"return", 8) != 0
        || !memmem(at, message->msg_iov[0].iov_len, name, sizeof name - 1) || (length = number(foreign, sizeof foreign)) == 0)
        return real_sendmsg(fd, message, flags);
    end = at + message->msg_iov[0].iov_len;
    while ((found = memmem(at, (size_t)(end - at), name, sizeof name - 1))) {
        found += sizeof name - 1;
        send_all(fd, at, (size_t)(found - at));
        send_all(fd, foreign, length);
        for (at = found; at < end && isdigit((unsigned char)*at); at++)
            ;
    }
    send_all(fd, at, (size_t)(end - at));
    return (ssize_t)message->msg_iov[0].iov_len;
}
