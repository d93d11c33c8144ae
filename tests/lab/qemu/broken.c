/* What makes a broken qemu-kvm release of the lab broken. Preloaded into every process, acts in qemu-kvm only.
 * /etc/vhlab-broken names the way:
 *   start  exits at once, whatever it is asked (a binary that does not start)
 *   exit   exits when it is started as the target of a migration
 *   hang   never answers when it is started as the target of a migration
 *   load   exits when the migration stream arrives (its first bytes are "QEVM")
 *   memory maps memory of its own instead of the file it is told to (a target that would lose the guest's memory)
 *   device leaves its random number generator out (a target that is not the guest's machine) */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int loading, own_memory, fewer_devices;

static void complain(const char *what)
{
    fprintf(stderr, "qemu-kvm: broken on purpose: %s\n", what);
    _exit(1);
}

__attribute__((constructor)) static void begin(void)
{
    char exe[256] = "", mode[16] = "", args[65536];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n < 0 || strcmp(exe, "/usr/libexec/qemu-kvm") != 0)
        return;
    FILE *f = fopen("/etc/vhlab-broken", "re");
    if (!f)
        return;
    if (fscanf(f, "%15s", mode) != 1)
        mode[0] = 0;
    fclose(f);
    if (strcmp(mode, "start") == 0)
        complain("it does not start");

    f = fopen("/proc/self/cmdline", "re");
    if (!f)
        return;
    size_t len = fread(args, 1, sizeof args - 1, f), at = 0;
    fclose(f);
    args[len] = 0;
    int incoming = 0;
    for (; at < len; at += strlen(args + at) + 1)
        if (strcmp(args + at, "-incoming") == 0)
            incoming = 1;
    if (!incoming)
        return;
    if (strcmp(mode, "exit") == 0)
        complain("it cannot take over a guest");
    if (strcmp(mode, "hang") == 0)
        for (;;)
            pause();
    loading = strcmp(mode, "load") == 0;
    own_memory = strcmp(mode, "memory") == 0;
    fewer_devices = strcmp(mode, "device") == 0;
}

typedef int (*open_function)(const char *, int, ...);

static int open_or_replace(open_function real, const char *path, int flags, mode_t mode)
{
    int fd = real(path, flags, mode);
    struct stat info;
    if (!own_memory || fd < 0 || strncmp(path, "/proc/self/fd/", 14) != 0 || (flags & O_ACCMODE) != O_RDWR
        || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size < 16 << 20)
        return fd;
    int other = memfd_create("own", MFD_CLOEXEC);
    if (other < 0 || ftruncate(other, info.st_size) != 0)
        complain("it has no memory of its own");
    close(fd);
    return other;
}

#define OPEN(name)                                                     \
    int name(const char *path, int flags, ...)                         \
    {                                                                  \
        static open_function real;                                     \
        va_list list;                                                  \
        va_start(list, flags);                                         \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0; \
        va_end(list);                                                  \
        if (!real)                                                     \
            real = (open_function)dlsym(RTLD_NEXT, #name);             \
        return open_or_replace(real, path, flags, mode);               \
    }
OPEN(open)
OPEN(open64)
/* What a fortified build calls instead, when it passes no mode. */
int __open_2(const char *path, int flags) { return open(path, flags); }
int __open64_2(const char *path, int flags) { return open64(path, flags); }

typedef int (*main_function)(int, char **, char **);
typedef int (*start_function)(main_function, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);

int __libc_start_main(main_function main, int argc, char **argv, void (*init)(void), void (*fini)(void), void (*rtld_fini)(void), void *stack)
{
    start_function real = (start_function)dlsym(RTLD_NEXT, "__libc_start_main");
    int kept = 0;
    for (int i = 0; i < argc; i++) {
        if (fewer_devices && i + 1 < argc && strcmp(argv[i], "-device") == 0 && strstr(argv[i + 1], "virtio-rng")) {
            i++;
            continue;
        }
        argv[kept++] = argv[i];
    }
    argv[kept] = NULL;
    return real(main, kept, argv, init, fini, rtld_fini, stack);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    static ssize_t (*real)(int, struct msghdr *, int);
    if (!real)
        real = (ssize_t (*)(int, struct msghdr *, int))dlsym(RTLD_NEXT, "recvmsg");
    ssize_t n = real(fd, message, flags);
    if (loading && n >= 4 && message->msg_iovlen > 0 && message->msg_iov[0].iov_len >= 4
        && memcmp(message->msg_iov[0].iov_base, "QEVM", 4) == 0)
        complain("it dies while it loads the guest's state");
    return n;
}
