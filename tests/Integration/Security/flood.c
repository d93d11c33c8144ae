// A user of the system bus who floods one service of it: raw D-Bus, as no library would write it. Ends when it is killed.
// usage: flood KIND CONNECTIONS BYTES     KIND: long (calls of BYTES), reads (all that may be read, unread), signals (of BYTES), questions (one interactive
// Approve a connection, to the object in $OBJECT; each LimitsExceeded that comes back is a line of its own on standard output)
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SERVICE "org.virthandover.Handover1"
#define MANAGER "/org/virthandover/Handover1"
#define REFUSED "org.freedesktop.DBus.Error.LimitsExceeded"

struct message { unsigned char *bytes; size_t size, room; };
struct connection { int fd; size_t next, sent; int closed; };

static void add(struct message *m, const void *bytes, size_t size) {
    if (m->size + size > m->room) {
        m->room = 2 * (m->size + size) + 256;
        if (!(m->bytes = realloc(m->bytes, m->room))) exit(3);
    }
    memcpy(m->bytes + m->size, bytes, size);
    m->size += size;
}
static void pad(struct message *m, size_t to) { while (m->size % to) add(m, "", 1); }
static void number(struct message *m, uint32_t n) { pad(m, 4); add(m, &n, 4); }
static void text(struct message *m, const char *s) { number(m, strlen(s)); add(m, s, strlen(s) + 1); }
static void field(struct message *m, char code, char type, const char *value) {
    unsigned char head[4] = {code, 1, type, 0}, length = strlen(value);
    pad(m, 8);
    add(m, head, 4);
    if (type == 'g') { add(m, &length, 1); add(m, value, length + 1); } else text(m, value);
}
// TYPE 1: a call, 4: a signal. FLAGS 1: no answer wanted, 4: somebody may be asked for a password.
static struct message write_message(int type, int flags, const char *destination, const char *path, const char *interface, const char *member,
                                    const char *signature, const struct message *body) {
    static uint32_t serial;
    struct message m = {0};
    unsigned char head[4] = {'l', type, flags, 1};
    add(&m, head, 4);
    number(&m, body ? body->size : 0);
    number(&m, ++serial);
    number(&m, 0);
    field(&m, 1, 'o', path);
    field(&m, 2, 's', interface);
    field(&m, 3, 's', member);
    field(&m, 6, 's', destination);
    if (*signature) field(&m, 8, 'g', signature);
    uint32_t fields = m.size - 16;
    memcpy(m.bytes + 12, &fields, 4);
    pad(&m, 8);
    if (body) add(&m, body->bytes, body->size);
    return m;
}
static int open_bus(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/dbus/system_bus_socket"};
    const char auth[] = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n";
    char some[4096];
    struct message hello = write_message(1, 0, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello", "", NULL);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (void *)&address, sizeof address) || write(fd, auth, sizeof auth - 1) < 0
        || write(fd, hello.bytes, hello.size) < 0 || read(fd, some, sizeof some) <= 0) {
        perror("flood: the bus");
        exit(2);
    }
    free(hello.bytes);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}
// An a{sv} of so many bytes, of the shortest entries that there can be: decoded they are many times as large.
static struct message options(size_t bytes) {
    struct message all = {0}, entries = {0};
    while (entries.size < bytes) {
        pad(&entries, 8);
        text(&entries, "k");
        add(&entries, "\1y\0\1", 4);
    }
    number(&all, entries.size);
    pad(&all, 8);
    add(&all, entries.bytes, entries.size);
    return all;
}
static size_t fill(const char *kind, size_t bytes, struct message *out) {
    struct message empty = options(0), body = {0};
    size_t n = 0;
    if (!strcmp(kind, "long")) {
        body = options(bytes);
        out[n++] = write_message(1, 0, SERVICE, MANAGER, SERVICE ".Manager", "Rescan", "a{sv}", &body);
        out[n++] = write_message(1, 1, SERVICE, MANAGER, SERVICE ".Manager", "AssessAll", "a{sv}", &body);
    } else if (!strcmp(kind, "signals")) {
        body = options(bytes);
        out[n++] = write_message(4, 1, SERVICE, MANAGER, "org.example.Flood", "Signal", "a{sv}", &body);
        out[n++] = write_message(4, 1, SERVICE, "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged", "a{sv}", &body);
    } else if (!strcmp(kind, "reads")) {
        text(&body, "");
        number(&body, UINT32_MAX);
        number(&body, 0);
        pad(&body, 8);
        out[n++] = write_message(1, 0, SERVICE, MANAGER, SERVICE ".Manager", "History", "sua{sv}", &body);
        out[n++] = write_message(1, 1, SERVICE, MANAGER, SERVICE ".Manager", "History", "sua{sv}", &body);
        out[n++] = write_message(1, 0, SERVICE, MANAGER, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", "", NULL);
        out[n++] = write_message(1, 0, SERVICE, MANAGER, "org.freedesktop.DBus.Introspectable", "Introspect", "", NULL);
        body.size = 0;
        text(&body, SERVICE ".Manager");
        out[n++] = write_message(1, 0, SERVICE, MANAGER, "org.freedesktop.DBus.Properties", "GetAll", "s", &body);
    } else if (!strcmp(kind, "questions") && getenv("OBJECT")) {
        out[n++] = write_message(1, 4, SERVICE, getenv("OBJECT"), SERVICE ".Domain", "Approve", "a{sv}", &empty);
    } else {
        exit(64);
    }
    return n;
}
static void say_refusals(struct connection *c) {
    char some[8192];
    ssize_t got = read(c->fd, some, sizeof some);
    if (got == 0 || (got < 0 && errno != EAGAIN)) c->closed = 1;
    for (char *at = some; got > 0 && (at = memmem(at, some + got - at, REFUSED, strlen(REFUSED))); at++)
        if (write(STDOUT_FILENO, "refused\n", 8) < 0) exit(1);
}
int main(int argc, char **argv) {
    struct message messages[8];
    int count = argc == 4 ? atoi(argv[2]) : 0, questions = argc == 4 && !strcmp(argv[1], "questions");
    if (count < 1 || count > 200) return 64;
    size_t kinds = fill(argv[1], strtoul(argv[3], NULL, 10), messages);
    struct connection all[200] = {0};
    struct pollfd fds[200];
    for (int i = 0; i < count; i++) all[i].fd = open_bus();
    if (write(STDOUT_FILENO, "begun\n", 6) < 0) return 1;
    for (;;) {
        for (int i = 0; i < count; i++) {
            int done = questions && all[i].next > 0;
            fds[i] = (struct pollfd){.fd = all[i].closed ? -1 : all[i].fd, .events = (questions ? POLLIN : 0) | (done ? 0 : POLLOUT)};
        }
        if (poll(fds, count, -1) < 0) return 1;
        for (int i = 0; i < count; i++) {
            struct message *m = &messages[all[i].next % kinds];
            if (fds[i].revents & (POLLERR | POLLHUP)) all[i].closed = 1;
            if (fds[i].revents & POLLIN) say_refusals(&all[i]);
            if (!(fds[i].revents & POLLOUT)) continue;
            ssize_t sent = send(all[i].fd, m->bytes + all[i].sent, m->size - all[i].sent, MSG_NOSIGNAL);
            if (sent < 0 && errno != EAGAIN) all[i].closed = 1;
            if (sent > 0 && (all[i].sent += sent) == m->size) { all[i].next++; all[i].sent = 0; }
        }
    }
}
