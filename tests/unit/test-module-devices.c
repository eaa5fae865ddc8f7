/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "module/device/handle.h"
#include "tests/support/module-start.h"

#define N       3
#define SLOT(i) ((CK_SLOT_ID)(i) << HANDLE_SHIFT)

static struct stub *stub[N];

static void
configure(const char *a, const char *b, const char *c)
{
	const char *const conf[N] = { a, b, c };

	assert_true(module_configure_stubs(N, conf, stub));
}

static void
stop(void)
{
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(stub[i]->finalized, stub[i]->initialized);
		assert_int_equal(stub[i]->sessions, 0);
	}
}

static void
test_slots(void **state)
{
	CK_SLOT_ID id[8];
	CK_SLOT_INFO info;
	CK_ULONG n = 0;

	(void)state;
	configure(NULL, "slots = 1\n", NULL);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_GetSlotList(CK_FALSE, NULL, &n), CKR_OK);
	assert_int_equal(n, 5);
	n = 4;
	memset(id, 0x5a, sizeof(id));
	assert_int_equal(C_GetSlotList(CK_FALSE, id, &n), CKR_BUFFER_TOO_SMALL);
	assert_int_equal(n, 5);
	assert_int_equal(id[0], 0x5a5a5a5a5a5a5a5aUL);
	n = 8;
	assert_int_equal(C_GetSlotList(CK_TRUE, id, &n), CKR_OK);
	assert_int_equal(n, 5);
	assert_int_equal(id[0], SLOT(0));
	assert_int_equal(id[1], SLOT(0) + 1);
	assert_int_equal(id[2], SLOT(1) + 1);
	assert_int_equal(id[3], SLOT(2));
	assert_int_equal(id[4], SLOT(2) + 1);
	for (CK_ULONG i = 0; i < n; i++)
		assert_int_equal(C_GetSlotInfo(id[i], &info), CKR_OK);
	assert_int_equal(stub[0]->calls, 2);
	assert_int_equal(stub[1]->calls, 1);
	assert_int_equal(stub[2]->calls, 2);
	/* Left out; unknown to the device; of no device; marked */
	assert_int_equal(C_GetSlotInfo(SLOT(1), &info), CKR_SLOT_ID_INVALID);
	assert_int_equal(C_GetSlotInfo(SLOT(2) + 2, &info),
	    CKR_SLOT_ID_INVALID);
	assert_int_equal(C_GetSlotInfo(SLOT(3), &info), CKR_SLOT_ID_INVALID);
	assert_int_equal(C_GetSlotInfo(SLOT(127), &info), CKR_SLOT_ID_INVALID);
	assert_int_equal(C_GetSlotInfo(~(~0UL >> 1), &info),
	    CKR_SLOT_ID_INVALID);
	assert_int_equal(C_GetSlotList(CK_TRUE, id, NULL), CKR_ARGUMENTS_BAD);
	stop();
}

static void
test_sessions(void **state)
{
	CK_SESSION_HANDLE s[N][2];
	CK_SESSION_INFO info;

	(void)state;
	configure(NULL, "lock = slot\n", "lock = module\n");
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	for (size_t i = 0; i < N; i++) {
		for (CK_SLOT_ID j = 0; j < 2; j++) {
			assert_int_equal(C_OpenSession(SLOT(i) + j, MODULE_RW,
					     NULL, NULL, &s[i][j]),
			    CKR_OK);
			assert_int_equal(C_GetSessionInfo(s[i][j], &info),
			    CKR_OK);
			assert_int_equal(info.slotID, SLOT(i) + j);
		}
		assert_int_equal(stub[i]->sessions, 2);
	}
	/* Slot 1 of one device is not slot 1 of another. */
	assert_int_equal(C_CloseAllSessions(SLOT(1) + 1), CKR_OK);
	assert_int_equal(C_CloseAllSessions(SLOT(3)), CKR_SLOT_ID_INVALID);
	assert_int_equal(C_GetSessionInfo(s[1][1], &info),
	    CKR_SESSION_HANDLE_INVALID);
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(stub[i]->sessions, i == 1 ? 1 : 2);
		assert_int_equal(C_GetSessionInfo(s[i][0], &info), CKR_OK);
	}
	assert_int_equal(C_GetSessionInfo(s[2][1], &info), CKR_OK);
	stop();
}

/* One that fails takes nothing from the others, at first and later. */
static void
test_broken(void **state)
{
	CK_SLOT_ID id[8];
	CK_SLOT_INFO info;
	CK_SESSION_HANDLE s;
	CK_ULONG n = 8;

	(void)state;
	configure(NULL, NULL, NULL);
	stub[0]->initialize = CKR_DEVICE_MEMORY;
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_false(device_is_open(module_device_at(0)));
	assert_int_equal(C_GetSlotList(CK_FALSE, id, &n), CKR_OK);
	assert_int_equal(n, 4);
	/* Its number stays its own. */
	assert_int_equal(id[0], SLOT(1));
	assert_int_equal(id[2], SLOT(2));
	assert_int_equal(C_GetSlotInfo(SLOT(0), &info), CKR_DEVICE_REMOVED);
	assert_int_equal(C_OpenSession(SLOT(0), MODULE_RW, NULL, NULL, &s),
	    CKR_DEVICE_REMOVED);
	assert_int_equal(C_OpenSession(SLOT(2), MODULE_RW, NULL, NULL, &s),
	    CKR_OK);
	atomic_store(&stub[1]->list_answer, CKR_DEVICE_ERROR);
	n = 8;
	assert_int_equal(C_GetSlotList(CK_FALSE, id, &n), CKR_OK);
	assert_int_equal(n, 2);
	assert_int_equal(id[0], SLOT(2));
	stop();
	assert_int_equal(stub[0]->finalized, 0);
}

