// A qemu-user plugin (API version 1) that counts the instructions a program executes, all threads together.
//
//   qemu-aarch64 -plugin libicount.so,out=FILE PROGRAM…      writes their number to FILE
//
// Exact for one thread: several add to the number without waiting for each other. Declares what it uses of qemu's
// interface itself, since Debian ships no header.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t id;
struct block;
struct qemu_info;
enum { ADD_U64 };
void qemu_plugin_register_vcpu_tb_trans_cb(id, void (*)(id, struct block *));
void qemu_plugin_register_vcpu_tb_exec_inline(struct block *, int operation, void *counter, uint64_t value);
void qemu_plugin_register_atexit_cb(id, void (*)(id, void *), void *);
size_t qemu_plugin_tb_n_insns(const struct block *);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;

static uint64_t executed;
static char path[1024];

// Each translated block adds its length whenever it runs.
static void translated(id plugin, struct block *block) {
    (void)plugin;
    qemu_plugin_register_vcpu_tb_exec_inline(block, ADD_U64, &executed, qemu_plugin_tb_n_insns(block));
}

static void finished(id plugin, void *unused) {
    (void)plugin, (void)unused;
    FILE *file = path[0] ? fopen(path, "w") : stderr;
    if (!file) return;
    fprintf(file, "%llu\n", (unsigned long long)executed);
    if (file != stderr) fclose(file);
}

EXPORT int qemu_plugin_install(id plugin, const struct qemu_info *info, int argc, char **argv) {
    (void)info;
    for (int i = 0; i < argc; i++)
        if (!strncmp(argv[i], "out=", 4)) snprintf(path, sizeof path, "%s", argv[i] + 4);
    qemu_plugin_register_vcpu_tb_trans_cb(plugin, translated);
    qemu_plugin_register_atexit_cb(plugin, finished, NULL);
    return 0;
}
