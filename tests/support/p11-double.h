/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * p11-double: stands between code and a PKCS#11 module, counts its calls and
 * makes chosen ones fail without reaching the module. One at a time, one
 * thread.
 */
#ifndef TESTS_SUPPORT_P11_DOUBLE_H
#define TESTS_SUPPORT_P11_DOUBLE_H

#include <p11-kit/pkcs11.h>

/* The list to hand to the code under test; nothing is set to fail. */
CK_FUNCTION_LIST *p11_double_over(CK_FUNCTION_LIST *real);

/* The nth call from now on answers rv; 1 is the next, 0 none. */
void p11_double_fail(unsigned long nth, CK_RV rv);
/* Which function that was, and NULL again; NULL if none was reached. */
const char *p11_double_failed(void);
/* Calls since p11_double_over or p11_double_fail. */
unsigned long p11_double_calls(void);

/*
 * Every call of a function ("C_DigestKey"), or every use of a mechanism in
 * whatever starts with one, answers rv. Up to 8 of these.
 */
void p11_double_answer(const char *function, CK_RV rv);
void p11_double_refuse(CK_MECHANISM_TYPE mechanism, CK_RV rv);
/* No more of these. */
void p11_double_clear(void);

#endif
