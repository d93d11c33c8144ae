/* The load of a benchmark: N threads that each dirty their share of an area, page by page, at a common rate. One word a page
 * is enough to make it dirty; a second one proves that no write was lost or torn. Set by "load=WRITERS:MIB:MBPS" over UDP. */
#include "guest.h"

#include <sys/mman.h>

enum { page_size = 4096, words = page_size / 8, most_writers = 8 };
static uint64_t *area;
static uint64_t area_pages;
static atomic_uint_fast64_t last_round;
static atomic_uint running[most_writers]; /* the load_change that a writer works for, plus one; 0: it rests */

static uint64_t proof(uint64_t page, uint64_t round)
{
    uint64_t x = (status.seed ^ page * 0x9e3779b97f4a7c15u) + round * 0xbf58476d1ce4e5b9u;
    return (x ^ x >> 29) * 0x94d049bb133111ebu;
}

/* One round over a share. Before it is written a page must hold what the round before left there; expected is 0 for a first
 * round, before which another thread may have written: then any proven content will do. */
static void write_share(uint64_t first, uint64_t last, uint64_t round, uint64_t expected, uint64_t nanoseconds, unsigned change)
{
    uint64_t next = now_ns();
    for (uint64_t page = first; page < last && status.load_change == change; page++) {
        uint64_t *at = area + page * words;
        if (at[0] != 0 || expected != 0)
            if ((expected != 0 && at[0] != expected) || at[1] != proof(page, at[0]))
                status.load_errors++;
        at[0] = round;
        at[1] = proof(page, round);
        if (page % 64 != 63)
            continue;
        status.load_pages += 64;
        if (nanoseconds == 0)
            continue;
        next += 64 * nanoseconds;
        uint64_t now = now_ns();
        if (next > now)
            sleep_until(next);
        else if (now > next + 100000000)
            next = now;
    }
}

/* Shares are cut anew with each change: a writer may begin only when nobody writes by the old ones. */
static int others_rest(uint64_t self, unsigned change)
{
    for (uint64_t i = 0; i < most_writers; i++)
        if (i != self && running[i] != 0 && running[i] != change + 1)
            return 0;
    return 1;
}

void *write_load(void *argument)
{
    uint64_t self = (uint64_t)(uintptr_t)argument;
    for (;;) {
        unsigned change = status.load_change;
        uint64_t writers = status.load_writers, pages = status.load_mib * 256, rate = status.load_rate, expected = 0;
        if (pages > area_pages)
            pages = area_pages;
        /* Odd while it is being set. */
        if (change % 2 != 0 || status.load_change != change || self >= writers || pages < writers || !others_rest(self, change)) {
            sleep_ms(100);
            continue;
        }
        running[self] = change + 1;
        uint64_t first = pages * self / writers, last = pages * (self + 1) / writers;
        while (status.load_change == change) {
            uint64_t round = ++last_round;
            write_share(first, last, round, expected, rate ? page_size * 1000ull * writers / rate : 0, change);
            expected = round;
            status.load_rounds++;
        }
        running[self] = 0;
    }
    return NULL;
}

void start_load(void)
{
    area_pages = number_option("area", 0) * 256;
    if (area_pages == 0)
        return;
    area = mmap(NULL, area_pages * page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (area == MAP_FAILED) {
        say("no memory for vh.area=");
        return;
    }
    /* An emulated page fault costs 50 us and more; with huge pages there is one for 512 pages. */
    madvise(area, area_pages * page_size, MADV_HUGEPAGE);
    for (uintptr_t i = 0; i < most_writers; i++)
        start_with(write_load, (void *)i);
}
