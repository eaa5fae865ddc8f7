/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "module/session/session.h"
#include "tests/support/module-start.h"

#define THREADS 6
#define SHARED  8
#define ROUNDS  3000

static struct stub *stub;

static int
setup(void **state)
{
	(void)state;
	stub = module_configure_stub(NULL);
	return stub != NULL && C_Initialize(NULL) == CKR_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	return C_Finalize(NULL) == CKR_OK ? 0 : -1;
}

static CK_SESSION_HANDLE
open_session(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE s = 0;

	assert_int_equal(C_OpenSession(slot, MODULE_RW, NULL, NULL, &s),
	    CKR_OK);
	assert_int_not_equal(s, 0);
	return s;
}

static CK_RV
info(CK_SESSION_HANDLE s)
{
	CK_SESSION_INFO i;

	return C_GetSessionInfo(s, &i);
}

/* The device gives out the same handle again at once; we do not. */
static void
test_stale(void **state)
{
	CK_SESSION_HANDLE old = open_session(0), new;
	CK_SESSION_HANDLE down = stub->last;

	(void)state;
	assert_int_equal(C_CloseSession(old), CKR_OK);
	new = open_session(0);
	assert_int_equal(stub->last, down);
	assert_int_not_equal(old, new);
	assert_int_equal(info(old), CKR_SESSION_HANDLE_INVALID);
	assert_int_equal(C_CloseSession(old), CKR_SESSION_HANDLE_INVALID);
	assert_int_equal(info(new), CKR_OK);
	assert_int_equal(C_CloseSession(new), CKR_OK);
	assert_int_equal(info(0), CKR_SESSION_HANDLE_INVALID);
	assert_int_equal(info(~0UL), CKR_SESSION_HANDLE_INVALID);
}

/* What the device has dropped is never taken for its successor. */
static void
test_dropped_below(void **state)
{
	CK_SESSION_HANDLE s = open_session(0), other;

	(void)state;
	stub->session_answer = CKR_SESSION_HANDLE_INVALID;
	assert_int_equal(info(s), CKR_SESSION_HANDLE_INVALID);
	stub->session_answer = CKR_OK;
	assert_int_equal(info(s), CKR_SESSION_HANDLE_INVALID);
	other = open_session(0);
	assert_int_equal(info(other), CKR_OK);
	/* Any other answer ends nothing. */
	stub->session_answer = CKR_DEVICE_ERROR;
	assert_int_equal(info(other), CKR_DEVICE_ERROR);
	stub->session_answer = CKR_OK;
	assert_int_equal(info(other), CKR_OK);
	assert_int_equal(C_CloseAllSessions(0), CKR_OK);
}

static void
test_close_fails(void **state)
{
	CK_SESSION_HANDLE s = open_session(0);

	(void)state;
	stub->close_answer = CKR_DEVICE_ERROR;
	assert_int_equal(C_CloseSession(s), CKR_DEVICE_ERROR);
	stub->close_answer = CKR_OK;
	assert_int_equal(info(s), CKR_OK);
	assert_int_equal(C_CloseSession(s), CKR_OK);
	assert_int_equal(info(s), CKR_SESSION_HANDLE_INVALID);
}

static void
test_close_all(void **state)
{
	CK_SESSION_HANDLE a = open_session(0), b = open_session(1),
			  c = open_session(0);

	(void)state;
	assert_int_equal(C_CloseAllSessions(7), CKR_SLOT_ID_INVALID);
	assert_int_equal(info(a), CKR_OK);
	assert_int_equal(C_CloseAllSessions(0), CKR_OK);
	assert_int_equal(info(a), CKR_SESSION_HANDLE_INVALID);
	assert_int_equal(info(c), CKR_SESSION_HANDLE_INVALID);
	assert_int_equal(info(b), CKR_OK);
	assert_int_equal(stub->sessions, 1);
	assert_int_equal(C_CloseAllSessions(1), CKR_OK);
	assert_int_equal(stub->sessions, 0);
}

static CK_SESSION_HANDLE notified;
static int application;

