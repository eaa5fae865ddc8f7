/* SPDX-License-Identifier: BSD-3-Clause */
/* deadline: a time-out that several waits share, on the monotonic clock. */
#ifndef MDOC_TRANSPORT_DEADLINE_H
#define MDOC_TRANSPORT_DEADLINE_H

#include <stdbool.h>
#include <time.h>

struct deadline {
	bool never;
	bool at_once; /* the time-out was 0: look, do not wait */
	struct timespec at;
};

/* timeout in milliseconds, -1: never. */
struct deadline deadline_in(int timeout);
/* Milliseconds left, rounded up, for poll(2): 0 if it is over, -1: never. */
int deadline_left(const struct deadline *d);
/* What a call returns whose time is over: MDOC_E_AGAIN or MDOC_E_TIMEOUT. */
int deadline_error(const struct deadline *d);

#endif
