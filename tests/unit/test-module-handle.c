/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every function that takes or makes objects, through downstream.c, over a
 * device that writes down the handles that it sees.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "module/device/downstream.h"
#include "module/device/handle.h"
#include "module/object/object.h"

#define SESSION 77
#define OURS(i) ((CK_ULONG)(i) << HANDLE_SHIFT)

static const struct lock_ops system_locks;

/* What was seen, and what is given out. */
static struct {
	CK_OBJECT_HANDLE seen[2];
	CK_OBJECT_HANDLE param;
	CK_OBJECT_HANDLE next;
	CK_RV rv;
} r;

static CK_RV
one(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o)
{
	assert_int_equal(s, SESSION);
	r.seen[0] = o;
	return r.rv;
}

static CK_RV
mechanism(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE o)
{
	if (m != NULL && m->mechanism == CKM_CONCATENATE_BASE_AND_KEY)
		memcpy(&r.param, m->pParameter, sizeof(r.param));
	return one(s, o);
}

static CK_RV
make(CK_OBJECT_HANDLE *ret)
{
	if (ret != NULL && r.rv == CKR_OK)
		*ret = r.next++;
	return r.rv;
}

static CK_RV
r_SetOperationState(CK_SESSION_HANDLE s, CK_BYTE *state, CK_ULONG n,
    CK_OBJECT_HANDLE enc, CK_OBJECT_HANDLE auth)
{
	(void)state;
	(void)n;
	r.seen[1] = auth;
	return one(s, enc);
}

static CK_RV
r_CreateObject(CK_SESSION_HANDLE s, CK_ATTRIBUTE *t, CK_ULONG n,
    CK_OBJECT_HANDLE *ret)
{
	(void)s;
	(void)t;
	(void)n;
	return make(ret);
}

static CK_RV
r_CopyObject(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *t,
    CK_ULONG n, CK_OBJECT_HANDLE *ret)
{
	(void)t;
	(void)n;
	(void)one(s, o);
	return make(ret);
}

static CK_RV
r_GetObjectSize(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ULONG *size)
{
	(void)size;
	return one(s, o);
}

static CK_RV
r_Attributes(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *t,
    CK_ULONG n)
{
	(void)t;
	(void)n;
	return one(s, o);
}

static CK_RV
r_FindObjects(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE *o, CK_ULONG max,
    CK_ULONG *n)
{
	(void)s;
	for (*n = 0; *n < max && *n < 3; ++*n)
		(void)make(&o[*n]);
	return r.rv;
}

static CK_RV
r_DigestInit(CK_SESSION_HANDLE s, CK_MECHANISM *m)
{
	return mechanism(s, m, 0);
}

static CK_RV
r_GenerateKey(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *t, CK_ULONG n,
    CK_OBJECT_HANDLE *ret)
{
	(void)t;
	(void)n;
	(void)mechanism(s, m, 0);
	return make(ret);
}

static CK_RV
r_GenerateKeyPair(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *pub,
    CK_ULONG n_pub, CK_ATTRIBUTE *priv, CK_ULONG n_priv,
    CK_OBJECT_HANDLE *ret_pub, CK_OBJECT_HANDLE *ret_priv)
{
	(void)pub;
	(void)n_pub;
	(void)priv;
	(void)n_priv;
	(void)mechanism(s, m, 0);
	(void)make(ret_pub);
	return make(ret_priv);
}

static CK_RV
r_WrapKey(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE wrapping,
    CK_OBJECT_HANDLE key, CK_BYTE *out, CK_ULONG *len)
{
	(void)out;
	(void)len;
	r.seen[1] = key;
	return mechanism(s, m, wrapping);
}

static CK_RV
r_UnwrapKey(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE unwrapping,
    CK_BYTE *in, CK_ULONG in_len, CK_ATTRIBUTE *t, CK_ULONG n,
    CK_OBJECT_HANDLE *ret)
{
	(void)in;
	(void)in_len;
	(void)t;
	(void)n;
	(void)mechanism(s, m, unwrapping);
	return make(ret);
}

static CK_RV
r_DeriveKey(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE base,
    CK_ATTRIBUTE *t, CK_ULONG n, CK_OBJECT_HANDLE *ret)
{
	(void)t;
	(void)n;
	(void)mechanism(s, m, base);
	return make(ret);
}

