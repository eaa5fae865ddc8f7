/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ways around the rule of a purpose-bound key that an application with the PIN
 * may try through the module. Each of them has to end in a refusal.
 */
#include "config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "module/device/handle.h"
#include "module/object/object.h"
#include "tests/support/bound.h"
#include "tests/support/module-start.h"
#include "vendor-ext/purpose.h"

#define DENIED CKR_KEY_FUNCTION_NOT_PERMITTED
#define BEGUN  8

static struct softhsm hsm;
static CK_SESSION_HANDLE s;
static struct blob peer, data;
static CK_BYTE out[256];
static CK_ULONG len;

static const struct bound_key device = { .id = "a",
	.purpose = MDOC_PURPOSE_DEVICE,
	.uses = 3 };
static const struct bound_key rule = { .purpose = MDOC_PURPOSE_DEVICE,
	.uses = 3 };
static const struct bound_key plain = { .id = "p" };

static int
setup(void **state)
{
	(void)state;
	if (!module_start(&hsm, &s))
		return -1;
	bound_peer(curve_by_cose(1), &peer);
	bound_device_data(BOUND_DOC_TYPE, curve_by_cose(1), blob_bytes(&peer),
	    &data);
	return 0;
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

static CK_OBJECT_HANDLE
generate(const struct bound_key *k)
{
	CK_OBJECT_HANDLE key;

	assert_int_equal(bound_generate(s, k, &key, NULL), CKR_OK);
	return key;
}

static CK_RV
sign_raw(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	len = sizeof(out);
	return bound_sign(session, CKM_ECDSA, key, bytes_of(peer.ptr, 32), out,
	    &len);
}

static CK_OBJECT_HANDLE
find_data(const char *application)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_APPLICATION, (void *)(uintptr_t)application,
		    strlen(application) },
	};
	CK_OBJECT_HANDLE found = CK_INVALID_HANDLE;
	CK_ULONG n;

	assert_int_equal(C_FindObjectsInit(s, t, nitems(t)), CKR_OK);
	assert_int_equal(C_FindObjects(s, &found, 1, &n), CKR_OK);
	assert_int_equal(C_FindObjectsFinal(s), CKR_OK);
	return n == 1 ? found : CK_INVALID_HANDLE;
}

static CK_RV
set_id(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const char *id)
{
	CK_ATTRIBUTE a = { CKA_ID, (void *)(uintptr_t)id, strlen(id) };

	return C_SetAttributeValue(session, key, &a, 1);
}

/* ---- what was begun while the key was free */

static void
test_begun_before(void **state)
{
	static const CK_MECHANISM_TYPE types[BEGUN] = { CKM_ECDSA,
		CKM_ECDSA_SHA1, CKM_ECDSA_SHA256, CKM_ECDSA,
		CKM_MDOC_DEVICE_SIGNATURE, CKM_MDOC_DEVICE_MAC,
		CKM_MDOC_READER_AUTHENTICATION, CKM_ECDSA };
	CK_OBJECT_HANDLE key = generate(&plain);
	CK_SESSION_HANDLE sessions[BEGUN];
	bool begun[BEGUN];

	(void)state;
	for (size_t i = 0; i < BEGUN; i++) {
		CK_MECHANISM m = { types[i], NULL, 0 };

		assert_int_equal(C_OpenSession(hsm.slot, MODULE_RW, NULL, NULL,
				     &sessions[i]),
		    CKR_OK);
		begun[i] = C_SignInit(sessions[i], &m, key) == CKR_OK;
	}
	assert_true(begun[0] && begun[3] && begun[4] && begun[5] && begun[7]);
	assert_int_equal(bound_set(s, key, &rule), CKR_OK);
	for (size_t i = 0; i < BEGUN; i++) {
		if (!begun[i])
			continue;
		len = sizeof(out);
		memset(out, 0, sizeof(out));
		/* also where it is asked for the length first, or the end */
		if (i == 3)
			assert_int_equal(C_Sign(sessions[i], peer.ptr, 32, NULL,
					     &len),
			    DENIED);
		else if (i == 7)
			assert_int_equal(C_SignFinal(sessions[i], out, &len),
			    DENIED);
		else
			assert_int_equal(C_Sign(sessions[i], data.ptr,
					     types[i] == CKM_ECDSA ? 32
								   : data.len,
					     out, &len),
			    DENIED);
		/* and it has ended with that */
		len = sizeof(out);
		assert_int_equal(C_Sign(sessions[i], peer.ptr, 32, out, &len),
		    CKR_OPERATION_NOT_INITIALIZED);
		for (size_t j = 0; j < sizeof(out); j++)
			assert_int_equal(out[j], 0);
		assert_int_equal(sign_raw(sessions[i], key), DENIED);
		assert_int_equal(C_CloseSession(sessions[i]), CKR_OK);
	}
	assert_int_equal(bound_get(s, key, CKA_MDOC_USES_LEFT), 3);
	assert_int_equal(C_DestroyObject(s, key), CKR_OK);
}

