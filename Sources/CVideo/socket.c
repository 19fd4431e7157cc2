#define _GNU_SOURCE
#include "CVideo.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int finished(int file, int ms) {
    struct pollfd one = {.fd = file, .events = POLLOUT};
    int count;
    do count = poll(&one, 1, ms); while (count < 0 && errno == EINTR);
    if (count == 0) return -ETIMEDOUT;
    int status = 0;
    socklen_t size = sizeof status;
    if (count < 0 || getsockopt(file, SOL_SOCKET, SO_ERROR, &status, &size) < 0) return -errno;
    return -status;
}

static int connect_to(const struct addrinfo *address, int ms) {
    int file = socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address->ai_protocol);
    if (file < 0) return -errno;
    int status = connect(file, address->ai_addr, address->ai_addrlen) == 0 ? 0
                 : errno == EINPROGRESS                                  ? finished(file, ms)
                                                                         : -errno;
    if (status == 0 && fcntl(file, F_SETFL, 0) < 0) status = -errno;
    if (status == 0) return file;
    close(file);
    return status;
}

int kv_connect(const char *host, const char *port, int ms) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
    if (getaddrinfo(host, port, &hints, &list) != 0) return -EHOSTUNREACH;
    int result = -EHOSTUNREACH;
    for (const struct addrinfo *one = list; one; one = one->ai_next) {
        result = connect_to(one, ms);
        if (result >= 0) break;
    }
    freeaddrinfo(list);
    return result;
}

int kv_send(int file, const void *from, int count) {
    const char *bytes = from;
    while (count > 0) {
        ssize_t put = send(file, bytes, (size_t)count, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return -errno;
        bytes += put;
        count -= (int)put;
    }
    return 0;
}

void kv_hang_up(int file) { close(file); }
