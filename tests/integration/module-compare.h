/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TESTS_INTEGRATION_MODULE_COMPARE_H
#define TESTS_INTEGRATION_MODULE_COMPARE_H

#include "tests/support/softhsm.h"

/* One of the two modules. */
struct side {
	CK_FUNCTION_LIST *f;
	CK_SLOT_ID slot;     /* of the token; changes with the process only */
	CK_SESSION_HANDLE s; /* between compare_start() and compare_stop() */
};

/* Reports a return code and n more numbers (long). */
void step(const char *name, CK_RV rv, int n, ...);

/* C_Initialize and a read-write session with the user logged in. */
void compare_start(struct side *x);
void compare_stop(struct side *x);

/* The groups. "GROUP: " is the start of the names of their steps. */
void compare_before(struct side *x);
void compare_life(struct side *x);
void compare_handles(struct side *x);
void compare_slots(struct side *x);
void compare_sessions(struct side *x);
void compare_login(struct side *x);
void compare_objects(struct side *x);
void compare_attributes(struct side *x);
void compare_find(struct side *x);
void compare_digest(struct side *x);
void compare_sign(struct side *x);
void compare_crypt(struct side *x);
void compare_keys(struct side *x);
void compare_random(struct side *x);

#endif