static CK_RV
notify(CK_SESSION_HANDLE s, CK_NOTIFICATION event, void *app)
{
	assert_ptr_equal(app, &application);
	assert_int_equal(event, CKN_SURRENDER);
	notified = s;
	return CKR_CANCEL;
}

/* The device calls back with its handle; the application sees its own. */
static void
test_notify(void **state)
{
	CK_SESSION_HANDLE s, first = open_session(1);

	(void)state;
	assert_int_equal(C_CloseSession(first), CKR_OK);
	assert_int_equal(C_OpenSession(1, MODULE_RW, &application, notify, &s),
	    CKR_OK);
	assert_int_not_equal(s, stub->last);
	stub->notify = true;
	assert_int_equal(info(s), CKR_CANCEL);
	assert_int_equal(notified, s);
	stub->notify = false;
	assert_int_equal(C_CloseSession(s), CKR_OK);
}

static void
test_no_more(void **state)
{
	CK_SESSION_HANDLE a = open_session(0), b = 99;

	(void)state;
	stub->max_sessions = 1;
	assert_int_equal(C_OpenSession(0, MODULE_RW, NULL, NULL, &b),
	    CKR_SESSION_COUNT);
	assert_int_equal(b, 99);
	assert_int_equal(C_OpenSession(7, MODULE_RW, NULL, NULL, &b),
	    CKR_SLOT_ID_INVALID);
	assert_int_equal(C_OpenSession(0, MODULE_RW, NULL, NULL, NULL),
	    CKR_ARGUMENTS_BAD);
	stub->max_sessions = 0;
	assert_int_equal(C_CloseSession(a), CKR_OK);
}

/* ---- everybody at once, on sessions that all share */

static _Atomic CK_SESSION_HANDLE shared[SHARED];

static bool
is_fine(CK_RV rv)
{
	return rv == CKR_OK || rv == CKR_SESSION_HANDLE_INVALID;
}

static void *
stir(void *p)
{
	unsigned long *bad = p, r = (unsigned long)(uintptr_t)p;
	CK_SESSION_HANDLE s;
	CK_RV rv;

	for (int i = 0; i < ROUNDS; i++) {
		/* Any mixture does; it need not be random. */
		r = r * 6364136223846793005UL + 1442695040888963407UL;
		s = atomic_load(&shared[(r >> 33) % SHARED]);
		switch ((r >> 40) % 16) {
		case 0:
			rv = C_CloseSession(s);
			break;
		case 1:
		case 2:
		case 3:
			rv = C_OpenSession((r >> 50) % 2, MODULE_RW, NULL, NULL,
			    &s);
			if (rv == CKR_OK)
				s = atomic_exchange(&shared[(r >> 33) % SHARED],
				    s);
			if (rv == CKR_OK && s != 0)
				rv = C_CloseSession(s);
			break;
		case 4:
			rv =
			    (r >> 44) % 8 == 0 ? C_CloseAllSessions(0) : CKR_OK;
			break;
		default:
			rv = info(s);
			break;
		}
		*bad += !is_fine(rv);
	}
	return NULL;
}

static void
stir_all(void)
{
	unsigned long bad[THREADS] = { 0 };
	pthread_t thread[THREADS];

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, stir,
				     &bad[i]),
		    0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		assert_int_equal(bad[i], 0);
	}
	assert_int_equal(C_CloseAllSessions(0), CKR_OK);
	assert_int_equal(C_CloseAllSessions(1), CKR_OK);
	assert_int_equal(stub->sessions, 0);
}

static void
test_races(void **state)
{
	(void)state;
	stir_all();
}

/* A session that is closed while a call runs in it. */
static void
test_races_slow(void **state)
{
	(void)state;
	stub->work = true;
	for (int i = 0; i < SHARED; i++)
		atomic_store(&shared[i], open_session(0));
	stir_all();
	stub->work = false;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_dropped_below),
		cmocka_unit_test(test_close_fails),
		cmocka_unit_test(test_close_all),
		cmocka_unit_test(test_notify),
		cmocka_unit_test(test_no_more),
		cmocka_unit_test(test_races),
		cmocka_unit_test(test_races_slow),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
