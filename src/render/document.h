/*
 * document.h - how options are read, for document.c
 */
#ifndef AN_RENDER_DOCUMENT_H
#define AN_RENDER_DOCUMENT_H

#include "render/render.h"

/* Reads an option's value into the field at `to`; fails where it cannot be read. */
typedef void (*Reading)(void *to, const Text *value);

/* Of the field's type: Text, bool, int64_t, double within bounds of its use, uint32_t, double[4] and so on. */
extern void read_text(void *to, const Text *value);
extern void read_flag(void *to, const Text *value);
extern void read_int64(void *to, const Text *value);
extern void read_width(void *to, const Text *value);
extern void read_points(void *to, const Text *value);
extern void read_scale(void *to, const Text *value);
extern void read_number(void *to, const Text *value);
extern void read_color(void *to, const Text *value);
extern void read_margins(void *to, const Text *value);
extern void read_locale(void *to, const Text *value);
extern void read_letter(void *to, const Text *value);
extern void read_orientation(void *to, const Text *value);
extern void read_align(void *to, const Text *value);
extern void read_total(void *to, const Text *value);
extern void read_condition(void *to, const Text *value);
extern void read_chart_type(void *to, const Text *value);
extern void read_column_number(void *to, const Text *value);

/* Of the whole, since they add to it. */
extern void add_rule(void *column, const Text *value);
extern void add_y(void *chart, const Text *value);
extern void read_card_number(void *cell, const Text *value);
extern void read_card_text(void *cell, const Text *value);

/* add_one makes room for one more element, which it fills with zero bytes, and returns the array. */
extern void *add_one(void *array, size_t *n, size_t size, size_t limit, const char *what);

#endif /* AN_RENDER_DOCUMENT_H */
