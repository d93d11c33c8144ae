/* The serial line: echoes what is typed; a whole line is answered with "guest: heard LINE". */
#include "guest.h"

#include <fcntl.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

void *echo_console(void *unused)
{
    (void)unused;
    char line[128], c;
    size_t used = 0;
    int fd = open("/dev/ttyS0", O_RDWR | O_NOCTTY);
    if (fd < 0)
        return NULL;
    struct termios mode;
    if (tcgetattr(fd, &mode) == 0) {
        cfmakeraw(&mode);
        mode.c_oflag |= OPOST | ONLCR;
        tcsetattr(fd, TCSANOW, &mode);
    }
    for (;;) {
        if (read(fd, &c, 1) != 1) {
            sleep_ms(50);
            continue;
        }
        if (c != '\r' && c != '\n') {
            if (used < sizeof line - 1)
                line[used++] = c;
            if (write(fd, &c, 1) < 0)
                sleep_ms(10);
            continue;
        }
        if (used == 0)
            continue;
        line[used] = 0;
        used = 0;
        status.console_lines++;
        say("heard %s", line);
    }
    return NULL;
}
