/* execs.c - tells of every program that root executes and somebody else could have written: a line each, "PID UID MODE PATH". It says "ready" first.
 * It looks at the lab's own file systems only, and each program waits until it has looked: nothing has changed its ids meanwhile. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_root(int pid)
{
    char path[64], line[256];
    unsigned real, effective = 1;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *file = fopen(path, "re");
    /* The kernel escapes a line feed in a name: only its own lines begin so. */
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Uid:\t%u\t%u", &real, &effective) == 2)
            break;
    if (file)
        fclose(file);
    return effective == 0;
}

static void look(const struct fanotify_event_metadata *event)
{
    struct stat file;
    char link[64], path[PATH_MAX] = "?";
    if (!is_root(event->pid) || fstat(event->fd, &file) != 0 || (file.st_uid == 0 && (file.st_mode & 022) == 0))
        return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", event->fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n > 0)
        path[n] = 0;
    printf("%d %u %o %s\n", event->pid, file.st_uid, file.st_mode & 07777, path);
    fflush(stdout);
}

int main(void)
{
    int queue = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY | O_CLOEXEC | O_LARGEFILE), marks = 0;
    FILE *mounts = fopen("/proc/self/mounts", "re");
    char line[8192], where[4096], type[64];
    while (mounts && fgets(line, sizeof line, mounts))
        if (sscanf(line, "%*s %4095s %63s", where, type) == 2 && (strcmp(type, "overlay") == 0 || strcmp(type, "tmpfs") == 0))
            marks += fanotify_mark(queue, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, FAN_OPEN_EXEC_PERM, AT_FDCWD, where) == 0;
    if (queue < 0 || marks == 0) {
        perror("fanotify");
        return 1;
    }
    printf("ready\n");
    fflush(stdout);
    char events[65536] __attribute__((aligned(8)));
    for (;;) {
        ssize_t n = read(queue, events, sizeof events);
        if (n <= 0)
            return 1;
        for (struct fanotify_event_metadata *event = (void *)events; FAN_EVENT_OK(event, n); event = FAN_EVENT_NEXT(event, n)) {
            if (event->fd < 0)
                continue;
            look(event);
            struct fanotify_response answer = {event->fd, FAN_ALLOW};
            if (write(queue, &answer, sizeof answer) != sizeof answer)
                return 1;
            close(event->fd);
        }
    }
}