/* ---- another process knows that there is no rule, and one is made */

static CK_OBJECT_HANDLE
find_key(const char *id)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_ID, (void *)(uintptr_t)id, strlen(id) },
	};
	CK_OBJECT_HANDLE found = CK_INVALID_HANDLE;
	CK_ULONG n;

	if (C_FindObjectsInit(s, t, nitems(t)) != CKR_OK ||
	    C_FindObjects(s, &found, 1, &n) != CKR_OK ||
	    C_FindObjectsFinal(s) != CKR_OK || n != 1)
		return CK_INVALID_HANDLE;
	return found;
}

/* The number of what went wrong. */
static int
child(int ready, int go)
{
	CK_ATTRIBUTE id = { CKA_ID, (void *)(uintptr_t) "q", 1 };
	CK_OBJECT_HANDLE free_key, key, copy;
	char byte = 0;
	CK_RV rv;

	if (C_Initialize(NULL) != CKR_OK ||
	    C_OpenSession(hsm.slot, MODULE_RW, NULL, NULL, &s) != CKR_OK)
		return 1;
	rv = C_Login(s, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN);
	if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
		return 2;
	free_key = find_key("p");
	if (free_key == CK_INVALID_HANDLE || sign_raw(s, free_key) != CKR_OK)
		return 3;
	if (write(ready, &byte, 1) != 1 || read(go, &byte, 1) != 1)
		return 4;
	/* Less than a second after it has seen that there is no rule. */
	key = find_key("a");
	if (key == CK_INVALID_HANDLE)
		return 5;
	if (sign_raw(s, key) != DENIED)
		return 6;
	if (C_CopyObject(s, key, &id, 1, &copy) != CKR_ACTION_PROHIBITED)
		return 7;
	if (C_DestroyObject(s, find_data(PURPOSE_APPLICATION)) !=
	    CKR_ACTION_PROHIBITED)
		return 8;
	if (C_DestroyObject(s, find_data(PURPOSE_STATE_APPLICATION)) !=
	    CKR_ACTION_PROHIBITED)
		return 9;
	if (set_id(s, key, "q") != CKR_ATTRIBUTE_READ_ONLY)
		return 10;
	return 0;
}

static void
test_other_process(void **state)
{
	CK_OBJECT_HANDLE free_key = generate(&plain), key;
	int ready[2], go[2], status;
	char byte = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		/* Nobody waits for one whose other side is gone. */
		(void)close(go[1]);
		_exit(child(ready[1], go[0]));
	}
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	key = generate(&device);
	assert_int_equal(write(go[1], &byte, 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	(void)close(ready[0]);
	(void)close(go[0]);
	(void)close(go[1]);
	assert_int_equal(C_DestroyObject(s, key), CKR_OK);
	assert_int_equal(C_DestroyObject(s, free_key), CKR_OK);
}

/* ---- a key that gets another name while it is bound */

static atomic_bool stop;
static _Atomic CK_OBJECT_HANDLE target;

static void *
renamer(void *arg)
{
	CK_SESSION_HANDLE mine;

	if (C_OpenSession(hsm.slot, MODULE_RW, NULL, NULL, &mine) != CKR_OK)
		return NULL;
	while (!atomic_load(&stop)) {
		CK_OBJECT_HANDLE key = atomic_load(&target);

		if (key != CK_INVALID_HANDLE)
			(void)set_id(mine, key, "q");
	}
	return arg;
}

static void
test_renamed(void **state)
{
	pthread_t thread;
	int bound = 0;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, renamer, NULL), 0);
	for (int i = 0; i < 12; i++) {
		CK_OBJECT_HANDLE key = generate(&plain);
		CK_RV rv;

		atomic_store(&target, key);
		rv = bound_set(s, key, &rule);
		atomic_store(&target, CK_INVALID_HANDLE);
		if (rv == CKR_OK) {
			bound++;
			assert_int_equal(sign_raw(s, key), DENIED);
			assert_int_equal(bound_get(s, key, CKA_MDOC_PURPOSE),
			    MDOC_PURPOSE_DEVICE);
		}
		/* It takes its rule with it. */
		while (C_DestroyObject(s, key) != CKR_OK)
			;
	}
	atomic_store(&stop, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(find_data(PURPOSE_APPLICATION), CK_INVALID_HANDLE);
	print_message("# bound before renamed: %d of 12\n", bound);
}

/* ---- handles */

