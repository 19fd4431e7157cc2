#include "state.h"
#include <stdarg.h>
#include <string.h>

_Noreturn void kj_fail(kj_state *state, int status, const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(state->message, KJ_MESSAGE, format, list);
    va_end(list);
    state->status = status;
    longjmp(state->exit, 1);
}

static _Noreturn void error_exit(j_common_ptr c) {
    kj_state *state = c->client_data;
    switch (c->err->msg_code) {
    case JERR_OUT_OF_MEMORY:
    case JERR_NO_BACKING_STORE:
        kj_fail(state, KJ_MEMORY, "decoding it needs more memory than allowed");
    case JERR_BAD_PRECISION:
        kj_fail(state, KJ_UNSUPPORTED, "%d-bit JPEG is not supported", c->err->msg_parm.i[0]);
    case JERR_ARITH_NOTIMPL:
        kj_fail(state, KJ_UNSUPPORTED, "arithmetic-coded JPEG is not supported");
    case JERR_SOF_UNSUPPORTED:
        kj_fail(state, KJ_UNSUPPORTED,
                c->err->msg_parm.i[0] == 0xC3 ? "lossless JPEG is not supported"
                                              : "JPEG process SOF%d is not supported",
                c->err->msg_parm.i[0] - 0xC0);
    case JERR_CONVERSION_NOTIMPL:
        kj_fail(state, KJ_UNSUPPORTED, "the colour space of this JPEG is not supported");
    case JERR_EMPTY_IMAGE:
        kj_fail(state, KJ_BAD, "the header says that the picture is empty");
    default: {
        char text[JMSG_LENGTH_MAX];
        c->err->format_message(c, text);
        kj_fail(state, KJ_BAD, "corrupt JPEG: %s", text);
    }
    }
}

// Keeps the first warning; traces are not wanted.
static void emit_message(j_common_ptr c, int level) {
    kj_state *state = c->client_data;
    if (level >= 0) return;
    if (c->err->num_warnings++ > 0) return;
    char text[JMSG_LENGTH_MAX];
    c->err->format_message(c, text);
    snprintf(state->message, KJ_MESSAGE, "%s", text);
}

static void output_message(j_common_ptr c) { (void)c; }

struct jpeg_error_mgr *kj_errors(kj_state *state, char *message) {
    jpeg_std_error(&state->errors);
    state->errors.error_exit = error_exit;
    state->errors.emit_message = emit_message;
    state->errors.output_message = output_message;
    state->message = message;
    state->status = KJ_OK;
    message[0] = 0;
    return &state->errors;
}
