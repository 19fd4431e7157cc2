#define _GNU_SOURCE
#include "CSystem.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int ks_make_folders(const char *path) {
    size_t length = strlen(path);
    char *part = malloc(length + 1);
    if (!part) return -ENOMEM;
    int status = length == 0 ? -ENOENT : 0;
    for (size_t i = 1; i <= length && status == 0; i++) {
        if (path[i] != '/' && path[i] != 0) continue;
        memcpy(part, path, i);
        part[i] = 0;
        struct stat info;
        if (mkdir(part, 0777) == 0) continue;
        status = -errno;
        if (stat(part, &info) == 0) status = S_ISDIR(info.st_mode) ? 0 : -ENOTDIR;
    }
    free(part);
    return status;
}

int ks_append_file(const char *path, const void *bytes, size_t count) {
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0) return -errno;
    int status = ks_write(file, bytes, count);
    if (status == 0 && fsync(file) < 0 && errno != EINVAL) status = -errno;
    if (close(file) < 0 && status == 0) status = -errno;
    return status;
}

int64_t ks_size(const char *path) {
    struct stat info;
    if (stat(path, &info) < 0) return -errno;
    if (S_ISDIR(info.st_mode)) return -EISDIR;
    return S_ISREG(info.st_mode) ? (int64_t)info.st_size : -EINVAL;
}

int64_t ks_read_at(const char *path, uint64_t offset, void *bytes, size_t count) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    size_t done = 0;
    int64_t status = 0;
    while (done < count) {
        ssize_t got = pread(file, (char *)bytes + done, count - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) status = -errno;
        if (got <= 0) break;
        done += (size_t)got;
    }
    close(file);
    return status < 0 ? status : (int64_t)done;
}

int64_t ks_read_file(const char *path, uint64_t limit, void **result) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    struct stat info;
    int64_t status = 0;
    if (fstat(file, &info) < 0) status = -errno;
    else if (S_ISDIR(info.st_mode)) status = -EISDIR;
    else if (!S_ISREG(info.st_mode)) status = -EINVAL;
    else if ((uint64_t)info.st_size > limit) status = -EFBIG;
    if (status < 0) { close(file); return status; }
    size_t size = (size_t)info.st_size, done = 0;
    char *base = ks_alloc(size);
    if (!base) { close(file); return -ENOMEM; }
    while (done < size) {
        ssize_t got = read(file, base + done, size - done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) { status = -errno; break; }
        if (got == 0) break;  // the file shrank while it was read: what is there is judged by its reader
        done += (size_t)got;
    }
    close(file);
    if (status < 0 || done < size) {
        if (status == 0) status = -EIO;
        ks_free(base, size);
        return status;
    }
    *result = base;
    return (int64_t)size;
}

int64_t ks_read_stream(int file, uint64_t limit, void **result) {
    size_t room = 1 << 16, done = 0;
    char *base = ks_alloc(room);
    while (base) {
        ssize_t got = read(file, base + done, room - done);
        if (got < 0 && errno == EINTR) continue;
        int64_t status = got < 0 ? -errno : (uint64_t)done + (uint64_t)got > limit ? -EFBIG : 0;
        if (status < 0) { ks_free(base, room); return status; }
        done += (size_t)got;
        if (got > 0 && done < room) continue;
        // Full, or at the end: move to memory of the next size, or of exactly the right one.
        size_t size = got == 0 ? done : room * 2;
        char *moved = ks_alloc(size);
        if (moved) memcpy(moved, base, done);
        ks_free(base, room);
        base = moved;
        room = size;
        if (got == 0 && base) { *result = base; return (int64_t)done; }
    }
    return -ENOMEM;
}

int64_t ks_read_special(const char *path, uint64_t limit, void **result) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    int64_t size = ks_read_stream(file, limit, result);
    close(file);
    return size;
}

int64_t ks_read(int file, void *bytes, size_t room) {
    for (;;) {
        ssize_t got = read(file, bytes, room);
        if (got >= 0) return got;
        if (errno != EINTR) return -errno;
    }
}

int ks_write(int file, const void *from, size_t count) {
    const char *bytes = from;
    while (count > 0) {
        ssize_t put = write(file, bytes, count);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return -errno;
        bytes += put;
        count -= (size_t)put;
    }
    return 0;
}

// PATH.tmpPID, to be freed.
static char *temporary_of(const char *path) {
    size_t room = strlen(path) + 16;
    char *name = malloc(room);
    if (name) snprintf(name, room, "%s.tmp%d", path, (int)(getpid() % 100000));
    return name;
}

int ks_begin_file(const char *path) {
    char *temporary = temporary_of(path);
    if (!temporary) return -ENOMEM;
    int file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) file = -errno;
    free(temporary);
    return file;
}

int ks_write_at(int file, uint64_t offset, const void *from, size_t count) {
    const char *bytes = from;
    while (count > 0) {
        ssize_t put = pwrite(file, bytes, count, (off_t)offset);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return -errno;
        bytes += put;
        offset += (uint64_t)put;
        count -= (size_t)put;
    }
    return 0;
}

int ks_end_file(const char *path, int file, int status) {
    char *temporary = temporary_of(path), *folder = strdup(path);
    if (!temporary || !folder) status = -ENOMEM;
    if (status == 0 && fsync(file) < 0) status = -errno;
    if (close(file) < 0 && status == 0) status = -errno;
    if (status == 0 && rename(temporary, path) < 0) status = -errno;
    if (status != 0 && temporary) unlink(temporary);
    if (status == 0) {
        char *slash = strrchr(folder, '/');
        if (slash) slash[slash == folder ? 1 : 0] = 0;
        int directory = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (directory >= 0) { fsync(directory); close(directory); }
    }
    free(temporary);
    free(folder);
    return status;
}

int ks_write_file(const char *path, const void *bytes, size_t count) {
    int file = ks_begin_file(path);
    return file < 0 ? file : ks_end_file(path, file, ks_write(file, bytes, count));
}
