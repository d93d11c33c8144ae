/* hostile.c - a QEMU that lies at random. Preloaded into a QEMU by the domain's own <qemu:env>, old and new, it damages what that says on its
 * monitor, as the file /run/hostile/plan says, which is read again before every word:
 *   SEED PERCENT WHICH COMMAND KINDS NAMES
 * Of every hundred answers of WHICH ("old", "new" or "both") to COMMAND ("*": any) PERCENT are damaged, in one of the ways that are bits of KINDS;
 * with NAMES 1 its threads have names that no thread has. Without the file it is an honest QEMU. Whoever loads it as root has marked that below
 * /run/hostile/marks. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MISSING, OTHER_TYPE, HUGE_NUMBER, NEGATIVE, DEEP, MEGABYTES, MANY, EVENT_BEFORE, EVENT_INSIDE, HALF, SILENT, CLOSED, TWICE, UNASKED, REFUSED,
       FLIPPED, SIGNS, KINDS };

static struct plan { unsigned long seed; int percent; char which[8], command[64]; unsigned long kinds; int names; } plan;
static const char *self = "old";
static uint64_t state;
static char command[64]; /* the last that was asked */

unsigned int la_version(unsigned int version) { return version; }

__attribute__((constructor)) static void begin(void)
{
    if (getuid() == 0 || geteuid() == 0 || getgid() == 0) {
        char exe[200] = "?", path[256];
        if (readlink("/proc/self/exe", exe, sizeof exe - 1) < 0)
            strcpy(exe, "?");
        for (char *c = exe; *c; c++)
            if (*c == '/')
                *c = '!';
        snprintf(path, sizeof path, "/run/hostile/marks/%d%s", getpid(), exe);
        close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
        return;
    }
    char words[65536];
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, words, sizeof words);
    if (n > 0 && memmem(words, (size_t)n, "\0-incoming", 11))
        self = "new";
    close(fd);
}

static unsigned long draw(unsigned long below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned long)(state % below);
}

/* Whether there is a plan, and it is about this process. */
static int read_plan(void)
{
    struct plan now = {0};
    FILE *file = fopen("/run/hostile/plan", "re");
    int read = file ? fscanf(file, "%lu %d %7s %63s %lu %d", &now.seed, &now.percent, now.which, now.command, &now.kinds, &now.names) : 0;
    if (file)
        fclose(file);
    if (read != 6 || (now.kinds & ((1ul << KINDS) - 1)) == 0 || (strcmp(now.which, "both") != 0 && strcmp(now.which, self) != 0))
        return 0;
    if (now.seed != plan.seed)
        state = (now.seed * 0x9E3779B97F4A7C15u) ^ (self[0] == 'n' ? 0x5bd1e995u : 0) ^ 1;
    plan = now;
    return 1;
}

static void name_thread(void)
{
    static const char *const names[] = {"\fUid: 0 0 0 0", "\nSeccomp:\t0", ") R 1 1 1 1 0", "a (b) c)", "\xff\xfe\x01", "\033[2J", "../../../1", "CPU 0/KVM", ""};
    prctl(PR_SET_NAME, names[draw(sizeof names / sizeof *names)], 0, 0, 0);
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
            if (poll(&writable, 1, 3000) <= 0)
                return;
        } else {
            return;
        }
    }
}

/* The end of the JSON value that begins at `at`, or of the text. */
static size_t value_end(const char *text, size_t length, size_t at)
{
    int depth = 0, quoted = 0;
    for (; at < length; at++) {
        char c = text[at];
        if (quoted && c == '\\') {
            at++;
        } else if (c == '"') {
            quoted = !quoted;
            if (!quoted && depth == 0)
                return at + 1;
        } else if (!quoted && (c == '{' || c == '[')) {
            depth++;
        } else if (!quoted && (c == '}' || c == ']' || c == ',')) {
            if (depth == 0)
                return at;
            if (c != ',' && --depth == 0)
                return at + 1;
        }
    }
    return length;
}

