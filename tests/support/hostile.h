/* SPDX-License-Identifier: BSD-3-Clause */
/* hostile: what every reader of foreign CBOR has to stand. In cmocka tests. */
#ifndef TESTS_SUPPORT_HOSTILE_H
#define TESTS_SUPPORT_HOSTILE_H

#include "common/cbor.h"

/* Reads all of r; false: r->error is set. */
typedef bool hostile_fn(struct cbor_reader *r);

/* Diagnostic notation with an @ where the error must be reported. */
struct hostile {
	const char *text;
	enum cbor_error error;
	const char *what; /* start of the reader's text; NULL: not compared */
};

/* Each fails as it says. */
void hostile_check(const struct hostile *list, size_t n, hostile_fn *fn);

/*
 * The whole is read; each proper prefix and the whole with a byte more are
 * refused, with an offset inside; with any byte changed nothing worse happens
 * than an error. Each lies in memory of its own length.
 */
void hostile_sweep(struct bytes whole, hostile_fn *fn);

#endif
