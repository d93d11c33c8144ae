/* Numbered records on /dev/vda: written around the cache, flushed, read back, and checked again a lap later. */
#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { record_size = 4096, words = record_size / 8, slots = 512 };
static const off_t first = 1024 * 1024;

static void fill(uint64_t *record, uint64_t sequence)
{
    record[0] = status.seed;
    record[1] = sequence;
    for (int i = 2; i < words; i++)
        record[i] = (status.seed ^ sequence * 0x9e3779b97f4a7c15u) + (uint64_t)i;
}

static int check(int fd, uint64_t *buffer, uint64_t *expected, uint64_t sequence)
{
    off_t at = first + (off_t)(sequence % slots) * record_size;
    if (pread(fd, buffer, record_size, at) != record_size)
        return errno ? errno : EIO;
    fill(expected, sequence);
    return memcmp(buffer, expected, record_size) == 0 ? 0 : -1;
}

static int write_record(int fd, uint64_t *buffer, uint64_t *expected, uint64_t sequence)
{
    int result = 0;
    errno = 0;
    if (sequence >= slots)
        result = check(fd, buffer, expected, sequence - slots);
    if (result)
        return result;
    fill(buffer, sequence);
    if (pwrite(fd, buffer, record_size, first + (off_t)(sequence % slots) * record_size) != record_size)
        return errno ? errno : EIO;
    if (fdatasync(fd) < 0)
        return errno;
    return check(fd, buffer, expected, sequence);
}

void *write_disk(void *unused)
{
    (void)unused;
    unsigned interval = (unsigned)number_option("disk", 100);
    if (interval == 0)
        return NULL;
    int fd = open("/dev/vda", O_RDWR | O_DIRECT);
    if (fd < 0) {
        if (errno != ENOENT)
            say("/dev/vda: %s", strerror(errno));
        status.disk_result = errno;
        return NULL;
    }
    uint64_t *buffer = aligned_alloc(record_size, record_size), *expected = aligned_alloc(record_size, record_size);
    for (uint64_t sequence = 0;; sequence++) {
        int result = write_record(fd, buffer, expected, sequence);
        status.disk_result = result;
        if (result)
            status.disk_errors++;
        status.disk_writes++;
        sleep_ms(interval);
    }
    return NULL;
}
