/* Rewrites an area of memory chunk by chunk, and before each rewrite checks what it wrote there in the round before. */
#include "guest.h"

#include <string.h>
#include <sys/mman.h>

enum { chunk_size = 4096, words = chunk_size / 8 };

static uint64_t base_of(uint64_t chunk, uint64_t pass)
{
    uint64_t x = status.seed ^ chunk * 0x9e3779b97f4a7c15u ^ pass * 0xbf58476d1ce4e5b9u;
    x ^= x >> 31;
    return x * 0x94d049bb133111ebu;
}

void *rewrite_memory(void *unused)
{
    (void)unused;
    uint64_t chunks = number_option("mem", 64) * 1024 * 1024 / chunk_size;
    if (chunks == 0)
        return NULL;
    uint64_t *area = mmap(NULL, chunks * chunk_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED) {
        say("no memory for vh.mem=");
        return NULL;
    }
    uint64_t next = now_ns();
    for (uint64_t pass = 0;; pass++) {
        for (uint64_t chunk = 0; chunk < chunks; chunk++) {
            uint64_t *at = area + chunk * words;
            if (pass > 0) {
                uint64_t expected = base_of(chunk, pass - 1), wrong = 0;
                for (int i = 0; i < words; i++)
                    wrong |= at[i] ^ (expected + (uint64_t)i * 0x9e3779b9u);
                if (wrong)
                    status.memory_errors++;
            }
            uint64_t value = base_of(chunk, pass);
            for (int i = 0; i < words; i++)
                at[i] = value + (uint64_t)i * 0x9e3779b9u;
            status.chunks++;
            if (chunk % 16 == 15) {
                uint64_t rate = status.rate, now = now_ns();
                while (rate == 0) {
                    sleep_ms(50);
                    rate = status.rate;
                    next = now = now_ns();
                }
                next += 16ull * chunk_size * 1000 / rate;
                if (next > now)
                    sleep_until(next);
                else if (now > next + 100000000)
                    next = now;
            }
        }
        status.passes++;
    }
    return NULL;
}
