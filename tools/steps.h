/* SPDX-License-Identifier: BSD-3-Clause */
/* steps: the named steps of a transaction, as they happen. */
#ifndef TOOLS_STEPS_H
#define TOOLS_STEPS_H

#include "cli.h"

struct steps {
	const struct cli *c;
	int64_t start; /* monotonic nanoseconds */
};

void steps_start(struct steps *s, const struct cli *c);
/*
 * "read  0.412  connect  tcp:127.0.0.1:7000" on stderr, or with --json a line
 * {"t":0.412,"role":"read","step":"connect","ok":true,"detail":...} on stdout.
 */
void steps_add(struct steps *s, const char *step, bool ok, const char *format,
    ...) __attribute__((format(printf, 4, 5)));
/* The same with more members; text is for a person. Takes over extra. */
void steps_add_json(struct steps *s, const char *step, bool ok,
    const char *text, json_t *extra);

#endif
