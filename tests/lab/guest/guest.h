/* The lab's guest: one program, a thread for each thing it does, counters that the others read. */
#ifndef GUEST_H
#define GUEST_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct status {
    uint64_t seed;                 /* random, drawn once a boot: a guest that rebooted tells another one */
    atomic_uint_fast64_t counter;  /* grows by one a millisecond, as long as the guest runs */
    atomic_uint_fast64_t sent;     /* datagrams of the stream */
    atomic_uint_fast64_t passes;   /* complete rounds over the memory area */
    atomic_uint_fast64_t chunks;   /* 4 KiB chunks rewritten */
    atomic_uint_fast64_t memory_errors;
    atomic_uint_fast64_t disk_writes;
    atomic_uint_fast64_t disk_errors;
    atomic_int disk_result;        /* errno of the last disk record, 0: fine, -1: it read back wrong */
    atomic_uint_fast64_t agent_commands;
    atomic_uint_fast64_t console_lines;
    atomic_uint_fast64_t rate;     /* MB/s at which memory is rewritten; changed by "rate=N" over UDP */
    atomic_uint load_change;       /* grows by two with each "load=" */
    atomic_uint_fast64_t load_writers;
    atomic_uint_fast64_t load_mib;
    atomic_uint_fast64_t load_rate; /* MB/s of all writers together, 0: as fast as they can */
    atomic_uint_fast64_t load_pages; /* 4 KiB pages dirtied */
    atomic_uint_fast64_t load_rounds; /* rounds of a writer over its share */
    atomic_uint_fast64_t load_errors;
    atomic_uint_fast64_t clock_back; /* how often the monotonic or the wall clock was seen to go backwards */
};

extern struct status status;

/* The value of vh.NAME= on the kernel's command line, or the fallback. */
const char *option(const char *name, const char *fallback);
uint64_t number_option(const char *name, uint64_t fallback);

uint64_t now_ns(void);
void sleep_until(uint64_t when_ns);
void sleep_ms(unsigned ms);
void start(void *(*body)(void *));
void start_with(void *(*body)(void *), void *argument);
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

int set_hardware_clock(long long seconds); /* since 1970, UTC; 0 or an errno */
struct moment {
    uint64_t monotonic, wall; /* ns; read right after each other */
};
struct moment read_clocks(void);
long long rtc_seconds(void);                      /* of the emulated clock chip, since 1970; -1: there is none */
void clock_source(char *text, size_t size); /* what the kernel takes its time from, such as kvm-clock */

size_t describe(char *text, size_t size); /* one line of name=value pairs */

void start_load(void);        /* the writers of vh.area= MiB, idle until "load=" */
void *serve_status(void *);   /* UDP port 7 */
void *echo_datagrams(void *); /* UDP port 8: sends back what comes */
void *watch_clocks(void *);   /* counts steps backwards, looking every vh.clock= ms, 0: not at all */
void *stream(void *);         /* the counter, and a datagram a millisecond to vh.sink= */
void *rewrite_memory(void *); /* vh.mem= MiB at vh.rate= MB/s */
void *write_disk(void *);     /* a record every vh.disk= ms on /dev/vda */
void *serve_agent(void *);    /* org.qemu.guest_agent.0 */
void *echo_console(void *);   /* the serial line */
void *feed_watchdog(void *);  /* an i6300esb that waits vh.watchdog= ms twice, 0: none */
void have_watchdog_bite(void);

#endif
