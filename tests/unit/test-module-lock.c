/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "module/state/lock.h"
#include "tests/support/module-start.h"

/* The application's mutexes: which, and whether they are held. */
static struct {
	bool made;
	bool held;
} mutexes[64];

static unsigned made, taken;

static CK_RV
app_create(void **ret)
{
	for (size_t i = 0; i < nitems(mutexes); i++) {
		if (!mutexes[i].made) {
			mutexes[i].made = true;
			made++;
			*ret = &mutexes[i];
			return CKR_OK;
		}
	}
	return CKR_HOST_MEMORY;
}

static size_t
index_of(void *mutex)
{
	for (size_t i = 0; i < nitems(mutexes); i++)
		if (mutex == &mutexes[i] && mutexes[i].made)
			return i;
	fail_msg("a mutex that was not made");
	return 0;
}

static CK_RV
app_destroy(void *mutex)
{
	size_t i = index_of(mutex);

	assert_false(mutexes[i].held);
	mutexes[i].made = false;
	return CKR_OK;
}

static CK_RV
app_lock(void *mutex)
{
	size_t i = index_of(mutex);

	/* One thread: it would wait for itself. */
	assert_false(mutexes[i].held);
	mutexes[i].held = true;
	taken++;
	return CKR_OK;
}

static CK_RV
app_unlock(void *mutex)
{
	size_t i = index_of(mutex);

	assert_true(mutexes[i].held);
	mutexes[i].held = false;
	return CKR_OK;
}

static const CK_C_INITIALIZE_ARGS app_args = { app_create, app_destroy,
	app_lock, app_unlock, 0, NULL };

static void
test_choose(void **state)
{
	CK_C_INITIALIZE_ARGS args = app_args;
	struct lock_ops ops;

	(void)state;
	assert_int_equal(lock_choose(NULL, &ops), CKR_OK);
	assert_null(ops.create);
	assert_int_equal(lock_choose(&args, &ops), CKR_OK);
	assert_ptr_equal(ops.create, app_create);
	assert_ptr_equal(ops.unlock, app_unlock);
	/* We may choose. */
	args.flags = CKF_OS_LOCKING_OK;
	assert_int_equal(lock_choose(&args, &ops), CKR_OK);
	assert_null(ops.create);
	args.DestroyMutex = NULL;
	assert_int_equal(lock_choose(&args, &ops), CKR_ARGUMENTS_BAD);
	memset(&args, 0, sizeof(args));
	assert_int_equal(lock_choose(&args, &ops), CKR_OK);
	args.pReserved = &args;
	assert_int_equal(lock_choose(&args, &ops), CKR_ARGUMENTS_BAD);
}

static unsigned refuse_at; /* the nth from now on; 0: none */

static CK_RV
app_refuse(void *mutex)
{
	if (refuse_at > 0 && --refuse_at == 0)
		return CKR_MUTEX_BAD;
	return app_lock(mutex);
}

/* The module with the application's mutexes: all are used and given back. */
static void
test_application(void **state)
{
	CK_C_INITIALIZE_ARGS args = app_args;
	CK_SESSION_HANDLE s;
	CK_SESSION_INFO info;
	struct softhsm hsm;

	(void)state;
	if (!module_start(&hsm, &s))
		skip();
	module_stop();
	made = taken = 0;
	assert_int_equal(C_Initialize(&args), CKR_OK);
	assert_true(made > 0);
	assert_int_equal(C_OpenSession(hsm.slot, MODULE_RW, NULL, NULL, &s),
	    CKR_OK);
	taken = 0;
	assert_int_equal(C_GetSessionInfo(s, &info), CKR_OK);
	assert_int_equal(taken, 2);
	assert_int_equal(C_CloseSession(s), CKR_OK);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	for (size_t i = 0; i < nitems(mutexes); i++)
		assert_false(mutexes[i].made);
	/* One that cannot be taken is not taken for one that is. */
	args.LockMutex = app_refuse;
	assert_int_equal(C_Initialize(&args), CKR_OK);
	assert_int_equal(C_OpenSession(hsm.slot, MODULE_RW, NULL, NULL, &s),
	    CKR_OK);
	for (unsigned i = 1; i <= 2; i++) {
		refuse_at = i;
		assert_int_equal(C_GetSessionInfo(s, &info), CKR_MUTEX_BAD);
	}
	assert_int_equal(C_GetSessionInfo(s, &info), CKR_OK);
	refuse_at = 1;
	assert_int_equal(C_Finalize(NULL), CKR_MUTEX_BAD);
	assert_int_equal(C_GetSessionInfo(s, &info), CKR_OK);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	for (size_t i = 0; i < nitems(mutexes); i++)
		assert_false(mutexes[i].made);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_application),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
