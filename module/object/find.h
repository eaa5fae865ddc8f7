/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * find: searches. A template that names nothing of ours goes to the device as
 * it is; one that does never reaches it, and is answered from a list that is
 * made when the search begins. Profile objects come from both.
 */
#ifndef MODULE_FIND_H
#define MODULE_FIND_H

#include <stdbool.h>

#include <p11-kit/pkcs11.h>

#include "common/util.h"

struct api_call;

struct find {
	bool passed; /* the device has one running, as far as we can tell */
	bool vendor; /* ours is running, and is given out first: */
	CK_OBJECT_HANDLE *found;
	CK_ULONG n;
	CK_ULONG next;
};

CK_RV
find_init(struct api_call *c, CK_ATTRIBUTE *template, CK_ULONG n) NODISCARD;
CK_RV find_next(struct api_call *c, CK_OBJECT_HANDLE *objects, CK_ULONG max,
    CK_ULONG *n) NODISCARD;
CK_RV find_final(struct api_call *c) NODISCARD;

/* Ends ours; the device's is left alone. */
void find_drop(struct find *f);

#endif
