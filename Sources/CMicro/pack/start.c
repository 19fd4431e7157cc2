// The start of a packed executable: unfolds the one that cross/pack.py took apart to where it belongs, and jumps to its start.
// Nothing of a library is there yet.
#include "branches.h"
#include "lzma.h"
#include "packed.h"
#include "system.h"
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t code[] = {
#embed "code.lzma"
};
static const uint8_t model[] = {
#embed "model"
};
static const struct {
    size_t address, bytes;
    long protection;
} segments[] = {SEGMENTS};

enum { END = 0, PROGRAM_HEADERS = 3, HEADERS_COUNT = 5, PAGE_BYTES = 6, ENTRY_POINT = 9 };

static lzma_odds odds;

static void unfold(uint8_t *base) {
    lzma_expand(code, base, CODE_BYTES, 3, 0, &odds);
    branches(base, CODE_BYTES);
    for (size_t i = CODE_BYTES; i > HOLE; i--) base[i - 1 + MODEL_BYTES] = base[i - 1];
    // Floats: what a byte is like depends on its place among four.
    if (sizeof model < MODEL_BYTES) lzma_expand(model, base + HOLE, MODEL_BYTES, 0, 2, &odds);
    else for (size_t i = 0; i < MODEL_BYTES; i++) base[HOLE + i] = model[i];
}

/// What the kernel tells a program about itself becomes what it would tell the unfolded one; the size of a page.
static size_t introduce(size_t *stack) {
    size_t *note = stack + stack[0] + 2, page = 4096;
    while (*note) note++;
    for (note++; note[0] != END; note += 2) {
        if (note[0] == PROGRAM_HEADERS) note[1] = HEADERS;
        if (note[0] == HEADERS_COUNT) note[1] = HEADER_COUNT;
        if (note[0] == PAGE_BYTES) page = note[1];
        if (note[0] == ENTRY_POINT) note[1] = ENTRY;
    }
    return page;
}

__attribute__((used)) size_t kinglet_unpack(size_t *stack) {
    size_t page = introduce(stack);
    if (map(BASE, (SPAN + page - 1) & -page) != (long)BASE) fail("kinglet: no memory to unpack into\n");
    unfold((uint8_t *)BASE);
    for (size_t i = 0; i < sizeof segments / sizeof *segments; i++) {
        size_t first = segments[i].address & -page, end = (segments[i].address + segments[i].bytes + page - 1) & -page;
        __builtin___clear_cache((char *)first, (char *)(segments[i].address + segments[i].bytes));
        if (protect(first, end - first, segments[i].protection) != 0) fail("kinglet: cannot run what was unpacked\n");
    }
    return ENTRY;
}