/* A bound key and a rule, by handles that are nearly theirs. */
static void
test_handles(void **state)
{
	CK_OBJECT_HANDLE key = generate(&device), found;
	CK_OBJECT_HANDLE record = find_data(PURPOSE_APPLICATION);
	CK_MECHANISM m = { CKM_ECDSA, NULL, 0 };
	CK_ATTRIBUTE label = { CKA_LABEL, (void *)(uintptr_t) "x", 1 };
	CK_ATTRIBUTE value = { CKA_VALUE, out, sizeof(out) };

	(void)state;
	assert_int_not_equal(record, CK_INVALID_HANDLE);
	found = key | OBJECT_VENDOR_BIT;
	assert_int_not_equal(C_SignInit(s, &m, found), CKR_OK);
	assert_int_not_equal(C_DecryptInit(s, &m, found), CKR_OK);
	assert_int_not_equal(C_CopyObject(s, found, &label, 1, &found), CKR_OK);
	found = key | OBJECT_VENDOR_BIT;
	assert_int_not_equal(C_DestroyObject(s, found), CKR_OK);
	assert_int_not_equal(C_SetAttributeValue(s, found, &label, 1), CKR_OK);
	assert_int_not_equal(C_GetAttributeValue(s, found, &value, 1), CKR_OK);
	found = record | OBJECT_VENDOR_BIT;
	assert_int_not_equal(C_CopyObject(s, found, &label, 1, &found), CKR_OK);
	found = record | OBJECT_VENDOR_BIT;
	assert_int_not_equal(C_DestroyObject(s, found), CKR_OK);
	assert_int_not_equal(C_SetAttributeValue(s, found, &label, 1), CKR_OK);
	/* A device that looks at half of it never sees it. */
	assert_int_equal(handle_down(module_device(), found),
	    CK_INVALID_HANDLE);
	assert_int_equal(handle_down(module_device(), key), key);
	assert_int_equal(sign_raw(s, key), DENIED);
	assert_int_equal(C_DestroyObject(s, key), CKR_OK);
}

/* ---- objects that look like rules, or would replace one */

static void
test_rules(void **state)
{
	static const char *const names[] = { PURPOSE_APPLICATION,
		PURPOSE_STATE_APPLICATION };
	CK_OBJECT_HANDLE key = generate(&device), other = generate(&plain),
			 made;
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL yes = CK_TRUE;

	(void)state;
	for (size_t i = 0; i < nitems(names); i++) {
		CK_ATTRIBUTE t[] = {
			{ CKA_CLASS, &class, sizeof(class) },
			{ CKA_TOKEN, &yes, sizeof(yes) },
			{ CKA_APPLICATION, (void *)(uintptr_t)names[i],
			    strlen(names[i]) },
		};
		CK_MECHANISM hkdf = { 0x402b, NULL, 0 };

		assert_int_equal(C_CreateObject(s, t, nitems(t), &made),
		    CKR_ACTION_PROHIBITED);
		assert_int_equal(C_DeriveKey(s, &hkdf, other, t, nitems(t),
				     &made),
		    CKR_ACTION_PROHIBITED);
		made = find_data(names[i]);
		assert_int_not_equal(made, CK_INVALID_HANDLE);
		assert_int_equal(C_SetAttributeValue(s, made, &t[2], 1),
		    CKR_ACTION_PROHIBITED);
		assert_int_equal(C_SetAttributeValue(s, made, &t[1], 1),
		    CKR_ACTION_PROHIBITED);
		assert_int_equal(C_CopyObject(s, made, NULL, 0, &made),
		    CKR_ACTION_PROHIBITED);
	}
	/* A key of the same name shares the rule, but not the end. */
	assert_int_equal(set_id(s, other, device.id), CKR_OK);
	assert_int_equal(sign_raw(s, other), DENIED);
	assert_int_equal(C_DestroyObject(s, other), CKR_OK);
	assert_int_equal(sign_raw(s, key), DENIED);
	assert_int_equal(bound_get(s, key, CKA_MDOC_USES_LEFT), 3);
	/* and it cannot be bound anew, from outside either */
	assert_int_equal(bound_generate(s, &device, &made, NULL),
	    CKR_TEMPLATE_INCONSISTENT);
	assert_int_equal(C_Logout(s), CKR_OK);
	assert_int_not_equal(bound_generate(s, &device, &made, NULL), CKR_OK);
	assert_int_equal(C_Login(s, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN),
	    CKR_OK);
	key = find_key(device.id);
	assert_int_not_equal(key, CK_INVALID_HANDLE);
	assert_int_equal(sign_raw(s, key), DENIED);
	assert_int_equal(bound_get(s, key, CKA_MDOC_USES_LEFT), 3);
	assert_int_equal(C_DestroyObject(s, key), CKR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begun_before),
		cmocka_unit_test(test_other_process),
		cmocka_unit_test(test_renamed),
		cmocka_unit_test(test_handles),
		cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
