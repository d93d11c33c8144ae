/* Enough of the QEMU guest agent for libvirt: sync, ping, info, shutdown, and the real-time clock; everything else is "not found". */
#include "guest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

static int open_port(const char *wanted)
{
    DIR *dir = opendir("/sys/class/virtio-ports");
    struct dirent *entry;
    int fd = -1;
    while (dir && fd < 0 && (entry = readdir(dir))) {
        char path[320], name[64] = "";
        snprintf(path, sizeof path, "/sys/class/virtio-ports/%s/name", entry->d_name);
        FILE *file = fopen(path, "r");
        if (!file)
            continue;
        if (fscanf(file, "%63s", name) == 1 && strcmp(name, wanted) == 0) {
            snprintf(path, sizeof path, "/dev/%s", entry->d_name);
            fd = open(path, O_RDWR);
        }
        fclose(file);
    }
    if (dir)
        closedir(dir);
    return fd;
}

/* The command's name; there is no JSON parser here, and libvirt writes "execute":"NAME". */
static void name_of(const char *line, char *name, size_t size)
{
    name[0] = 0;
    const char *at = strstr(line, "\"execute\"");
    if (!at || !(at = strchr(at + 9, ':')) || !(at = strchr(at, '"')))
        return;
    size_t n = strcspn(++at, "\"");
    if (n < size) {
        memcpy(name, at, n);
        name[n] = 0;
    }
}

static void answer(int fd, const char *line)
{
    static const char *commands[] = { "guest-sync", "guest-sync-delimited", "guest-ping", "guest-info", "guest-shutdown",
        "guest-set-time" };
    char name[64], reply[1024];
    int n;
    name_of(line, name, sizeof name);
    const char *mark = strcmp(name, "guest-sync-delimited") == 0 ? "\xff" : "";
    if (strncmp(name, "guest-sync", 10) == 0) {
        const char *id = strstr(line, "\"id\"");
        id = id ? strchr(id, ':') : NULL;
        n = snprintf(reply, sizeof reply, "%s{\"return\": %lld}\n", mark, id ? strtoll(id + 1, NULL, 10) : 0);
    } else if (strcmp(name, "guest-ping") == 0) {
        n = snprintf(reply, sizeof reply, "{\"return\": {}}\n");
    } else if (strcmp(name, "guest-info") == 0) {
        n = snprintf(reply, sizeof reply, "{\"return\": {\"version\": \"virt-handover-lab\", \"supported_commands\": [");
        for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
            n += snprintf(reply + n, sizeof reply - (size_t)n,
                "%s{\"name\": \"%s\", \"enabled\": true, \"success-response\": true}", i ? ", " : "", commands[i]);
        n += snprintf(reply + n, sizeof reply - (size_t)n, "]}}\n");
    } else if (strcmp(name, "guest-set-time") == 0) {
        const char *time = strstr(line, "\"time\"");
        time = time ? strchr(time, ':') : NULL;
        int error = time ? set_hardware_clock(strtoll(time + 1, NULL, 10) / 1000000000) : EINVAL;
        n = error ? snprintf(reply, sizeof reply, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"%s\"}}\n", strerror(error))
                  : snprintf(reply, sizeof reply, "{\"return\": {}}\n");
    } else if (strcmp(name, "guest-shutdown") == 0) {
        sync();
        reboot(strstr(line, "reboot") ? RB_AUTOBOOT : RB_POWER_OFF);
        return;
    } else {
        n = snprintf(reply, sizeof reply,
            "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"The command %s has not been found\"}}\n", name);
    }
    status.agent_commands++;
    for (int sent = 0; sent < n;) {
        ssize_t done = write(fd, reply + sent, (size_t)(n - sent));
        if (done <= 0)
            return;
        sent += (int)done;
    }
}

void *serve_agent(void *unused)
{
    (void)unused;
    char line[8192];
    size_t used = 0;
    int fd;
    while ((fd = open_port("org.qemu.guest_agent.0")) < 0)
        sleep_ms(500);
    for (;;) {
        ssize_t n = read(fd, line + used, sizeof line - 1 - used);
        if (n <= 0) { /* nobody at the other end */
            used = 0;
            sleep_ms(50);
            continue;
        }
        used += (size_t)n;
        line[used] = 0;
        char *begin = line, *end;
        while ((end = strchr(begin, '\n'))) {
            *end = 0;
            if (strstr(begin, "\"execute\""))
                answer(fd, begin);
            begin = end + 1;
        }
        used -= (size_t)(begin - line);
        memmove(line, begin, used);
        if (used == sizeof line - 1)
            used = 0;
    }
    return NULL;
}
