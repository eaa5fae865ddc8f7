/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * guard-object: what may be done to purpose-bound keys and their rules as
 * objects. Rules can be read, and nothing else: CKR_ACTION_PROHIBITED. All
 * functions but the first are called inside of a session, for objects of the
 * device.
 */
#ifndef MODULE_GUARD_OBJECT_H
#define MODULE_GUARD_OBJECT_H

#include "vendor-ext/purpose.h"

struct api_call;

/* What is looked at, by one call of the device. */
struct guard_object {
	CK_OBJECT_CLASS class;
	bool is_rule;
	CK_ULONG id_len; /* 0: it has none, or one too long to be bound */
	CK_BYTE id[PURPOSE_MAX_ID];
	/* Of keys; what a device does not tell is the worse. */
	CK_BBOOL token;
	CK_BBOOL private;
	CK_BBOOL sensitive;
	CK_BBOOL extractable;
};

CK_RV guard_object_read(const struct token *t, CK_OBJECT_HANDLE object,
    struct guard_object *ret) NODISCARD;
/* How many private keys have this CKA_ID, two meaning more than one. */
CK_RV guard_object_keys(const struct token *t, struct bytes id,
    CK_ULONG *ret_n) NODISCARD;

/* A template that would make a rule, or make an object one. */
CK_RV guard_object_template(const CK_ATTRIBUTE *t, CK_ULONG n) NODISCARD;
/* Not of a bound key, for a copy could become another key. */
CK_RV guard_object_copy(struct api_call *c, CK_OBJECT_HANDLE object,
    const CK_ATTRIBUTE *t, CK_ULONG n) NODISCARD;
/*
 * C_SetAttributeValue by the device. Of a bound key labels, subjects and dates
 * may change: CKR_ATTRIBUTE_READ_ONLY.
 */
CK_RV guard_object_set(struct api_call *c, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE *t, CK_ULONG n) NODISCARD;
/* C_DestroyObject by the device; with the last key its rule. */
CK_RV
guard_object_destroy(struct api_call *c, CK_OBJECT_HANDLE object) NODISCARD;
/* C_GetAttributeValue by the device, but for what is secret of a bound key. */
CK_RV guard_object_get(struct api_call *c, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE *t, CK_ULONG n) NODISCARD;

#endif