/* Picks one of the members: where its name begins, and where its value does. */
static int pick_member(const char *text, size_t length, size_t *name, size_t *value)
{
    size_t found = 0, last = 0;
    for (size_t i = 1; i + 2 < length; i++) {
        if (text[i] == '"' && text[i - 1] != '\\' && (text[i - 1] == '{' || text[i - 1] == ' '))
            last = i;
        if (text[i] == '"' && text[i + 1] == ':' && last < i && draw(++found) == 0) {
            *name = last;
            *value = i + 2 + (text[i + 2] == ' ');
        }
    }
    return found > 0;
}

struct text { char *bytes; size_t length, room; };

static void add(struct text *to, const char *bytes, size_t length)
{
    if (to->length + length > to->room) {
        to->room = (to->length + length) * 2;
        if (!(to->bytes = realloc(to->bytes, to->room)))
            abort();
    }
    memcpy(to->bytes + to->length, bytes, length);
    to->length += length;
}

static void add_word(struct text *to, const char *word) { add(to, word, strlen(word)); }

static void add_times(struct text *to, const char *word, size_t times)
{
    for (size_t i = 0; i < times; i++)
        add_word(to, word);
}

static void add_event(struct text *to)
{
    static const char *const events[] = {"STOP", "RESUME", "SHUTDOWN", "MIGRATION", "RESET", "DEVICE_DELETED", "BLOCK_IO_ERROR", "GUEST_PANICKED", "LIE", "MIGRATION_PASS"};
    static const char *const data[] = {"{}", "[]", "null", "{\"status\": \"completed\"}", "{\"status\": 7}", "{\"pass\": -1}", "{\"device\": \"\\u0000\"}", "\"\""};
    char event[256];
    snprintf(event, sizeof event, "{\"timestamp\": {\"seconds\": %ld, \"microseconds\": 1}, \"event\": \"%s\", \"data\": %s}\r\n", (long)draw(1u << 31) - 1000,
             events[draw(sizeof events / sizeof *events)], data[draw(sizeof data / sizeof *data)]);
    add_times(to, event, draw(8) == 0 ? 20000 : 1);
}

static void replace(struct text *to, const char *text, size_t length, size_t from, size_t until, struct text *by)
{
    add(to, text, from);
    add(to, by->bytes ? by->bytes : "", by->length);
    add(to, text + until, length - until);
}

static void other_value(struct text *by, int kind)
{
    static const char *const others[] = {"null", "true", "\"x\"", "-1", "[]", "{}", "1e999", "0", "\"\"", "[null]", "{\"return\": {}}", "1.5", "\"\\ud800\"", "nonsense"};
    static const char *const numbers[] = {"9223372036854775808", "18446744073709551616", "99999999999999999999999999999999", "9223372036854775807", "4294967296", "1e400"};
    static const char *const negatives[] = {"-1", "-9223372036854775808", "-4096", "-0", "-9223372036854775809"};
    static const char *const signs[] = {"\"\\u001b[2J\"", "\"\\n\\nroot\"", "\"\\u0000\"", "\"../../../etc/passwd\"", "\"/\"", "\"\xff\xfe\"", "\"$(id)\"", "\"<a>&amp;'\"", "\"\\u202e\""};
    switch (kind) {
    case OTHER_TYPE: add_word(by, others[draw(sizeof others / sizeof *others)]); break;
    case HUGE_NUMBER: add_word(by, numbers[draw(sizeof numbers / sizeof *numbers)]); break;
    case NEGATIVE: add_word(by, negatives[draw(sizeof negatives / sizeof *negatives)]); break;
    case SIGNS: add_word(by, signs[draw(sizeof signs / sizeof *signs)]); break;
    case DEEP: {
        size_t depth = draw(2) ? 200 : 100000;
        add_times(by, "[", depth);
        add_times(by, "]", depth);
        break;
    }
    case MEGABYTES:
        add_word(by, "\"");
        add_times(by, "0123456789abcdef", 65536 * (1 + draw(24)));
        add_word(by, "\"");
        break;
    default: {
        size_t times = 1000 + draw(200000);
        add_word(by, "[{\"name\": \"n\", \"value\": 1}");
        add_times(by, ", {\"name\": \"n\", \"value\": 1}", times);
        add_word(by, "]");
    }
    }
}

