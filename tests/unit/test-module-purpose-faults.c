/* SPDX-License-Identifier: BSD-3-Clause */
/* Purpose-bound keys on devices that fail, lie, or are used by others. */
#include "config.h"

#include "tests/unit/purpose-setup.h"

/* ---- every call of the device fails once */

static unsigned long calls_left;
static bool failed;

static CK_RV
fail_one(const char *function)
{
	(void)function;
	if (failed || calls_left-- > 0)
		return CKR_OK;
	failed = true;
	return CKR_DEVICE_ERROR;
}

typedef CK_RV work_fn(void);

/* check: after every one of them, and after the last, which does not fail. */
static unsigned long
fail_each(work_fn *work, void (*check)(CK_RV))
{
	unsigned long at = 0;
	CK_RV rv;

	do {
		calls_left = at++;
		failed = false;
		module_device()->fault = fail_one;
		rv = work();
		module_device()->fault = NULL;
		check(rv);
	} while (failed);
	assert_int_equal(rv, CKR_OK);
	return at;
}

static CK_OBJECT_HANDLE made;
static CK_ULONG left;

static CK_RV
work_generate(void)
{
	const struct bound_key k = {
		.id = "x", .purpose = MDOC_PURPOSE_DEVICE, .uses = 5
	};

	return bound_generate(s, &k, &made, NULL);
}

/* No key, or one with its rule; what is left of one is taken away. */
static void
check_generate(CK_RV rv)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE key = find_one(&t, 1);

	assert_true(rv == CKR_OK || key == CK_INVALID_HANDLE ||
	    bound_get(s, key, CKA_MDOC_PURPOSE) == MDOC_PURPOSE_DEVICE);
	if (rv != CKR_OK && key == CK_INVALID_HANDLE)
		return;
	assert_int_equal(bound_get(s, key, CKA_MDOC_USES_LEFT), 5);
	assert_int_equal(sign(CKM_ECDSA, key, &peer), DENIED);
	assert_int_equal(C_DestroyObject(s, key), CKR_OK);
	assert_int_equal(count(CKO_DATA), 0);
}

static CK_RV
work_sign(void)
{
	return sign(CKM_MDOC_DEVICE_SIGNATURE, made, &device_data);
}

static void
check_sign(CK_RV rv)
{
	CK_ULONG now = bound_get(s, made, CKA_MDOC_USES_LEFT);

	assert_true(now <= left && (rv != CKR_OK || now < left));
	assert_int_not_equal(rv, DENIED);
	left = now;
}

static CK_RV
work_refused(void)
{
	CK_RV rv = sign(CKM_ECDSA, made, &peer);

	/* Refused by us, or by the fault: never done. */
	assert_int_not_equal(rv, CKR_OK);
	return rv == DENIED ? CKR_OK : rv;
}

static void
check_refused(CK_RV rv)
{
	assert_true(rv == CKR_OK || rv == CKR_DEVICE_ERROR);
}

static const struct bound_key unbound = { .id = "u" };

static CK_RV
work_bind(void)
{
	const struct bound_key k = { .purpose = MDOC_PURPOSE_DEVICE,
		.uses = 5 };

	return bound_set(s, made, &k);
}

static void
check_bind(CK_RV rv)
{
	CK_ULONG purpose = bound_get(s, made, CKA_MDOC_PURPOSE);

	assert_int_equal(purpose, rv == CKR_OK ? MDOC_PURPOSE_DEVICE : 0);
	/* The next one: what failed may have been of no importance. */
	if (rv == CKR_OK) {
		assert_int_equal(C_DestroyObject(s, made), CKR_OK);
		made = generate(&unbound);
	}
}

static void
test_faults(void **state)
{
	const struct bound_key many = {
		.id = "m", .purpose = MDOC_PURPOSE_DEVICE, .uses = 1000
	};

	(void)state;
	assert_true(fail_each(work_generate, check_generate) > 8);
	made = generate(&many);
	left = 1000;
	assert_true(fail_each(work_sign, check_sign) > 20);
	assert_true(fail_each(work_refused, check_refused) > 4);
	made = generate(&unbound);
	assert_true(fail_each(work_bind, check_bind) > 8);
}

