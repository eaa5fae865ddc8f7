/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stub-device: a PKCS#11 module that misbehaves as it is told, as a device
 * below p11-mdoc. Loaded as stub-device.so; its switches are the symbol "stub".
 * It has two slots and sessions, functions of 3.x that do nothing, and nothing
 * else.
 */
#ifndef TESTS_SUPPORT_STUB_DEVICE_H
#define TESTS_SUPPORT_STUB_DEVICE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "module/api/pkcs11-3.h"

#define STUB_SLOTS 2

struct stub {
	/* Switches */
	bool cannot_lock;             /* C_Initialize: CKR_CANT_LOCK */
	CK_RV initialize;             /* what C_Initialize answers else */
	atomic_ulong max_sessions;    /* 0: any number */
	_Atomic CK_RV session_answer; /* of C_GetSessionInfo, unless CKR_OK */
	_Atomic CK_RV close_answer;   /* of C_CloseSession, unless CKR_OK */
	bool notify;                  /* C_GetSessionInfo calls back */
	_Atomic CK_RV list_answer;    /* of C_GetSlotList, unless CKR_OK */
	_Atomic CK_RV wait_answer;    /* of C_WaitForSlotEvent, not blocking */
	CK_SLOT_ID listed_from;       /* C_GetSlotList: the first slot */
	bool work;                    /* calls take a while */
	_Atomic CK_RV lost;           /* what all calls answer, unless CKR_OK */
	atomic_bool comes_back;       /* C_Initialize ends lost and empty */
	atomic_bool empty;            /* no slot is listed */
	atomic_bool hang_session;     /* C_GetSessionInfo does not return */
	atomic_bool hang_list;        /* C_GetSlotList does not return */
	atomic_bool hang_end;         /* C_Finalize does not return */
	bool lacks_3;                 /* C_GetInterface has nothing */
	unsigned minor_3;             /* 3.x it has: 0, or 2 */
	CK_RV answer_3;               /* of all functions of 3.x */
	/* What happened */
	char init_args[128];
	atomic_uint initialized; /* calls of C_Initialize that went well */
	atomic_uint finalized;
	atomic_uint calls;  /* of functions on slots and sessions */
	atomic_uint inside; /* calls now running, in all */
	atomic_uint inside_of[STUB_SLOTS];
	atomic_uint hanging; /* calls that do not return yet */
	atomic_uint most;    /* ever running at once, in all */
	atomic_uint most_of; /* on one slot */
	atomic_ulong sessions;
	CK_SESSION_HANDLE last; /* handle that was given out last */
	atomic_uint waits;      /* calls of C_WaitForSlotEvent, not blocking */
	/* The last function of 3.x, and what it was given. */
	bool asked; /* C_GetInterface was called */
	const char *function;
	size_t n_args;
	uintptr_t args[16];
};

#endif
