/* mute.c - makes a QEMU of the lab fall silent on its monitor when a test says so. Preloaded into every process (/etc/ld.so.preload),
 * acts in qemu-kvm only. A QEMU whose guest is NAME falls silent once it has read COMMAND, while /run/mute/NAME.old.COMMAND exists (.new. for
 * one that was started as a target), and answers again when that file is gone. It does what it is told all the same. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char start[128];  /* "/run/mute/NAME.old." */
static char silent[256]; /* the file that made it silent; empty while it speaks */
static char line[65536];
static size_t length;
static int reads = -1;  /* where the line comes from */

__attribute__((constructor)) static void begin(void)
{
    char exe[256] = "", args[65536];
    if (readlink("/proc/self/exe", exe, sizeof exe - 1) < 0 || strcmp(exe, "/usr/libexec/qemu-kvm") != 0)
        return;
    FILE *f = fopen("/proc/self/cmdline", "re");
    if (!f)
        return;
    size_t n = fread(args, 1, sizeof args - 1, f);
    fclose(f);
    args[n] = 0;
    const char *name = NULL, *which = "old";
    for (const char *arg = args; arg < args + n; arg += strlen(arg) + 1) {
        if (strncmp(arg, "guest=", 6) == 0)
            name = arg + 6;
        if (strcmp(arg, "-incoming") == 0)
            which = "new";
    }
    if (name)
        snprintf(start, sizeof start, "/run/mute/%.*s.%s.", (int)strcspn(name, ","), name, which);
}

static void read_command(void)
{
    static const char key[] = "\"execute\":\"";
    const char *command = strstr(line, key);
    if (!command || silent[0])
        return;
    command += sizeof key - 1;
    char path[256];
    snprintf(path, sizeof path, "%s%.*s", start, (int)strcspn(command, "\""), command);
    if (access(path, F_OK) == 0)
        strcpy(silent, path);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    static ssize_t (*real)(int, struct msghdr *, int);
    if (!real)
        real = dlsym(RTLD_NEXT, "recvmsg");
    ssize_t n = real(fd, message, flags);
    if (n <= 0 || !start[0] || message->msg_iovlen == 0)
        return n;
    /* A target reads the guest's state as well, which is no text. */
    if (fd != reads) {
        reads = fd;
        length = 0;
    }
    const char *bytes = message->msg_iov[0].iov_base;
    for (ssize_t i = 0; i < n; i++) {
        if (length < sizeof line - 1)
            line[length++] = bytes[i];
        if (bytes[i] == '\n' || bytes[i] == '}') {
            line[length] = 0;
            read_command();
            if (bytes[i] == '\n')
                length = 0;
        }
    }
    return n;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    static ssize_t (*real)(int, const struct msghdr *, int);
    if (!real)
        real = dlsym(RTLD_NEXT, "sendmsg");
    if (silent[0] && access(silent, F_OK) != 0)
        silent[0] = 0;
    if (silent[0] && message->msg_iovlen == 1 && message->msg_iov[0].iov_len > 0 && *(char *)message->msg_iov[0].iov_base == '{')
        return (ssize_t)message->msg_iov[0].iov_len;
    return real(fd, message, flags);
}
