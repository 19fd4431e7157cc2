#ifndef KINGLET_CJPEG_H
#define KINGLET_CJPEG_H
#endif
