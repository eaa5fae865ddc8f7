/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sides: one token of SoftHSMv2, called directly and through p11-mdoc.so in
 * the same process, so that what is measured of both is measured in turns.
 */
#ifndef TESTS_BENCH_SIDES_H
#define TESTS_BENCH_SIDES_H

#include "tests/support/module.h"

struct side {
	const char *name;
	CK_FUNCTION_LIST *f;
	CK_SESSION_HANDLE session; /* read-write, logged in */
	CK_OBJECT_HANDLE key;      /* P-256, token object: signs, derives */
};

enum {
	DIRECT,
	OURS,
	SIDES
};

struct sides {
	struct softhsm softhsm;
	struct side side[SIDES];
};

/* Ends the program if a step fails. module NULL: the one of this build. */
void sides_open(struct sides *s, const char *module);
void sides_close(struct sides *s);
CK_SESSION_HANDLE side_session(const struct sides *s, const struct side *side);

/* Ends the program unless rv is CKR_OK. */
void need(CK_RV rv, const char *what);

/* Seconds * 1e6: of the processors for this process, and by the wall. */
double cpu_us(void);
double wall_us(void);

/* Sorts v. part 0.5 is the median. */
double quantile(double *v, size_t n, double part);

#endif
