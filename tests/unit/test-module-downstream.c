/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "module/device/downstream.h"
#include "tests/support/module-start.h"

#define THREADS 4

static void *
call(void *p)
{
	CK_SLOT_ID slot = *(CK_SLOT_ID *)p;
	CK_SLOT_INFO info;

	for (int i = 0; i < 40; i++)
		assert_int_equal(C_GetSlotInfo(slot, &info), CKR_OK);
	return NULL;
}

/* Two threads on either slot; returns what the stub saw. */
static struct stub *
run(const char *conf)
{
	CK_SLOT_ID slot[THREADS];
	pthread_t thread[THREADS];
	struct stub *stub = module_configure_stub(conf);

	assert_non_null(stub);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	stub->work = true;
	for (size_t i = 0; i < THREADS; i++) {
		slot[i] = i % 2;
		assert_int_equal(pthread_create(&thread[i], NULL, call,
				     &slot[i]),
		    0);
	}
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	return stub;
}

static void
test_lock_none(void **state)
{
	struct stub *stub = run(NULL);

	(void)state;
	assert_true(stub->most > 1);
	assert_true(stub->most_of > 1);
}

static void
test_lock_module(void **state)
{
	struct stub *stub = run("lock = module\n");

	(void)state;
	assert_int_equal(stub->most, 1);
	assert_int_equal(stub->calls, THREADS * 40);
}

static void
test_lock_slot(void **state)
{
	struct stub *stub = run("lock = slot\n");

	(void)state;
	assert_int_equal(stub->most_of, 1);
	assert_int_equal(stub->most, 2);
}

static const char *faulty;

static CK_RV
fault(const char *function)
{
	return !strcmp(function, faulty) ? CKR_DEVICE_REMOVED : CKR_OK;
}

static void
test_fault(void **state)
{
	struct stub *stub = module_configure_stub("lock = module\n");
	CK_SESSION_HANDLE s;
	CK_SLOT_INFO info;
	unsigned calls;

	(void)state;
	assert_non_null(stub);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	faulty = "C_GetSlotInfo";
	module_device()->fault = fault;
	calls = stub->calls;
	assert_int_equal(C_GetSlotInfo(0, &info), CKR_DEVICE_REMOVED);
	assert_int_equal(stub->calls, calls);
	assert_int_equal(C_OpenSession(0, MODULE_RW, NULL, NULL, &s), CKR_OK);
	faulty = "C_CloseAllSessions";
	assert_int_equal(C_CloseAllSessions(0), CKR_DEVICE_REMOVED);
	assert_int_equal(stub->sessions, 0);
	module_device()->fault = NULL;
	assert_int_equal(C_GetSlotInfo(0, &info), CKR_OK);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

/* Outside of a scope there is no device to call. */
static void
test_scope(void **state)
{
	CK_FUNCTION_LIST *f = downstream_functions();
	struct downstream_scope none, before;
	CK_SLOT_INFO info;

	(void)state;
	assert_int_equal(f->C_GetSlotInfo(0, &info), CKR_GENERAL_ERROR);
	assert_null(f->C_Initialize);
	assert_null(f->C_Finalize);
	assert_non_null(module_configure_stub(NULL));
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	none = downstream_enter(module_device(), 0);
	assert_null(none.device);
	before = downstream_enter(module_device(), 1);
	assert_int_equal(before.slot, 0);
	/* An entry point has a scope of its own and puts this one back. */
	assert_int_equal(C_GetSlotInfo(0, &info), CKR_OK);
	assert_int_equal(f->C_GetSlotInfo(0, &info), CKR_OK);
	downstream_leave(before);
	downstream_leave(none);
	assert_int_equal(f->C_GetSlotInfo(0, &info), CKR_GENERAL_ERROR);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lock_none),
		cmocka_unit_test(test_lock_module),
		cmocka_unit_test(test_lock_slot),
		cmocka_unit_test(test_fault),
		cmocka_unit_test(test_scope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
