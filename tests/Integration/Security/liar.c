/* A QEMU that a guest has taken over, from outside: preloaded into QEMU by the domain's own <qemu:env>, it lies on the monitor. No exploit is needed to
 * see what
 * the lie does. What it does is said in its environment; all of it is done by processes that are not root only.
 *   LIAR_COMMAND=NAME LIAR_REPLY=FILE   answers that command with the content of the file, from when the file is there:
 *                                       libvirt asks at a start, too, and would not start a VM that lies to it
 *   LIAR_EVENTS=1                       sends events without end from the first "stop" on
 *   LIAR_MAPS=FILE                      maps 4 TiB of holes, executable, from a file of its own, and puts another such file in its place */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t (*real_recvmsg)(int, struct msghdr *, int);
static ssize_t (*real_sendmsg)(int, const struct msghdr *, int);

static char wanted[128];       /* what a request for the command looks like; empty: none */
static const char *reply_file; /* where the lie is */
static char *reply;            /* the lie */
static size_t reply_length;
static int floods, flooding;

static char line[8192];        /* what has come of a request so far */
static size_t line_length;
static char pending_id[64];    /* of the request that is to be lied to */
static int pending_fd = -1;

static void read_reply(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    if (size <= 0 || !(reply = malloc((size_t)size)))
        return;
    lseek(fd, 0, SEEK_SET);
    while (reply_length < (size_t)size) {
        ssize_t n = read(fd, reply + reply_length, (size_t)size - reply_length);
        if (n <= 0)
            break;
        reply_length += (size_t)n;
    }
    close(fd);
}

static void map_holes(const char *path)
{
    for (int time = 0; time < 2; time++) {
        unlink(path);
        int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
        if (fd < 0 || ftruncate(fd, 1LL << 42) != 0)
            return;
        if (time == 0)
            mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
        close(fd);
    }
}

__attribute__((constructor)) static void begin(void)
{
    const char *command = getenv("LIAR_COMMAND"), *file = getenv("LIAR_REPLY"), *holes = getenv("LIAR_MAPS");
    *(void **)&real_recvmsg = dlsym(RTLD_NEXT, "recvmsg");
    *(void **)&real_sendmsg = dlsym(RTLD_NEXT, "sendmsg");
    if (geteuid() == 0)
        return;
    floods = getenv("LIAR_EVENTS") != NULL;
    if (command && file) {
        snprintf(wanted, sizeof wanted, "\"execute\":\"%s\"", command);
        reply_file = file;
    }
    if (holes)
        map_holes(holes);
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

static void *flood(void *fd)
{
    static const char event[] = "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 1}, \"event\": \"LIE\"}\r\n";
    char many[64 * sizeof event];
    size_t length = 0;
    for (int i = 0; i < 64; i++) {
        memcpy(many + length, event, sizeof event - 1);
        length += sizeof event - 1;
    }
    while (fcntl((int)(long)fd, F_GETFD) >= 0)
        send_all((int)(long)fd, many, length);
    return NULL;
}

static void take_request(int fd)
{
    char *id;
    line[line_length] = 0;
    if (floods && !flooding && strstr(line, "\"execute\":\"stop\"")) {
        pthread_t thread;
        flooding = pthread_create(&thread, NULL, flood, (void *)(long)fd) == 0;
    }
    if (wanted[0] && strstr(line, wanted) && (id = strstr(line, "\"id\":"))) {
        if (!reply)
            read_reply(reply_file);
        if (!reply)
            return;
        size_t length = strcspn(id + 5, ",}");
        if (length < sizeof pending_id) {
            memcpy(pending_id, id + 5, length);
            pending_id[length] = 0;
            pending_fd = fd;
        }
    }
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    ssize_t n = real_recvmsg(fd, message, flags);
    if (n <= 0 || message->msg_iovlen == 0 || (!wanted[0] && !floods))
        return n;
    const char *bytes = message->msg_iov[0].iov_base;
    for (ssize_t i = 0; i < n; i++) {
        if (line_length < sizeof line - 1)
            line[line_length++] = bytes[i];
        if (bytes[i] == '\n' || bytes[i] == '}')
            take_request(fd);
        if (bytes[i] == '\n')
            line_length = 0;
    }
    return n;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    char tail[96];
    if (fd != pending_fd || message->msg_iovlen != 1 || message->msg_iov[0].iov_len < 9 || memcmp(message->msg_iov[0].iov_base, "{\"return", 8) != 0)
        return real_sendmsg(fd, message, flags);
    snprintf(tail, sizeof tail, "\"id\": %s}", pending_id);
    if (!memmem(message->msg_iov[0].iov_base, message->msg_iov[0].iov_len, tail, strlen(tail)))
        return real_sendmsg(fd, message, flags);
    pending_fd = -1;
    send_all(fd, "{\"return\": ", 11);
    send_all(fd, reply, reply_length);
    snprintf(tail, sizeof tail, ", \"id\": %s}\r\n", pending_id);
    send_all(fd, tail, strlen(tail));
    return (ssize_t)message->msg_iov[0].iov_len;
}
