// What the calls of one decoding or encoding share: libjpeg's error manager turned into a jump and a message.
#ifndef KINGLET_JPEG_STATE_H
#define KINGLET_JPEG_STATE_H
#include "CJPEG.h"
#include <setjmp.h>
#include <stdio.h>
#include <jpeglib.h>
#include <jerror.h>

typedef struct kj_state {
    struct jpeg_error_mgr errors;
    jmp_buf exit;
    char *message;
    int status;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    const kj_limits *limits;
    uint64_t deadline;
    unsigned calls;
} kj_state;

// Fills the error manager; `message` begins empty.
struct jpeg_error_mgr *kj_errors(kj_state *state, char *message);
// Leaves the call with a status and a message.
_Noreturn void kj_fail(kj_state *state, int status, const char *format, ...);
// The tables of ITU-T T.81 Annex K.3 for those that the file left out, as cameras do in Motion JPEG.
void kj_standard_tables(j_decompress_ptr c);
#endif
