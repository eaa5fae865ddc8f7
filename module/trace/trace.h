/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trace: function lists that write a line about each call (P11_MDOC_TRACE, see
 * p11-mdoc(7)) and make it. Without that variable nobody goes through here.
 */
#ifndef MODULE_TRACE_H
#define MODULE_TRACE_H

#include <p11-kit/pkcs11.h>

/*
 * list, or one that traces its calls. list begins with its version; one that
 * is not of PKCS#11 2.40 to 3.x is given back as it is. There is one list of
 * each version in a process.
 */
void *trace_list(void *list);

/* Of one version: trace.c, trace-3.c. */
CK_FUNCTION_LIST *trace_functions(CK_FUNCTION_LIST *f);
void *trace_functions_3_0(void *list);
void *trace_functions_3_2(void *list);

#endif
