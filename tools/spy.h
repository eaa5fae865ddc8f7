/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * spy: lines of a trace of p11-mdoc.so (P11_MDOC_TRACE=+...), shown as they
 * are, as JSON, or added up.
 */
#ifndef TOOLS_SPY_H
#define TOOLS_SPY_H

#include <stdbool.h>
#include <stdio.h>

struct spy;

/* NULL: out of memory. */
struct spy *spy_new(FILE *out, bool json, bool summary);
/* The next bytes of the trace. */
void spy_feed(struct spy *s, const char *data, size_t len);
/*
 * The program has ended, by this signal or 0: calls that have not returned are
 * named, the table is printed. The number of calls that were seen.
 */
unsigned long spy_finish(struct spy *s, int signal);
void spy_free(struct spy *s);

#endif