/* ---- what it costs those who have none */

static unsigned long calls;

static CK_RV
count_calls(const char *function)
{
	(void)function;
	calls++;
	return CKR_OK;
}

static unsigned long
calls_of_sign(CK_OBJECT_HANDLE key)
{
	calls = 0;
	module_device()->fault = count_calls;
	assert_int_equal(sign(CKM_ECDSA, key, &peer), CKR_OK);
	module_device()->fault = NULL;
	return calls;
}

/* Of the second of two within the second for which the first is remembered. */
static unsigned long
calls_of_next_sign(CK_OBJECT_HANDLE key)
{
	unsigned long n = 0;
	struct timespec from, to;

	for (int i = 0; i < 20; i++) {
		(void)clock_gettime(CLOCK_MONOTONIC, &from);
		calls_of_sign(key);
		n = calls_of_sign(key);
		(void)clock_gettime(CLOCK_MONOTONIC, &to);
		if (to.tv_sec - from.tv_sec < 1)
			break;
	}
	return n;
}

/* C_SignInit and C_Sign, and nothing else, from the second use on. */
static void
test_hot_path(void **state)
{
	const struct bound_key k = { .id = "b",
		.purpose = MDOC_PURPOSE_DEVICE };
	CK_OBJECT_HANDLE key = generate(&unbound);

	(void)state;
	assert_int_equal(calls_of_next_sign(key), 2);
	/* also where other keys of the token are bound */
	(void)generate(&k);
	assert_int_equal(calls_of_next_sign(key), 2);
}

/* ---- who goes around the module */

static CK_SESSION_HANDLE
session_below(void)
{
	CK_SESSION_HANDLE below;

	assert_int_equal(module_device()->f->C_OpenSession(hsm.slot, MODULE_RW,
			     NULL, NULL, &below),
	    CKR_OK);
	return below;
}

/* A rule whose key was destroyed below binds the next of its name. */
static void
test_orphan(void **state)
{
	const struct bound_key k = {
		.id = "u", .purpose = MDOC_PURPOSE_DEVICE, .uses = 3
	};
	const struct bound_key again = { .id = "u",
		.purpose = MDOC_PURPOSE_ISSUER };
	CK_FUNCTION_LIST *f = module_device()->f;
	CK_SESSION_HANDLE below = session_below();
	CK_OBJECT_HANDLE key = generate(&k);

	(void)state;
	assert_int_equal(f->C_DestroyObject(below, key), CKR_OK);
	key = generate(&unbound);
	assert_int_equal(bound_get(s, key, CKA_MDOC_PURPOSE),
	    MDOC_PURPOSE_DEVICE);
	assert_int_equal(sign(CKM_ECDSA, key, &peer), DENIED);
	assert_int_equal(f->C_DestroyObject(below, key), CKR_OK);
	key = generate(&again);
	assert_int_equal(bound_get(s, key, CKA_MDOC_PURPOSE),
	    MDOC_PURPOSE_ISSUER);
	assert_int_equal(sign(CKM_MDOC_ISSUER_AUTHENTICATION, key,
			     &issuer_data),
	    CKR_OK);
	assert_int_equal(f->C_CloseSession(below), CKR_OK);
}

/* A state that was destroyed below is no state to begin with. */
static void
test_state_destroyed(void **state)
{
	const struct bound_key k = {
		.id = "x", .purpose = MDOC_PURPOSE_DEVICE, .uses = 3
	};
	CK_ATTRIBUTE name = { CKA_APPLICATION,
		(void *)(uintptr_t)PURPOSE_STATE_APPLICATION,
		sizeof(PURPOSE_STATE_APPLICATION) - 1 };
	CK_FUNCTION_LIST *f = module_device()->f;
	CK_SESSION_HANDLE below = session_below();
	CK_OBJECT_HANDLE key = generate(&k);

	(void)state;
	assert_int_equal(f->C_DestroyObject(below, find_one(&name, 1)), CKR_OK);
	assert_int_equal(sign(CKM_MDOC_DEVICE_MAC, key, &device_data), DENIED);
	assert_int_equal(sign(CKM_ECDSA, key, &peer), DENIED);
	assert_int_equal(bound_set(s, key, &k), CKR_ATTRIBUTE_READ_ONLY);
	assert_int_equal(f->C_CloseSession(below), CKR_OK);
}