static CK_FUNCTION_LIST recorder = {
	.C_SetOperationState = r_SetOperationState,
	.C_CreateObject = r_CreateObject,
	.C_CopyObject = r_CopyObject,
	.C_DestroyObject = one,
	.C_GetObjectSize = r_GetObjectSize,
	.C_GetAttributeValue = r_Attributes,
	.C_SetAttributeValue = r_Attributes,
	.C_FindObjects = r_FindObjects,
	.C_EncryptInit = mechanism,
	.C_DecryptInit = mechanism,
	.C_DigestInit = r_DigestInit,
	.C_DigestKey = one,
	.C_SignInit = mechanism,
	.C_SignRecoverInit = mechanism,
	.C_VerifyInit = mechanism,
	.C_VerifyRecoverInit = mechanism,
	.C_GenerateKey = r_GenerateKey,
	.C_GenerateKeyPair = r_GenerateKeyPair,
	.C_WrapKey = r_WrapKey,
	.C_UnwrapKey = r_UnwrapKey,
	.C_DeriveKey = r_DeriveKey,
};

/* The device of this index; -1: the only one. */
static struct device *
device_of(int index)
{
	struct conf_device c = { .name = strdup("recorder") };
	struct device *d;

	assert_non_null(c.name);
	assert_int_equal(device_new(&c, &system_locks, &d), CKR_OK);
	if (index >= 0)
		device_number(d, (size_t)index);
	d->f = &recorder;
	atomic_store(&d->closed, CKR_OK);
	return d;
}

static CK_OBJECT_HANDLE parameter;
static CK_MECHANISM m = { CKM_CONCATENATE_BASE_AND_KEY, &parameter,
	sizeof(parameter) };

/* All functions that take objects h; made objects must be those from next. */
static void
takes(CK_OBJECT_HANDLE h, CK_OBJECT_HANDLE down)
{
	CK_FUNCTION_LIST *f = downstream_functions();
	const CK_C_SignInit inits[] = { f->C_EncryptInit, f->C_DecryptInit,
		f->C_SignInit, f->C_SignRecoverInit, f->C_VerifyInit,
		f->C_VerifyRecoverInit };

#define SEES(call)                                    \
	do {                                          \
		memset(r.seen, 0x5a, sizeof(r.seen)); \
		r.param = 0x5a5a;                     \
		assert_int_equal(call, CKR_OK);       \
		assert_int_equal(r.seen[0], down);    \
	} while (0)

	parameter = h;
	SEES(f->C_SetOperationState(SESSION, NULL, 0, h, h));
	assert_int_equal(r.seen[1], down);
	SEES(f->C_CopyObject(SESSION, h, NULL, 0, NULL));
	SEES(f->C_DestroyObject(SESSION, h));
	SEES(f->C_GetObjectSize(SESSION, h, NULL));
	SEES(f->C_GetAttributeValue(SESSION, h, NULL, 0));
	SEES(f->C_SetAttributeValue(SESSION, h, NULL, 0));
	SEES(f->C_DigestKey(SESSION, h));
	for (size_t i = 0; i < nitems(inits); i++) {
		SEES(inits[i](SESSION, &m, h));
		assert_int_equal(r.param, down);
	}
	SEES(f->C_WrapKey(SESSION, &m, h, h, NULL, NULL));
	assert_int_equal(r.seen[1], down);
	assert_int_equal(r.param, down);
	SEES(f->C_UnwrapKey(SESSION, &m, h, NULL, 0, NULL, 0, NULL));
	assert_int_equal(r.param, down);
	SEES(f->C_DeriveKey(SESSION, &m, h, NULL, 0, NULL));
	assert_int_equal(r.param, down);
	assert_int_equal(parameter, h);
	assert_int_equal(f->C_DigestInit(SESSION, &m), CKR_OK);
	assert_int_equal(r.param, down);
}

