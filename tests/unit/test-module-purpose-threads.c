/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads that use one counted key, while others use keys that are not bound,
 * and make and destroy bound ones.
 */
#include "config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/bound.h"
#include "tests/support/module-start.h"

#define USERS  3
#define USES   24
#define ROUNDS 6
#define DENIED CKR_KEY_FUNCTION_NOT_PERMITTED

static struct softhsm hsm;
static CK_SESSION_HANDLE s;
static CK_OBJECT_HANDLE counted, unbound;
static struct blob peer, data;
static atomic_uint made, wrong, tripped;

static int
setup(void **state)
{
	const struct bound_key k = {
		.id = "counted", .purpose = MDOC_PURPOSE_DEVICE, .uses = USES
	};
	const struct bound_key u = { .id = "unbound" };

	(void)state;
	if (!module_start(&hsm, &s))
		return -1;
	bound_peer(curve_by_cose(1), &peer);
	bound_device_data(BOUND_DOC_TYPE, curve_by_cose(1), blob_bytes(&peer),
	    &data);
	return bound_generate(s, &k, &counted, NULL) == CKR_OK &&
		bound_generate(s, &u, &unbound, NULL) == CKR_OK
	    ? 0
	    : -1;
}

static int
teardown(void **state)
{
	(void)state;
	module_stop();
	blob_reset(&peer);
	blob_reset(&data);
	return 0;
}

/* cmocka's checks are for the first thread. */
static void
expect(CK_RV rv, CK_RV wanted, const char *what)
{
	if (rv == wanted)
		return;
	atomic_fetch_add(&wrong, 1);
	print_message("# %s: 0x%lx\n", what, rv);
}

static CK_SESSION_HANDLE
open_session(void)
{
	CK_SESSION_HANDLE mine = 0;

	expect(C_OpenSession(hsm.slot, MODULE_RW, NULL, NULL, &mine), CKR_OK,
	    "C_OpenSession");
	return mine;
}

static CK_RV
sign(CK_SESSION_HANDLE mine, CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key,
    struct bytes in)
{
	CK_BYTE out[128];
	CK_ULONG len = sizeof(out);

	return bound_sign(mine, type, key, in, out, &len);
}

static struct bytes
digest(void)
{
	return bytes_of(peer.ptr, 32);
}

/*
 * SoftHSMv2 2.6.1 itself fails now and then where one thread finds an object
 * that another is just writing.
 */
static bool
has_tripped(CK_RV rv)
{
	if (rv != CKR_GENERAL_ERROR && rv != CKR_FUNCTION_FAILED)
		return false;
	atomic_fetch_add(&tripped, 1);
	return true;
}

static void *
user(void *arg)
{
	CK_SESSION_HANDLE mine = open_session();
	CK_RV rv;

	do {
		rv = sign(mine, CKM_MDOC_DEVICE_SIGNATURE, counted,
		    blob_bytes(&data));
		if (rv == CKR_OK)
			atomic_fetch_add(&made, 1);
	} while (rv == CKR_OK || has_tripped(rv));
	expect(rv, DENIED, "no use is left");
	expect(sign(mine, CKM_ECDSA, counted, digest()), DENIED, "bound");
	(void)arg;
	return NULL;
}

static void *
bystander(void *arg)
{
	CK_SESSION_HANDLE mine = open_session();
	CK_RV rv;

	for (int i = 0; i < 10 * ROUNDS; i++) {
		rv = sign(mine, CKM_ECDSA, unbound, digest());
		if (!has_tripped(rv))
			expect(rv, CKR_OK, "not bound");
	}
	(void)arg;
	return NULL;
}

static void *
maker(void *arg)
{
	const struct bound_key k = {
		.id = arg, .purpose = MDOC_PURPOSE_ISSUER, .uses = 2
	};
	CK_SESSION_HANDLE mine = open_session();
	CK_OBJECT_HANDLE key, public;
	CK_RV rv;

	for (int i = 0; i < ROUNDS; i++) {
		rv = bound_generate(mine, &k, &key, &public);
		if (has_tripped(rv))
			continue;
		expect(rv, CKR_OK, "made");
		expect(sign(mine, CKM_ECDSA, key, digest()), DENIED, "guarded");
		expect(C_DestroyObject(mine, key), CKR_OK, "destroyed");
		(void)C_DestroyObject(mine, public);
	}
	return NULL;
}

static void
test_threads(void **state)
{
	static char first[] = "first", second[] = "second";
	pthread_t threads[USERS + 3];
	size_t n = 0;

	(void)state;
	for (int i = 0; i < USERS; i++)
		assert_int_equal(pthread_create(&threads[n++], NULL, user,
				     NULL),
		    0);
	assert_int_equal(pthread_create(&threads[n++], NULL, bystander, NULL),
	    0);
	assert_int_equal(pthread_create(&threads[n++], NULL, maker, first), 0);
	assert_int_equal(pthread_create(&threads[n++], NULL, maker, second), 0);
	while (n > 0)
		assert_int_equal(pthread_join(threads[--n], NULL), 0);
	assert_int_equal(atomic_load(&wrong), 0);
	/* A use may be lost where the device tripped, and none is gained. */
	assert_in_range(atomic_load(&made), USES - atomic_load(&tripped) % USES,
	    USES);
	assert_int_equal(bound_get(s, counted, CKA_MDOC_USES_LEFT), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
