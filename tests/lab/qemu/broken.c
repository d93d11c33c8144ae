/* What makes a broken qemu-kvm release of the lab broken. Preloaded into every process, acts in qemu-kvm only.
 * /etc/vhlab-broken names the way:
 *   start  exits at once, whatever it is asked (a binary that does not start)
 *   exit   exits when it is started as the target of a migration
 *   hang   never answers when it is started as the target of a migration
 *   load   exits when the migration stream arrives (its first bytes are "QEVM") */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int loading;

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
