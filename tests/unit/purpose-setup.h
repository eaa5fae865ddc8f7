/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * purpose-setup: what the tests of purpose-bound keys begin with: a token, a
 * session of its user, and something to sign for every purpose.
 */
#ifndef TESTS_UNIT_PURPOSE_SETUP_H
#define TESTS_UNIT_PURPOSE_SETUP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/support/bound.h"
#include "tests/support/module-start.h"
#include "vendor-ext/pkcs11-3.h"
#include "vendor-ext/purpose.h"

#define DENIED     CKR_KEY_FUNCTION_NOT_PERMITTED
#define OTHER_TYPE "org.example.other"

static struct softhsm hsm;
static CK_SESSION_HANDLE s;
static struct blob peer, device_data, other_data, reader_data, issuer_data;
static CK_BYTE out[256];
static CK_ULONG len;

static inline int
setup(void **state)
{
	const struct curve *p256 = curve_by_cose(1);

	(void)state;
	if (!module_start(&hsm, &s))
		return -1;
	bound_peer(p256, &peer);
	bound_device_data(BOUND_DOC_TYPE, p256, blob_bytes(&peer),
	    &device_data);
	bound_device_data(OTHER_TYPE, p256, blob_bytes(&peer), &other_data);
	bound_reader_data(&reader_data);
	bound_issuer_data(BOUND_DOC_TYPE, blob_bytes(&peer), &issuer_data);
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	module_stop();
	blob_reset(&peer);
	blob_reset(&device_data);
	blob_reset(&other_data);
	blob_reset(&reader_data);
	blob_reset(&issuer_data);
	return 0;
}

static inline CK_RV
sign(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key, const struct blob *data)
{
	CK_RV rv;

	len = sizeof(out);
	memset(out, 0, sizeof(out));
	rv = bound_sign(s, type, key, blob_bytes(data), out, &len);
	if (rv != CKR_OK)
		for (size_t i = 0; i < sizeof(out); i++)
			assert_int_equal(out[i], 0);
	return rv;
}

static inline CK_RV
sign_structure(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key, int alg,
    const struct blob *payload)
{
	struct blob data = BLOB_INIT;
	CK_RV rv;

	bound_sig_structure(alg, blob_bytes(payload), &data);
	rv = sign(type, key, &data);
	blob_reset(&data);
	return rv;
}

static inline CK_OBJECT_HANDLE
generate(const struct bound_key *k)
{
	CK_OBJECT_HANDLE key;

	assert_int_equal(bound_generate(s, k, &key, NULL), CKR_OK);
	return key;
}

static inline CK_ULONG
count(CK_OBJECT_CLASS class)
{
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE found[64];
	CK_ULONG n;

	assert_int_equal(C_FindObjectsInit(s, &t, 1), CKR_OK);
	assert_int_equal(C_FindObjects(s, found, nitems(found), &n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	return n;
}

/* Nothing stays of a test: keys go, and their rules with them. */
static inline int
clean(void **state)
{
	CK_OBJECT_HANDLE found[64];
	CK_OBJECT_CLASS classes[] = { CKO_PRIVATE_KEY, CKO_PUBLIC_KEY };
	CK_ATTRIBUTE t = { CKA_CLASS, NULL, sizeof(CK_OBJECT_CLASS) };
	CK_ULONG n;

	(void)state;
	for (size_t i = 0; i < nitems(classes); i++) {
		t.pValue = &classes[i];
		assert_int_equal(C_FindObjectsInit(s, &t, 1), CKR_OK);
		assert_int_equal(C_FindObjects(s, found, nitems(found), &n),
		    CKR_OK);
		assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
		for (CK_ULONG j = 0; j < n; j++)
			assert_int_equal(C_DestroyObject(s, found[j]), CKR_OK);
	}
	assert_int_equal(count(CKO_DATA), 0);
	return 0;
}

static inline CK_OBJECT_HANDLE
find_one(CK_ATTRIBUTE *t, CK_ULONG n)
{
	CK_OBJECT_HANDLE found[4];
	CK_ULONG n_found;

	assert_int_equal(C_FindObjectsInit(s, t, n), CKR_OK);
	assert_int_equal(C_FindObjects(s, found, nitems(found), &n_found),
	    CKR_OK);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	return n_found == 1 ? found[0] : CK_INVALID_HANDLE;
}

#endif
