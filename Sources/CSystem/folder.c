#define _GNU_SOURCE
#include "CSystem.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int kind(const struct stat *info) {
    return S_ISDIR(info->st_mode) ? 'd' : S_ISREG(info->st_mode) ? 'f' : 'o';
}

int ks_kind(const char *path) {
    struct stat info;
    return stat(path, &info) < 0 ? -errno : kind(&info);
}

// Memory from ks_alloc in which `used` of `room` bytes are kept, with place for `more`.
static char *grown(char *base, size_t used, size_t *room, size_t more) {
    if (used + more <= *room) return base;
    size_t size = *room * 2 > used + more ? *room * 2 : used + more;
    char *moved = ks_alloc(size);
    if (moved) memcpy(moved, base, used);
    ks_free(base, *room);
    *room = size;
    return moved;
}

int64_t ks_list(const char *path, uint64_t limit, void **result) {
    DIR *folder = opendir(path);
    if (!folder) return -errno;
    size_t room = 4096, used = 0;
    char *base = ks_alloc(room);
    int64_t status = base ? 0 : -ENOMEM;
    struct dirent *entry;
    while (status == 0 && (errno = 0, entry = readdir(folder)) != NULL) {
        struct stat info;
        if (entry->d_name[0] == '.' || fstatat(dirfd(folder), entry->d_name, &info, 0) < 0) continue;
        int what = kind(&info);
        if (what == 'o') continue;
        size_t length = strlen(entry->d_name) + 1;
        if (used + length + 1 > limit) { status = -EFBIG; break; }
        base = grown(base, used, &room, length + 1);
        if (!base) { status = -ENOMEM; break; }
        base[used++] = (char)what;
        memcpy(base + used, entry->d_name, length);
        used += length;
    }
    if (status == 0 && errno != 0) status = -errno;
    closedir(folder);
    // Freed with the size that the caller knows.
    char *exact = status == 0 ? ks_alloc(used) : NULL;
    if (status == 0 && !exact) status = -ENOMEM;
    if (exact) memcpy(exact, base, used);
    ks_free(base, room);
    *result = exact;
    return status < 0 ? status : (int64_t)used;
}
