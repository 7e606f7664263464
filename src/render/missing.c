/*
 * missing.c - what other branches bring: weak, so that theirs wins; gone once all are in
 */
#include "render/render.h"

#define WEAK __attribute__((weak))

#ifdef WITH_PDF
WEAK const Renderer pdf_renderer = {.format = ""};
WEAK const Renderer png_renderer = {.format = ""};
#endif
