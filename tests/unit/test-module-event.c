/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "module/device/handle.h"
#include "tests/support/module-start.h"

#define N 3

static struct stub *stub[N];

static void
start(const char *second)
{
	const char *const conf[N] = { NULL, second, NULL };

	assert_true(module_configure_stubs(N, conf, stub));
	for (size_t i = 0; i < N; i++)
		atomic_store(&stub[i]->wait_answer, CKR_NO_EVENT);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
}

static CK_RV
ask(CK_SLOT_ID *slot)
{
	return C_WaitForSlotEvent(CKF_DONT_BLOCK, slot, NULL);
}

static CK_SLOT_ID
ours(size_t i)
{
	return i << HANDLE_SHIFT | 1;
}

static void
test_none(void **state)
{
	CK_SLOT_ID slot = 99;

	(void)state;
	start(NULL);
	assert_int_equal(ask(&slot), CKR_NO_EVENT);
	assert_int_equal(slot, 99);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(stub[i]->waits, 1);
	assert_int_equal(ask(NULL), CKR_ARGUMENTS_BAD);
	assert_int_equal(C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, &slot),
	    CKR_ARGUMENTS_BAD);
	/* One that cannot tell, one that fails: the third still can. */
	atomic_store(&stub[0]->wait_answer, CKR_FUNCTION_NOT_SUPPORTED);
	atomic_store(&stub[1]->wait_answer, CKR_DEVICE_ERROR);
	assert_int_equal(ask(&slot), CKR_NO_EVENT);
	atomic_store(&stub[2]->wait_answer, CKR_OK);
	assert_int_equal(ask(&slot), CKR_OK);
	assert_int_equal(slot, ours(2));
	/* None can. */
	atomic_store(&stub[2]->wait_answer, CKR_FUNCTION_NOT_SUPPORTED);
	assert_int_equal(ask(&slot), CKR_DEVICE_ERROR);
	assert_int_equal(C_WaitForSlotEvent(0, &slot, NULL), CKR_DEVICE_ERROR);
	atomic_store(&stub[1]->wait_answer, CKR_FUNCTION_NOT_SUPPORTED);
	assert_int_equal(ask(&slot), CKR_FUNCTION_NOT_SUPPORTED);
	assert_int_equal(C_WaitForSlotEvent(0, &slot, NULL),
	    CKR_FUNCTION_NOT_SUPPORTED);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(ask(&slot), CKR_CRYPTOKI_NOT_INITIALIZED);
}

/* One with events all the time does not hide the others'. */
static void
test_fair(void **state)
{
	unsigned seen[N] = { 0, 0, 0 };
	CK_SLOT_ID slot;

	(void)state;
	start(NULL);
	for (size_t i = 0; i < N; i++)
		atomic_store(&stub[i]->wait_answer, CKR_OK);
	for (int i = 0; i < 30; i++) {
		assert_int_equal(ask(&slot), CKR_OK);
		seen[HANDLE_INDEX(slot)]++;
	}
	for (size_t i = 0; i < N; i++)
		assert_int_equal(seen[i], 10);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

/* Slots that are left out have no events, however many there are. */
static void
test_left_out(void **state)
{
	CK_SLOT_ID slot;

	(void)state;
	start("slots = 0\n");
	atomic_store(&stub[1]->wait_answer, CKR_OK);
	assert_int_equal(ask(&slot), CKR_NO_EVENT);
	atomic_store(&stub[2]->wait_answer, CKR_OK);
	assert_int_equal(ask(&slot), CKR_OK);
	assert_int_equal(slot, ours(2));
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

struct waiter {
	pthread_t thread;
	CK_SLOT_ID slot;
	CK_RV rv;
};

static void *
wait_for_event(void *p)
{
	struct waiter *w = p;

	w->rv = C_WaitForSlotEvent(0, &w->slot, NULL);
	return NULL;
}

static void
wait_begin(struct waiter *w)
{
	unsigned before = stub[2]->waits;

	w->rv = CKR_GENERAL_ERROR;
	assert_int_equal(pthread_create(&w->thread, NULL, wait_for_event, w),
	    0);
	while (stub[2]->waits == before)
		usleep(1000);
}

static void
test_blocking(void **state)
{
	struct waiter w;
	CK_SLOT_INFO info;

	(void)state;
	start(NULL);
	wait_begin(&w);
	/* Who waits is in nobody's way. */
	for (size_t i = 0; i < N; i++)
		assert_int_equal(C_GetSlotInfo(ours(i), &info), CKR_OK);
	atomic_store(&stub[1]->wait_answer, CKR_OK);
	pthread_join(w.thread, NULL);
	assert_int_equal(w.rv, CKR_OK);
	assert_int_equal(w.slot, ours(1));
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* At once, and however many wait. */
static void
test_finalize_wakes(void **state)
{
	struct waiter w[4];
	double begin, took, best = 1e9;

	(void)state;
	for (int round = 0; round < 10; round++) {
		start(NULL);
		for (size_t i = 0; i < nitems(w); i++)
			wait_begin(&w[i]);
		begin = now();
		assert_int_equal(C_Finalize(NULL), CKR_OK);
		for (size_t i = 0; i < nitems(w); i++) {
			pthread_join(w[i].thread, NULL);
			assert_int_equal(w[i].rv, CKR_CRYPTOKI_NOT_INITIALIZED);
		}
		took = now() - begin;
		if (took < best)
			best = took;
	}
	/* Not after the pause between two rounds of questions. */
	if (best > 0.1)
		fail_msg("C_Finalize took %.3f s", best);
}

/* Initialised again at once: who waited before is not fooled by that. */
static void
test_finalize_and_again(void **state)
{
	struct waiter w;

	(void)state;
	start(NULL);
	wait_begin(&w);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	pthread_join(w.thread, NULL);
	assert_int_equal(w.rv, CKR_CRYPTOKI_NOT_INITIALIZED);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

/* One device: what it answers, blocking or not, is the answer. */
static void
test_one(void **state)
{
	struct stub *one = module_configure_stub(NULL);
	CK_SLOT_ID slot = 99;
	struct waiter w;

	(void)state;
	assert_non_null(one);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	atomic_store(&one->wait_answer, CKR_FUNCTION_FAILED);
	assert_int_equal(ask(&slot), CKR_FUNCTION_FAILED);
	atomic_store(&one->wait_answer, CKR_OK);
	assert_int_equal(ask(&slot), CKR_OK);
	assert_int_equal(slot, 1);
	assert_int_equal(pthread_create(&w.thread, NULL, wait_for_event, &w),
	    0);
	usleep(20000);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	pthread_join(w.thread, NULL);
	assert_int_equal(w.rv, CKR_CRYPTOKI_NOT_INITIALIZED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_fair),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_blocking),
		cmocka_unit_test(test_finalize_wakes),
		cmocka_unit_test(test_finalize_and_again),
		cmocka_unit_test(test_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
