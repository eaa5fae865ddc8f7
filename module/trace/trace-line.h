/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trace-line: one line of a trace, and where lines go: P11_MDOC_TRACE, see
 * p11-mdoc(7).
 */
#ifndef MODULE_TRACE_LINE_H
#define MODULE_TRACE_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/bytes.h"

#define TRACE_LINE_MAX 3072
/* How far arguments, results and the end of a line may go. */
#define TRACE_ROOM_ARGS    2200
#define TRACE_ROOM_RESULTS 2900
#define TRACE_ROOM_END     (TRACE_LINE_MAX - 8)

struct trace_line {
	size_t len;
	size_t room;
	bool full;
	char text[TRACE_LINE_MAX];
};

static inline void
trace_line_start(struct trace_line *l)
{
	l->len = 0;
	l->room = TRACE_ROOM_ARGS;
	l->full = false;
}

/* What did not fit becomes "..."; from here on there is more room. */
void trace_line_room(struct trace_line *l, size_t room);

void trace_put(struct trace_line *l, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/*
 * In quotes; what is not printable, a quote, a backslash and ')' are escaped,
 * so that no text can be taken for what follows the arguments.
 */
void trace_put_text(struct trace_line *l, struct bytes text);
/* At most TRACE_HEX_MAX bytes. */
#define TRACE_HEX_MAX 32
void trace_put_hex(struct trace_line *l, struct bytes b);

/* Is there a trace? The environment is looked at once. */
bool trace_enabled(void);
/* Does it also want a line when a call begins? */
bool trace_wants_begin(void);
/* Adds the line end and writes the line, at once. errno stays. */
void trace_line_write(struct trace_line *l);

#endif
