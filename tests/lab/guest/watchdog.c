/* An emulated i6300esb, driven from here: the lab's small kernel has no driver for it. Two stages count down one after the other; feeding it
 * starts the first anew, and when the second is over it bites. */
#include "guest.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { TIMER1 = 0x0, TIMER2 = 0x4, RELOAD = 0xc, CONFIG = 0x60, LOCK = 0x68 };

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static volatile uint8_t *registers;
static int bitten;

static uint64_t number_in(const char *device, const char *file)
{
    char path[300], text[32] = "";
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/%s", device, file);
    int fd = open(path, O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    return n < 0 ? 0 : strtoull(text, NULL, 16);
}

static int put(const char *device, const char *file, off_t at, const void *bytes, size_t size)
{
    char path[300];
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/%s", device, file);
    int fd = open(path, O_WRONLY);
    ssize_t n = fd < 0 ? -1 : pwrite(fd, bytes, size, at);
    if (fd >= 0)
        close(fd);
    return n == (ssize_t)size;
}

static int map(const char *device)
{
    char path[300];
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/resource0", device);
    int fd = open(path, O_RDWR);
    void *page = fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    if (page == MAP_FAILED)
        return 0;
    /* The first number of this file is where the sixteen bytes begin, which need not be at a page's beginning. */
    registers = (volatile uint8_t *)page + (number_in(device, "resource") & 4095);
    return 1;
}

/* Every write to a register but this sequence's own must follow it. */
static void unlock(void)
{
    *(volatile uint16_t *)(registers + RELOAD) = 0x80;
    *(volatile uint16_t *)(registers + RELOAD) = 0x86;
}

/* Sets what each stage lasts, in units of 0.98 ms, and starts the first. */
static void feed(uint32_t first, uint32_t second)
{
    unlock();
    *(volatile uint32_t *)(registers + TIMER1) = first;
    unlock();
    *(volatile uint32_t *)(registers + TIMER2) = second;
    unlock();
    *(volatile uint16_t *)(registers + RELOAD) = 0x100;
}

void *feed_watchdog(void *unused)
{
    (void)unused;
    uint32_t patience = (uint32_t)number_option("watchdog", 0);
    DIR *dir = patience ? opendir("/sys/bus/pci/devices") : NULL;
    struct dirent *entry;
    int found = 0;
    while (dir && !found && (entry = readdir(dir))) {
        if (number_in(entry->d_name, "vendor") != 0x8086 || number_in(entry->d_name, "device") != 0x25ab)
            continue;
        /* Its memory; no interrupt after the first stage; the clock that ticks slowly, and counting. */
        const uint16_t config = 0x03;
        const uint8_t lock = 0x02;
        pthread_mutex_lock(&turn);
        found = put(entry->d_name, "enable", 0, "1", 1) && map(entry->d_name) && put(entry->d_name, "config", CONFIG, &config, sizeof config) &&
            put(entry->d_name, "config", LOCK, &lock, sizeof lock);
        pthread_mutex_unlock(&turn);
    }
    if (dir)
        closedir(dir);
    if (patience && !found)
        say("no watchdog could be started");
    while (found) {
        pthread_mutex_lock(&turn);
        if (bitten)
            found = 0;
        else
            feed(patience, patience);
        pthread_mutex_unlock(&turn);
        sleep_ms(patience / 4);
    }
    return NULL;
}

void have_watchdog_bite(void)
{
    pthread_mutex_lock(&turn);
    bitten = 1;
    if (registers)
        feed(1, 1);
    pthread_mutex_unlock(&turn);
}
