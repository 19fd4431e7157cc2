// What the library of Embedded Swift leaves to the system: numbers in text. Kinglet never sets a locale, so strtod reads
// points.
#include <stdlib.h>

const char *_swift_stdlib_strtod_clocale(const char *text, double *value);
const char *_swift_stdlib_strtod_clocale(const char *text, double *value) {
    char *end;
    *value = strtod(text, &end);
    return end == text ? NULL : end;
}

const char *_swift_stdlib_strtof_clocale(const char *text, float *value);
const char *_swift_stdlib_strtof_clocale(const char *text, float *value) {
    char *end;
    *value = strtof(text, &end);
    return end == text ? NULL : end;
}