/* ---- a device that shows what it should not */

static CK_FUNCTION_LIST lying;
static CK_FUNCTION_LIST *honest;

static CK_RV
lie(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *t,
    CK_ULONG n)
{
	if (n != 1 || t->type != CKA_VALUE)
		return honest->C_GetAttributeValue(session, object, t, n);
	if (t->pValue != NULL)
		memset(t->pValue, 0x5e, 32);
	t->ulValueLen = 32;
	return CKR_OK;
}

static void
test_shown(void **state)
{
	const struct bound_key k = { .id = "x",
		.purpose = MDOC_PURPOSE_DEVICE };
	CK_OBJECT_HANDLE key = generate(&k), free_key = generate(&unbound);
	CK_BYTE value[32] = { 0 };
	CK_ATTRIBUTE a = { CKA_VALUE, value, sizeof(value) }, both[2];

	(void)state;
	honest = module_device()->f;
	lying = *honest;
	lying.C_GetAttributeValue = lie;
	module_device()->f = &lying;
	assert_int_equal(C_GetAttributeValue(s, key, &a, 1),
	    CKR_ATTRIBUTE_SENSITIVE);
	assert_true(a.ulValueLen == CK_UNAVAILABLE_INFORMATION);
	for (size_t i = 0; i < sizeof(value); i++)
		assert_int_equal(value[i], 0);
	/* what else is asked for is answered */
	both[0] = (CK_ATTRIBUTE){ CKA_VALUE, value, sizeof(value) };
	both[1] = (CK_ATTRIBUTE){ CKA_ID, out, sizeof(out) };
	assert_int_equal(C_GetAttributeValue(s, key, both, 2),
	    CKR_ATTRIBUTE_SENSITIVE);
	assert_true(both[0].ulValueLen == CK_UNAVAILABLE_INFORMATION);
	assert_int_equal(both[1].ulValueLen, 1);
	assert_int_equal(out[0], 'x');
	a.ulValueLen = sizeof(value);
	assert_int_equal(C_GetAttributeValue(s, free_key, &a, 1), CKR_OK);
	assert_int_equal(value[0], 0x5e);
	module_device()->f = honest;
}

/* And one that forgets what it was asked for: such a key is not kept. */
static CK_RV
forgetful(CK_SESSION_HANDLE session, CK_MECHANISM *m, CK_ATTRIBUTE *pub,
    CK_ULONG n_pub, CK_ATTRIBUTE *priv, CK_ULONG n_priv,
    CK_OBJECT_HANDLE *ret_pub, CK_OBJECT_HANDLE *ret_priv)
{
	CK_ATTRIBUTE some[32];
	CK_ULONG n = 0;

	for (CK_ULONG i = 0; i < n_priv && n < nitems(some); i++)
		if (priv[i].type != CKA_ID)
			some[n++] = priv[i];
	return honest->C_GenerateKeyPair(session, m, pub, n_pub, some, n,
	    ret_pub, ret_priv);
}

static void
test_forgetful(void **state)
{
	const struct bound_key k = { .id = "x",
		.purpose = MDOC_PURPOSE_DEVICE };
	CK_OBJECT_HANDLE key;

	(void)state;
	honest = module_device()->f;
	lying = *honest;
	lying.C_GenerateKeyPair = forgetful;
	module_device()->f = &lying;
	assert_int_equal(bound_generate(s, &k, &key, NULL), CKR_DEVICE_ERROR);
	module_device()->f = honest;
	assert_int_equal(count(CKO_PRIVATE_KEY), 0);
	assert_int_equal(count(CKO_PUBLIC_KEY), 0);
	assert_int_equal(count(CKO_DATA), 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, clean)
	const struct CMUnitTest tests[] = {
		TEST(test_faults),
		TEST(test_hot_path),
		TEST(test_orphan),
		TEST(test_state_destroyed),
		TEST(test_shown),
		TEST(test_forgetful),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
