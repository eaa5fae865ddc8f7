/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * below: what is below the module in fuzz-capi: a device that answers as the
 * input says (below-device.c), or SoftHSMv2 (below-softhsm.c).
 */
#ifndef TESTS_FUZZ_BELOW_H
#define TESTS_FUZZ_BELOW_H

#include <p11-kit/pkcs11.h>

#include "tests/fuzz/stream.h"

/* Slots that a program may name. */
#define BELOW_SLOTS 5

/* Once: the configuration. */
void below_start(void);
/* Before C_Initialize: the rest of the input. */
void below_begin(struct stream answers);
/* After it: sessions that the program finds open; how many. */
size_t below_sessions(CK_SESSION_HANDLE *ret, size_t max);
CK_SLOT_ID below_slot(uint8_t n);
/* Takes out of a template what would outlive the program. */
void below_template(CK_ATTRIBUTE *t, CK_ULONG n);
/* After C_CloseAllSessions of all slots: the device answers as it should. */
void below_calm(void);
/* After C_Finalize: nothing may be left. */
void below_end(void);

#endif
