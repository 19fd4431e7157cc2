// One table per instruction set; each file makes its own out of a lesser one.
#ifndef KINGLET_KERNELS_TABLES_H
#define KINGLET_KERNELS_TABLES_H
#include "CKernels.h"
extern const kn_table kn_avx2;
kn_table kn_avx512(void);
kn_table kn_vnni(void);
extern const kn_table kn_neon;
kn_table kn_dotprod(void);
kn_table kn_i8mm(void);
extern const kn_table kn_neon32;
#endif
