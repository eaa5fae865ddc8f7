/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices that are lost, come back, and hang. */
#include "config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/race.h"
#include "module/device/handle.h"
#include "tests/support/module-start.h"

#define N       3
#define SLOT(i) ((CK_SLOT_ID)(i) << HANDLE_SHIFT)

static struct stub *stub;

static double
now(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
start(const char *conf)
{
	stub = module_configure_stub(conf);
	assert_non_null(stub);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
}

static CK_SESSION_HANDLE
open_on(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE s = 0;

	assert_int_equal(C_OpenSession(slot, MODULE_RW, NULL, NULL, &s),
	    CKR_OK);
	return s;
}

static CK_RV
info(CK_SESSION_HANDLE s)
{
	CK_SESSION_INFO i;

	return C_GetSessionInfo(s, &i);
}

static CK_RV
slot_info(CK_SLOT_ID slot)
{
	CK_SLOT_INFO i;

	return C_GetSlotInfo(slot, &i);
}

/* Its code is handed up; the next call about a slot brings it back. */
static void
test_lost(void **state)
{
	CK_SESSION_HANDLE a, b;

	(void)state;
	start(NULL);
	a = open_on(0);
	b = open_on(1);
	stub->comes_back = true;
	stub->lost = CKR_DEVICE_ERROR;
	assert_int_equal(info(a), CKR_DEVICE_ERROR);
	assert_int_equal(stub->initialized, 1);
	assert_int_equal(slot_info(0), CKR_OK);
	assert_int_equal(stub->initialized, 2);
	assert_int_equal(stub->finalized, 1);
	assert_int_equal(info(a), CKR_SESSION_HANDLE_INVALID);
	assert_int_equal(info(b), CKR_SESSION_HANDLE_INVALID);
	assert_int_equal(info(open_on(0)), CKR_OK);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(stub->finalized, 2);
}

/* Every call about a slot does. */
static void
test_every_call(void **state)
{
	CK_SESSION_HANDLE s;
	CK_SLOT_ID list[4];
	CK_ULONG n;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		start(NULL);
		stub->comes_back = true;
		stub->lost = CKR_DEVICE_REMOVED;
		n = nitems(list);
		if (i == 0)
			assert_int_equal(C_OpenSession(1, MODULE_RW, NULL, NULL,
					     &s),
			    CKR_OK);
		else if (i == 1)
			assert_int_equal(C_GetSlotList(CK_TRUE, list, &n),
			    CKR_OK);
		else
			assert_int_equal(C_GetSlotList(CK_TRUE, NULL, &n),
			    CKR_OK);
		assert_true(i == 0 || n == 2);
		assert_int_equal(stub->initialized, 2);
		assert_int_equal(C_Finalize(NULL), CKR_OK);
	}
}

/* An application must not think that it has to initialise us. */
static void
test_not_initialised(void **state)
{
	CK_SESSION_HANDLE a;

	(void)state;
	start(NULL);
	a = open_on(0);
	stub->comes_back = true;
	stub->lost = CKR_CRYPTOKI_NOT_INITIALIZED;
	assert_int_equal(info(a), CKR_DEVICE_REMOVED);
	assert_int_equal(info(open_on(0)), CKR_OK);
	assert_int_equal(stub->initialized, 2);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_int_equal(info(a), CKR_CRYPTOKI_NOT_INITIALIZED);
}

