/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * diag: CBOR from diagnostic notation (RFC 8949 8, RFC 8610 G): integers,
 * floating-point numbers, h'..', "..", arrays, maps, tags, << >>, false, true,
 * null, undefined, simple(n), indefinite lengths as [_ ], {_ } and (_ ), and
 * encoding indicators after integers and heads (1_1). Heads are the shortest
 * otherwise. Duplicate keys are written as they are: tests want them. An @
 * before an item marks it: its offset is what diag returns.
 */
#ifndef TESTS_SUPPORT_DIAG_H
#define TESTS_SUPPORT_DIAG_H

#include "common/blob.h"

/* false: not diagnostic notation; *ret_bad (may be NULL) is where. */
bool diag_encode(const char *text, struct blob *ret, size_t *ret_bad) NODISCARD;
/* The same for literals: aborts the program, naming the place. SIZE_MAX if
 * there is no mark. */
size_t diag(const char *text, struct blob *ret);

#endif
