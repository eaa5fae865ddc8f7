/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Eight threads on one token: each in a session of its own, then all in one.
 * Worth a run under helgrind and ThreadSanitizer from time to time.
 */
#include "config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "tests/support/module-start.h"
#include "tests/support/vectors.h"

#define THREADS      8
#define ROUNDS       25
#define VECTOR(name) "tests/vectors/device-mac/" name ".hex"

static struct softhsm hsm;
static CK_SESSION_HANDLE shared;
static CK_OBJECT_HANDLE device_key;
static struct blob data, tag, transcript;

static int
setup(void **state)
{
	struct softhsm_key key = { .label = "device", .token = true };
	CK_FUNCTION_LIST f = { .C_CreateObject = C_CreateObject };
	struct blob d = BLOB_INIT;
	bool good;

	(void)state;
	if (!module_start(&hsm, &shared) ||
	    !vectors_read_own(VECTOR("device-key"), &d) ||
	    !vectors_read_own(VECTOR("data"), &data) ||
	    !vectors_read_own(VECTOR("tag"), &tag) ||
	    !vectors_read_own(VECTOR("transcript"), &transcript))
		return -1;
	key.d = blob_bytes(&d);
	good = softhsm_import(&f, shared, &key, &device_key, NULL) == CKR_OK;
	blob_reset(&d);
	return good ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	module_stop();
	blob_reset(&data);
	blob_reset(&tag);
	blob_reset(&transcript);
	return 0;
}

/* How many answers were not right. */
static unsigned
mac(CK_SESSION_HANDLE s)
{
	CK_MECHANISM m = { CKM_MDOC_DEVICE_MAC, NULL, 0 };
	CK_BYTE out[64];
	CK_ULONG len = sizeof(out);

	return C_SignInit(s, &m, device_key) != CKR_OK ||
	    C_SignUpdate(s, data.ptr, 10) != CKR_OK ||
	    C_SignUpdate(s, data.ptr + 10, data.len - 10) != CKR_OK ||
	    C_SignFinal(s, out, &len) != CKR_OK || len != tag.len ||
	    memcmp(out, tag.ptr, len) != 0;
}

static unsigned
ecdsa(CK_SESSION_HANDLE s)
{
	CK_MECHANISM m = { CKM_ECDSA, NULL, 0 };
	CK_BYTE out[64];
	CK_ULONG len = sizeof(out);

	return C_SignInit(s, &m, device_key) != CKR_OK ||
	    C_Sign(s, data.ptr, 32, out, &len) != CKR_OK || len != 64;
}

static unsigned
attribute(CK_SESSION_HANDLE s)
{
	CK_KEY_TYPE type = 0;
	CK_ATTRIBUTE a = { CKA_KEY_TYPE, &type, sizeof(type) };

	return C_GetAttributeValue(s, device_key, &a, 1) != CKR_OK ||
	    type != CKK_EC;
}

static unsigned
find(CK_SESSION_HANDLE s)
{
	CK_OBJECT_CLASS class = CKO_MDOC_CREDENTIAL;
	CK_ATTRIBUTE a = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE o;
	CK_ULONG n = 9;

	return C_FindObjectsInit(s, &a, 1) != CKR_OK ||
	    C_FindObjects(s, &o, 1, &n) != CKR_OK || n != 0 ||
	    C_FindObjectsFinal(s) != CKR_OK;
}

/* A key by either door, which knows its path and is the right one. */
static unsigned
derive(CK_SESSION_HANDLE s, bool second)
{
	CK_MDOC_KEY_DERIVE_PARAMS p = { CK_MDOC_PARAMS_VERSION,
		MDOC_ROLE_EMACKEY, NULL, 0, transcript.ptr, transcript.len };
	CK_MECHANISM m = { CKM_MDOC_KEY_DERIVE, &p, sizeof(p) };
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_BYTE id = 1;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_MDOC_ROLE, &p.role, sizeof(p.role) },
		{ CKA_MDOC_KEY_ID, &id, 1 },
		{ CKA_MDOC_SESSION_TRANSCRIPT, transcript.ptr,
		    transcript.len } };
	CK_ULONG path = 0;
	CK_ATTRIBUTE a = { CKA_MDOC_KEY_PATH, &path, sizeof(path) };
	CK_OBJECT_HANDLE key;
	CK_RV rv;

	rv = second ? C_CreateObject(s, t, 4, &key)
		    : C_DeriveKey(s, &m, device_key, NULL, 0, &key);
	return rv != CKR_OK || C_GetAttributeValue(s, key, &a, 1) != CKR_OK ||
	    path != MDOC_KEY_PATH_C || C_DestroyObject(s, key) != CKR_OK;
}

static void *
alone(void *p)
{
	unsigned *bad = p;
	CK_SESSION_HANDLE s;

	for (int i = 0; i < ROUNDS; i++) {
		if (C_OpenSession(hsm.slot, MODULE_RW, NULL, NULL, &s) !=
		    CKR_OK) {
			++*bad;
			continue;
		}
		*bad += mac(s) + ecdsa(s) + attribute(s) + find(s);
		*bad += derive(s, false) + derive(s, true);
		*bad += C_CloseSession(s) != CKR_OK;
	}
	return NULL;
}

/*
 * Two threads that begin an operation in one session are in each other's way:
 * what comes of it is one of the codes for that, and never a wrong result.
 */
static bool
is_in_the_way(CK_RV rv)
{
	return rv == CKR_OK || rv == CKR_OPERATION_ACTIVE ||
	    rv == CKR_OPERATION_NOT_INITIALIZED || rv == CKR_DATA_INVALID;
}

static void *
together(void *p)
{
	CK_MECHANISM m = { CKM_MDOC_DEVICE_MAC, NULL, 0 };
	unsigned *bad = p;
	CK_BYTE out[64];
	CK_ULONG len;
	CK_RV rv;

	for (int i = 0; i < ROUNDS; i++) {
		rv = C_SignInit(shared, &m, device_key);
		*bad += !is_in_the_way(rv);
		len = sizeof(out);
		rv = C_Sign(shared, data.ptr, data.len, out, &len);
		*bad += !is_in_the_way(rv);
		*bad += rv == CKR_OK && memcmp(out, tag.ptr, tag.len) != 0;
		*bad += attribute(shared) + derive(shared, i % 2 == 0);
	}
	return NULL;
}

static void
run(void *(*what)(void *))
{
	pthread_t thread[THREADS];
	unsigned bad[THREADS] = { 0 };

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, what,
				     &bad[i]),
		    0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		assert_int_equal(bad[i], 0);
	}
}

static void
test_alone(void **state)
{
	(void)state;
	run(alone);
}

static void
test_together(void **state)
{
	(void)state;
	run(together);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_together),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