/* All functions that make objects, which must have this prefix. */
static void
makes(CK_ULONG prefix)
{
	CK_FUNCTION_LIST *f = downstream_functions();
	CK_OBJECT_HANDLE o[4];
	CK_ULONG n;

	r.next = 10;
	assert_int_equal(f->C_CreateObject(SESSION, NULL, 0, &o[0]), CKR_OK);
	assert_int_equal(o[0], prefix | 10);
	assert_int_equal(f->C_CopyObject(SESSION, 1, NULL, 0, &o[0]), CKR_OK);
	assert_int_equal(o[0], prefix | 11);
	assert_int_equal(f->C_GenerateKey(SESSION, &m, NULL, 0, &o[0]), CKR_OK);
	assert_int_equal(o[0], prefix | 12);
	assert_int_equal(f->C_GenerateKeyPair(SESSION, &m, NULL, 0, NULL, 0,
			     &o[0], &o[1]),
	    CKR_OK);
	assert_int_equal(o[0], prefix | 13);
	assert_int_equal(o[1], prefix | 14);
	assert_int_equal(f->C_UnwrapKey(SESSION, &m, 1, NULL, 0, NULL, 0,
			     &o[0]),
	    CKR_OK);
	assert_int_equal(o[0], prefix | 15);
	assert_int_equal(f->C_DeriveKey(SESSION, &m, 1, NULL, 0, &o[0]),
	    CKR_OK);
	assert_int_equal(o[0], prefix | 16);
	assert_int_equal(f->C_FindObjects(SESSION, o, 4, &n), CKR_OK);
	assert_int_equal(n, 3);
	for (CK_ULONG i = 0; i < n; i++)
		assert_int_equal(o[i], prefix | (17 + i));
	assert_int_equal(f->C_FindObjects(SESSION, o, 2, &n), CKR_OK);
	assert_int_equal(n, 2);
}

/* Of the only device, all handles are its own, the high byte included. */
static void
test_alone(void **state)
{
	struct device *d = device_of(-1);
	struct downstream_scope before = downstream_enter(d, 0);
	CK_OBJECT_HANDLE o;

	(void)state;
	takes(0, 0);
	takes(9, 9);
	takes(OURS(3) | 9, OURS(3) | 9);
	assert_int_equal(handle_down(d, OBJECT_VENDOR_BIT | 9),
	    CK_INVALID_HANDLE);
	assert_int_equal(handle_down(d, ~0UL), CK_INVALID_HANDLE);
	makes(0);
	r.next = OURS(0x7f) | 1;
	assert_int_equal(downstream_functions()->C_CreateObject(SESSION, NULL,
			     0, &o),
	    CKR_OK);
	assert_int_equal(o, OURS(0x7f) | 1);
	downstream_leave(before);
	device_unref(d);
}

static void
test_several(void **state)
{
	static const int indices[] = { 0, 1, 2, 126 };

	(void)state;
	for (size_t i = 0; i < nitems(indices); i++) {
		CK_ULONG prefix = OURS(indices[i]);
		struct device *d = device_of(indices[i]);
		struct downstream_scope before = downstream_enter(d, 0);

		assert_int_equal(HANDLE_INDEX(prefix), indices[i]);
		takes(prefix | 9, 9);
		takes(prefix | 0xffffffUL, 0xffffffUL);
		/* No object, and another device's object. */
		takes(0, 0);
		takes(OURS(indices[i] + 1) | 9, CK_INVALID_HANDLE);
		takes(OURS(5) | 9, CK_INVALID_HANDLE);
		/* Nor does it see what is ours. */
		takes(OBJECT_VENDOR_BIT | prefix | 9, CK_INVALID_HANDLE);
		makes(prefix);
		downstream_leave(before);
		device_unref(d);
	}
}

/* Numbers that need our byte: an error, not another device's object. */
static void
test_no_room(void **state)
{
	struct device *d = device_of(1);
	struct downstream_scope before = downstream_enter(d, 0);
	CK_FUNCTION_LIST *f = downstream_functions();
	CK_OBJECT_HANDLE o[4];
	CK_ULONG n;

	(void)state;
	r.next = OURS(1) | 5;
	assert_int_equal(f->C_CreateObject(SESSION, NULL, 0, o),
	    CKR_DEVICE_ERROR);
	r.next = OURS(1) - 1;
	assert_int_equal(f->C_FindObjects(SESSION, o, 4, &n), CKR_DEVICE_ERROR);
	r.next = OURS(1) - 1;
	assert_int_equal(f->C_GenerateKeyPair(SESSION, &m, NULL, 0, NULL, 0,
			     &o[0], &o[1]),
	    CKR_DEVICE_ERROR);
	/* Its own refusal is the answer, and what it left there stays. */
	r.rv = CKR_DEVICE_MEMORY;
	o[0] = 3;
	assert_int_equal(f->C_CreateObject(SESSION, NULL, 0, o),
	    CKR_DEVICE_MEMORY);
	assert_int_equal(o[0], 3);
	r.rv = CKR_OK;
	downstream_leave(before);
	device_unref(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
