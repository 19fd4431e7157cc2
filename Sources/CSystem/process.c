#define _GNU_SOURCE
#include "CSystem.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int ks_remove(const char *path) {
    if (unlink(path) == 0) return 0;
    if (errno != EISDIR && errno != EPERM) return -errno;
    return rmdir(path) == 0 ? 0 : -errno;
}

void ks_set_environment(const char *name, const char *value) { setenv(name, value, 1); }

int ks_shell(const char *command) {
    int status = system(command);
    if (status < 0) return -errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static volatile sig_atomic_t interrupts;

static void count_interrupt(int number) {
    if (interrupts < 2) {
        interrupts = interrupts + 1;
        return;
    }
    signal(number, SIG_DFL);
    raise(number);
}

void ks_catch_interrupts(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = count_interrupt;
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int ks_interrupts(void) { return interrupts; }

void ks_sleep_ms(unsigned ms) {
    struct timespec t = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

int ks_wait(int file, unsigned ms) {
    struct pollfd one = {.fd = file, .events = POLLIN};
    int count = poll(&one, 1, ms > 0x7FFFFFFF ? -1 : (int)ms);
    return count >= 0 ? count : errno == EINTR ? 0 : -errno;
}
