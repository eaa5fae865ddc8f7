/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <sys/wait.h>

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "module/state/state.h"
#include "tests/support/module-start.h"

#define THREADS 8
#define ROUNDS  60

static pthread_barrier_t barrier;

static void *
initialize(void *p)
{
	CK_RV *rv = p;

	pthread_barrier_wait(&barrier);
	*rv = C_Initialize(NULL);
	return NULL;
}

/* However many come at once, one is the first. */
static void
test_race(void **state)
{
	pthread_t thread[THREADS];
	CK_RV rv[THREADS];
	struct stub *stub;
	int first;

	(void)state;
	stub = module_configure_stub(NULL);
	assert_non_null(stub);
	assert_int_equal(pthread_barrier_init(&barrier, NULL, THREADS), 0);
	for (unsigned round = 1; round <= ROUNDS; round++) {
		for (int i = 0; i < THREADS; i++)
			assert_int_equal(pthread_create(&thread[i], NULL,
					     initialize, &rv[i]),
			    0);
		first = 0;
		for (int i = 0; i < THREADS; i++) {
			pthread_join(thread[i], NULL);
			if (rv[i] == CKR_OK)
				first++;
			else
				assert_int_equal(rv[i],
				    CKR_CRYPTOKI_ALREADY_INITIALIZED);
		}
		assert_int_equal(first, 1);
		assert_int_equal(stub->initialized, round);
		assert_int_equal(C_Finalize(NULL), CKR_OK);
		assert_int_equal(stub->finalized, round);
		assert_int_equal(C_Finalize(NULL),
		    CKR_CRYPTOKI_NOT_INITIALIZED);
	}
	pthread_barrier_destroy(&barrier);
}

/* What the device says to its initialisation is handed up. */
static void
test_failure(void **state)
{
	struct stub *stub = module_configure_stub(NULL);
	CK_INFO info;

	(void)state;
	assert_non_null(stub);
	stub->initialize = CKR_DEVICE_ERROR;
	assert_int_equal(C_Initialize(NULL), CKR_DEVICE_ERROR);
	assert_int_equal(C_GetInfo(&info), CKR_CRYPTOKI_NOT_INITIALIZED);
	assert_int_equal(C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
	stub->initialize = CKR_OK;
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_GetInfo(&info), CKR_OK);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

static void
test_bad_conf(void **state)
{
	CK_INFO info;

	(void)state;
	assert_non_null(module_configure_stub("lock = often\n"));
	assert_int_equal(C_Initialize(NULL), CKR_GENERAL_ERROR);
	assert_int_equal(C_GetInfo(&info), CKR_CRYPTOKI_NOT_INITIALIZED);
}

/* Runs in a child; the status is the number of the check that failed, or 0. */
static int
child(struct stub *stub, CK_SESSION_HANDLE s)
{
	unsigned calls = stub->calls, finalized = stub->finalized;
	CK_SESSION_INFO info;
	CK_SLOT_INFO slot;
	CK_ULONG n;

	if (C_GetSessionInfo(s, &info) != CKR_CRYPTOKI_NOT_INITIALIZED)
		return 1;
	if (C_GetSlotList(CK_FALSE, NULL, &n) != CKR_CRYPTOKI_NOT_INITIALIZED)
		return 2;
	/* Of what the parent had: nothing is to be heard of it below. */
	if (C_Finalize(NULL) != CKR_OK)
		return 3;
	if (stub->calls != calls || stub->finalized != finalized)
		return 4;
	if (C_Finalize(NULL) != CKR_CRYPTOKI_NOT_INITIALIZED)
		return 5;
	if (C_GetSlotInfo(0, &slot) != CKR_CRYPTOKI_NOT_INITIALIZED)
		return 6;
	if (C_Initialize(NULL) != CKR_OK)
		return 7;
	if (C_GetSessionInfo(s, &info) != CKR_SESSION_HANDLE_INVALID)
		return 8;
	if (C_OpenSession(0, MODULE_RW, NULL, NULL, &s) != CKR_OK ||
	    C_GetSessionInfo(s, &info) != CKR_OK)
		return 9;
	/* Below, p11-kit counts the parent's initialisation too. */
	if (C_Finalize(NULL) != CKR_OK || stub->sessions > 1)
		return 10;
	return 0;
}

static int
status_of(pid_t pid)
{
	int status = -1;

	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
test_fork(void **state)
{
	struct stub *stub = module_configure_stub(NULL);
	CK_SESSION_HANDLE s;
	CK_SESSION_INFO info;
	pid_t pid;

	(void)state;
	assert_non_null(stub);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_OpenSession(0, MODULE_RW, NULL, NULL, &s), CKR_OK);
	pid = fork();
	if (pid == 0)
		_exit(child(stub, s));
	assert_int_equal(status_of(pid), 0);
	/* The parent has lost nothing. */
	assert_int_equal(C_GetSessionInfo(s, &info), CKR_OK);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(stub->finalized, 1);
}

static atomic_bool stop;

static void *
be_busy(void *p)
{
	CK_SESSION_HANDLE s;
	CK_SLOT_INFO info;

	(void)p;
	while (!atomic_load(&stop)) {
		assert_int_equal(C_OpenSession(0, MODULE_RW, NULL, NULL, &s),
		    CKR_OK);
		assert_int_equal(C_GetSlotInfo(0, &info), CKR_OK);
		assert_int_equal(C_CloseSession(s), CKR_OK);
	}
	return NULL;
}

/* A child of a busy parent inherits locks that nobody will ever give back. */
static void
test_fork_busy(void **state)
{
	struct stub *stub = module_configure_stub(NULL);
	pthread_t thread[2];
	CK_ULONG n;
	pid_t pid;
	int status;

	(void)state;
	assert_non_null(stub);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	atomic_store(&stop, false);
	for (size_t i = 0; i < nitems(thread); i++)
		assert_int_equal(pthread_create(&thread[i], NULL, be_busy,
				     NULL),
		    0);
	for (int i = 0; i < 30; i++) {
		pid = fork();
		if (pid == 0) {
			alarm(20);
			if (C_GetSlotList(CK_FALSE, NULL, &n) !=
			    CKR_CRYPTOKI_NOT_INITIALIZED)
				_exit(1);
			if (C_Finalize(NULL) != CKR_OK)
				_exit(2);
			/* What the other threads held is lost: no exit. */
			raise(SIGKILL);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGKILL);
	}
	atomic_store(&stop, true);
	for (size_t i = 0; i < nitems(thread); i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

static void *
wait_for_event(void *p)
{
	CK_RV *rv = p;
	CK_SLOT_ID slot;

	*rv = C_WaitForSlotEvent(0, &slot, NULL);
	return NULL;
}

/* PKCS#11 5.5: C_Finalize wakes who waits for a slot. */
static void
test_finalize_wakes(void **state)
{
	struct stub *stub = module_configure_stub("lock = module\n");
	CK_SLOT_INFO info;
	pthread_t thread;
	CK_RV rv = CKR_OK;

	(void)state;
	assert_non_null(stub);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(pthread_create(&thread, NULL, wait_for_event, &rv), 0);
	usleep(20000);
	/* The one who waits does not hold the device's lock. */
	assert_int_equal(C_GetSlotInfo(0, &info), CKR_OK);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	pthread_join(thread, NULL);
	assert_int_equal(rv, CKR_CRYPTOKI_NOT_INITIALIZED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_race),
		cmocka_unit_test(test_failure),
		cmocka_unit_test(test_bad_conf),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_fork_busy),
		cmocka_unit_test(test_finalize_wakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