/* What is said instead; 0: nothing is. */
static int damage(int fd, const char *text, size_t length, struct text *said)
{
    size_t name = 0, value = 0;
    struct text by = {0};
    int kind = (int)draw(KINDS);
    while (!(plan.kinds & 1ul << kind))
        kind = (kind + 1) % KINDS;
    switch (kind) {
    case MISSING:
    case OTHER_TYPE: case HUGE_NUMBER: case NEGATIVE: case DEEP: case MEGABYTES: case MANY: case SIGNS:
        if (!pick_member(text, length, &name, &value))
            return 0;
        if (kind == MISSING) {
            size_t end = value_end(text, length, value);
            replace(said, text, length, name, end + (end < length && text[end] == ','), &by);
        } else {
            other_value(&by, kind);
            replace(said, text, length, value, value_end(text, length, value), &by);
            free(by.bytes);
        }
        return 1;
    case EVENT_BEFORE:
        add_event(said);
        add(said, text, length);
        return 1;
    case EVENT_INSIDE:
        add_event(&by);
        replace(said, text, length, length / 2, length / 2, &by);
        free(by.bytes);
        return 1;
    case HALF:
        add(said, text, draw(length));
        return 1;
    case SILENT:
        return 1;
    case CLOSED:
        shutdown(fd, SHUT_RDWR);
        return 1;
    case TWICE:
        add(said, text, length);
        add(said, text, length);
        return 1;
    case UNASKED:
        add_word(said, draw(2) ? "{\"return\": {}, \"id\": \"vh-99999\"}\r\n" : "{\"return\": {}}\r\n");
        add(said, text, length);
        return 1;
    case REFUSED: {
        const char *id = memmem(text, length, "\"id\":", 5);
        add_word(said, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"");
        add_times(said, draw(2) ? "no" : "\\u001b[31m", draw(4) ? 1 : 500000);
        add_word(said, "\"}, ");
        if (id)
            add(said, id, (size_t)(text + length - id));
        else
            add_word(said, "\"id\": 1}\r\n");
        return 1;
    }
    default:
        add(said, text, length);
        for (unsigned long i = 1 + draw(8); i > 0; i--)
            said->bytes[draw(length)] ^= (char)(1 << draw(8));
        return 1;
    }
}

static void remember_command(const char *bytes, size_t length)
{
    static const char key[] = "\"execute\":";
    const char *at = memmem(bytes, length, key, sizeof key - 1), *from = at ? memchr(at + sizeof key - 1, '"', 4) : NULL;
    const char *to = from ? memchr(from + 1, '"', length - (size_t)(from + 1 - bytes)) : NULL;
    if (to && (size_t)(to - from - 1) < sizeof command) {
        memcpy(command, from + 1, (size_t)(to - from - 1));
        command[to - from - 1] = 0;
    }
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    static ssize_t (*real)(int, struct msghdr *, int);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "recvmsg");
    ssize_t n = real(fd, message, flags);
    if (n > 0 && message->msg_iovlen > 0)
        remember_command(message->msg_iov[0].iov_base, (size_t)n < message->msg_iov[0].iov_len ? (size_t)n : message->msg_iov[0].iov_len);
    return n;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    static ssize_t (*real)(int, const struct msghdr *, int);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "sendmsg");
    const char *text = message->msg_iovlen == 1 ? message->msg_iov[0].iov_base : NULL;
    size_t length = text ? message->msg_iov[0].iov_len : 0;
    if (length < 4 || text[0] != '{' || text[length - 1] != '\n' || !read_plan())
        return real(fd, message, flags);
    if (plan.names)
        name_thread();
    if ((plan.command[0] != '*' && strcmp(plan.command, command) != 0) || draw(100) >= (unsigned long)plan.percent)
        return real(fd, message, flags);
    struct text said = {0};
    if (!damage(fd, text, length, &said))
        return real(fd, message, flags);
    send_all(fd, said.bytes, said.length);
    free(said.bytes);
    return (ssize_t)length;
}