/* One that stays away is tried now and then, not with every call. */
static void
test_stays_away(void **state)
{
	CK_SESSION_HANDLE a;
	double before, until;
	CK_ULONG n = 0;
	CK_RV rv;

	(void)state;
	start(NULL);
	a = open_on(0);
	stub->lost = CKR_DEVICE_ERROR;
	before = now();
	assert_int_equal(slot_info(0), CKR_DEVICE_ERROR);
	assert_int_equal(stub->initialized, 2);
	for (int i = 0; i < 100; i++)
		assert_int_equal(slot_info(0), CKR_DEVICE_REMOVED);
	/* At most once a second, which a busy machine may need for these. */
	assert_true(stub->initialized <= 2 + (unsigned)(now() - before));
	assert_int_equal(info(a), CKR_SESSION_HANDLE_INVALID);
	rv = C_GetSlotList(CK_TRUE, NULL, &n);
	assert_int_equal(rv, CKR_DEVICE_REMOVED);
	stub->comes_back = true;
	until = now() + 5;
	while ((rv = slot_info(0)) != CKR_OK && now() < until)
		usleep(20000);
	assert_int_equal(rv, CKR_OK);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

/* Nothing is lost with a card that is pulled out. */
static void
test_card(void **state)
{
	CK_SESSION_HANDLE a;

	(void)state;
	start(NULL);
	a = open_on(0);
	stub->session_answer = CKR_DEVICE_REMOVED;
	assert_int_equal(info(a), CKR_DEVICE_REMOVED);
	assert_int_equal(slot_info(0), CKR_OK);
	assert_int_equal(info(a), CKR_DEVICE_REMOVED);
	stub->session_answer = CKR_OK;
	assert_int_equal(info(a), CKR_OK);
	assert_int_equal(stub->initialized, 1);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

/* A connection that does not stand has no slots; others may have none. */
static void
test_empty(void **state)
{
	CK_ULONG n = 9;

	(void)state;
	start(NULL);
	stub->comes_back = true;
	stub->empty = true;
	assert_int_equal(C_GetSlotList(CK_TRUE, NULL, &n), CKR_OK);
	assert_int_equal(n, 0);
	assert_int_equal(stub->initialized, 1);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	start("remote = yes\n");
	stub->comes_back = true;
	stub->empty = true;
	assert_int_equal(C_GetSlotList(CK_TRUE, NULL, &n), CKR_OK);
	assert_int_equal(n, 2);
	assert_int_equal(stub->initialized, 2);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

/* ---- calls that hang */

struct caller {
	pthread_t thread;
	CK_SESSION_HANDLE s;
	CK_RV rv;
};

static void *
call(void *p)
{
	struct caller *c = p;

	c->rv = info(c->s);
	return NULL;
}

static void
call_start(struct caller *c, CK_SESSION_HANDLE s)
{
	c->s = s;
	assert_int_equal(pthread_create(&c->thread, NULL, call, c), 0);
	while (stub->hanging == 0)
		usleep(1000);
}

/* A device in which a call hangs is not ended under it. */
static void
test_call_in_it(void **state)
{
	struct caller c;
	double until;
	CK_RV rv;

	(void)state;
	start(NULL);
	stub->hang_session = true;
	call_start(&c, open_on(0));
	stub->comes_back = true;
	stub->lost = CKR_DEVICE_ERROR;
	assert_int_equal(slot_info(0), CKR_DEVICE_ERROR);
	assert_int_equal(slot_info(0), CKR_DEVICE_REMOVED);
	assert_int_equal(stub->finalized, 0);
	stub->hang_session = false;
	pthread_join(c.thread, NULL);
	assert_int_equal(c.rv, CKR_DEVICE_ERROR);
	until = now() + 5;
	while ((rv = slot_info(0)) != CKR_OK && now() < until)
		usleep(20000);
	assert_int_equal(rv, CKR_OK);
	assert_int_equal(stub->finalized, 1);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

/* C_Finalize leaves it behind, and the next C_Initialize takes it again. */
static void
test_end_with_call(void **state)
{
	struct caller c;
	double before;

	(void)state;
	start(NULL);
	stub->hang_session = true;
	call_start(&c, open_on(0));
	before = now();
	assert_int_equal(C_Finalize(NULL), CKR_FUNCTION_FAILED);
	assert_true(now() - before < 6);
	assert_int_equal(stub->finalized, 0);
	assert_int_equal(slot_info(0), CKR_CRYPTOKI_NOT_INITIALIZED);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(slot_info(0), CKR_OK);
	stub->hang_session = false;
	pthread_join(c.thread, NULL);
	assert_int_equal(info(open_on(1)), CKR_OK);
	assert_int_equal(stub->finalized, 0);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	/* Neither of the two is left. */
	assert_int_equal(stub->finalized, 1);
}

/* Its own end may hang, too. */
static void
test_end_hangs(void **state)
{
	double before;

	(void)state;
	start("init-args = x\n");
	(void)open_on(0);
	stub->hang_end = true;
	before = now();
	assert_int_equal(C_Finalize(NULL), CKR_FUNCTION_FAILED);
	assert_true(now() - before < 8);
	assert_int_equal(stub->finalized, 0);
	stub->hang_end = false;
	before = now();
	while (stub->finalized == 0 && now() - before < 10)
		usleep(1000);
	assert_int_equal(stub->finalized, 1);
	usleep(10000);
	RACE_TAKE(stub);
}

/* However busy the machine is. */
static void
await_slots(CK_BBOOL present, CK_ULONG wanted)
{
	double until = now() + 10;
	CK_ULONG n = 0;

	for (;;) {
		assert_int_equal(C_GetSlotList(present, NULL, &n), CKR_OK);
		if (n == wanted || now() >= until)
			break;
		usleep(20000);
	}
	assert_int_equal(n, wanted);
}

/* The others are listed, and of a hanging device what was known of it. */
static void
test_list_hangs(void **state)
{
	const char *const conf[N] = { NULL, NULL, NULL };
	struct stub *stubs[N];
	CK_ULONG n = 0;
	double before;

	(void)state;
	assert_true(module_configure_stubs(N, conf, stubs));
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_GetSlotList(CK_TRUE, NULL, &n), CKR_OK);
	assert_int_equal(n, 6);
	stubs[1]->hang_list = true;
	before = now();
	assert_int_equal(C_GetSlotList(CK_TRUE, NULL, &n), CKR_OK);
	assert_int_equal(n, 6);
	assert_true(now() - before > 1);
	assert_true(now() - before < 8);
	before = now();
	/* It was never asked for these. */
	assert_int_equal(C_GetSlotList(CK_FALSE, NULL, &n), CKR_OK);
	assert_int_equal(n, 4);
	assert_int_equal(info(open_on(SLOT(0))), CKR_OK);
	assert_int_equal(info(open_on(SLOT(2) + 1)), CKR_OK);
	assert_true(now() - before < 3);
	stubs[1]->hang_list = false;
	await_slots(CK_FALSE, 6);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(stubs[i]->finalized, 1);
}

/* One is lost; the others do not notice. */
static void
test_one_of_several(void **state)
{
	const char *const conf[N] = { NULL, NULL, NULL };
	CK_SESSION_HANDLE s[N];
	struct stub *stubs[N];
	CK_ULONG n = 0;

	(void)state;
	assert_true(module_configure_stubs(N, conf, stubs));
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	for (size_t i = 0; i < N; i++)
		s[i] = open_on(SLOT(i));
	stubs[1]->lost = CKR_DEVICE_ERROR;
	assert_int_equal(C_GetSlotList(CK_TRUE, NULL, &n), CKR_OK);
	assert_int_equal(n, 4);
	assert_int_equal(info(s[0]), CKR_OK);
	assert_int_equal(info(s[1]), CKR_SESSION_HANDLE_INVALID);
	assert_int_equal(info(s[2]), CKR_OK);
	stubs[1]->comes_back = true;
	await_slots(CK_TRUE, 6);
	assert_int_equal(info(open_on(SLOT(1))), CKR_OK);
	assert_int_equal(stubs[0]->initialized, 1);
	assert_int_equal(stubs[2]->initialized, 1);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_every_call),
		cmocka_unit_test(test_not_initialised),
		cmocka_unit_test(test_stays_away),
		cmocka_unit_test(test_card),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_call_in_it),
		cmocka_unit_test(test_list_hangs),
		cmocka_unit_test(test_one_of_several),
		cmocka_unit_test(test_end_hangs),
		cmocka_unit_test(test_end_with_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
