/* An internal error of QEMU when a test says so: without KVM nothing that a guest does brings one about. Preloaded by the domain's own <qemu:env>. Upon
 * the signal SIGRTMIN+7 it has QEMU stop its guest by the function by which QEMU's own parts report such an error, and once that is done one of its
 * threads is called "vh-stopped". */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <time.h>

/* RunState of qapi/run-state.json; the third of it in every release. */
enum { INTERNAL_ERROR = 2 };

static sigset_t told;

static void *wait_for_it(void *unused)
{
    void (*prepare)(void) = (void (*)(void))dlsym(RTLD_DEFAULT, "qemu_system_vmstop_request_prepare");
    void (*request)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "qemu_system_vmstop_request");
    bool (*is)(int) = (bool (*)(int))dlsym(RTLD_DEFAULT, "runstate_check");
    int signal;
    if (!prepare || !request || !is || sigwait(&told, &signal) != 0)
        return unused;
    prepare();
    request(INTERNAL_ERROR);
    while (!is(INTERNAL_ERROR))
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    prctl(PR_SET_NAME, "vh-stopped");
    for (;;)
        sigwait(&told, &signal);
}

/* Every thread of QEMU inherits that the signal is blocked, so that it is this one's. */
__attribute__((constructor)) static void begin(void)
{
    pthread_t thread;
    sigemptyset(&told);
    sigaddset(&told, SIGRTMIN + 7);
    pthread_sigmask(SIG_BLOCK, &told, NULL);
    pthread_create(&thread, NULL, wait_for_it, NULL);
}