/* It is tried again, and what it has then is numbered as its place says. */
static void
test_broken_at_first(void **state)
{
	CK_SLOT_ID id[8];
	CK_SESSION_HANDLE s;
	CK_ULONG n = 0;

	(void)state;
	configure(NULL, NULL, NULL);
	stub[1]->initialize = CKR_DEVICE_ERROR;
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	stub[1]->initialize = CKR_OK;
	for (int i = 0; i < 50 && n < 6; i++) {
		n = 8;
		assert_int_equal(C_GetSlotList(CK_FALSE, id, &n), CKR_OK);
		usleep(100000);
	}
	assert_int_equal(n, 6);
	assert_int_equal(id[2], SLOT(1));
	assert_int_equal(C_OpenSession(SLOT(1) + 1, MODULE_RW, NULL, NULL, &s),
	    CKR_OK);
	stop();
}

static void
test_all_broken(void **state)
{
	static const CK_RV answers[N] = { CKR_DEVICE_MEMORY, CKR_DEVICE_ERROR,
		CKR_GENERAL_ERROR };
	CK_INFO info;

	(void)state;
	configure(NULL, NULL, NULL);
	for (size_t i = 0; i < N; i++)
		stub[i]->initialize = answers[i];
	assert_int_equal(C_Initialize(NULL), CKR_DEVICE_MEMORY);
	assert_int_equal(C_GetInfo(&info), CKR_CRYPTOKI_NOT_INITIALIZED);
}

/* What must not be missing; the one before it is given back. */
static void
test_critical(void **state)
{
	(void)state;
	configure("critical = no\n", "critical = yes\n", NULL);
	stub[1]->initialize = CKR_DEVICE_ERROR;
	assert_int_equal(C_Initialize(NULL), CKR_DEVICE_ERROR);
	assert_int_equal(stub[0]->initialized, 1);
	assert_int_equal(stub[0]->finalized, 1);
	stub[1]->initialize = CKR_OK;
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	stop();
}

/* None can list its slots: then that is the answer. */
static void
test_no_list(void **state)
{
	CK_ULONG n = 7;

	(void)state;
	configure(NULL, NULL, NULL);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	for (size_t i = 0; i < N; i++)
		atomic_store(&stub[i]->list_answer,
		    i == 0 ? CKR_DEVICE_ERROR : CKR_FUNCTION_FAILED);
	assert_int_equal(C_GetSlotList(CK_FALSE, NULL, &n), CKR_DEVICE_ERROR);
	assert_int_equal(n, 7);
	stop();
}

/* A slot whose number needs our byte is left out; the others are not. */
static void
test_no_room(void **state)
{
	CK_SLOT_ID id[8];
	CK_ULONG n = 8;

	(void)state;
	configure(NULL, NULL, NULL);
	stub[1]->listed_from = SLOT(1) - 1;
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_GetSlotList(CK_FALSE, id, &n), CKR_OK);
	assert_int_equal(n, 5);
	assert_int_equal(id[2], SLOT(1) | (SLOT(1) - 1));
	stop();
}

/* The first that may speak for us does; one that is broken cannot. */
static void
test_info(void **state)
{
	CK_INFO info;

	(void)state;
	configure(NULL, "info = downstream\n", "info = downstream\n");
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	module_device_at(1)->fault = NULL;
	assert_int_equal(C_GetInfo(&info), CKR_OK);
	assert_memory_equal(info.manufacturerID, "stub    ", 8);
	stop();
	stub[1]->initialize = stub[2]->initialize = CKR_DEVICE_ERROR;
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_GetInfo(&info), CKR_OK);
	assert_memory_equal(info.manufacturerID, "p11-mdoc    ", 12);
	assert_int_equal(C_GetInfo(NULL), CKR_ARGUMENTS_BAD);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

/* Each has its own options. */
static void
test_options(void **state)
{
	(void)state;
	configure("lock = module\ninit-args = a\n", NULL,
	    "init-args = c\nminimum-path = B\n");
	stub[1]->cannot_lock = true;
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_string_equal(stub[0]->init_args, "a");
	assert_string_equal(stub[1]->init_args, "");
	assert_string_equal(stub[2]->init_args, "c");
	assert_int_equal(module_device_at(0)->n_locks, 1);
	assert_int_equal(module_device_at(1)->conf.lock, CONF_LOCK_MODULE);
	assert_int_equal(module_device_at(2)->n_locks, 0);
	assert_int_equal(module_device_at(0)->conf.weakest, AGREE_PATH_UNKNOWN);
	assert_int_equal(module_device_at(2)->conf.weakest, AGREE_PATH_B);
	assert_null(module_device_at(3));
	stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_broken_at_first),
		cmocka_unit_test(test_all_broken),
		cmocka_unit_test(test_critical),
		cmocka_unit_test(test_no_list),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
