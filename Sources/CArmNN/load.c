#define _GNU_SOURCE
#include "CArmNN.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const ka_api *ka_load(const char *path, char *error, size_t capacity) {
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object) {
        const char *reason = dlerror();
        snprintf(error, capacity, "%s", reason ? reason : "dlopen failed");
        return NULL;
    }
    const ka_api *(*entry)(void) = (const ka_api *(*)(void))dlsym(object, "kinglet_armnn");
    if (!entry) {
        snprintf(error, capacity, "%s: no function kinglet_armnn in it", path);
        return NULL;
    }
    const ka_api *api = entry();
    if (api->abi != KA_ABI) {
        snprintf(error, capacity, "%s: made for another version of Kinglet (%d, wanted %d)", path, api->abi, KA_ABI);
        return NULL;
    }
    return api;
}

int64_t ka_folder(char *path, size_t capacity) {
    ssize_t length = readlink("/proc/self/exe", path, capacity - 1);
    if (length <= 0) return -1;
    path[length] = 0;
    char *slash = strrchr(path, '/');
    if (!slash) return -1;
    *slash = 0;
    return slash - path;
}
