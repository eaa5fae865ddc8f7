/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "module/device/slot.h"
#include "tests/support/module-start.h"

static void
test_all(void **state)
{
	CK_SLOT_ID id[4];
	CK_ULONG n = 4;
	CK_SLOT_INFO info;

	(void)state;
	assert_non_null(module_configure_stub(NULL));
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_GetSlotList(CK_FALSE, id, &n), CKR_OK);
	assert_int_equal(n, 2);
	assert_int_equal(id[0], 0);
	assert_int_equal(id[1], 1);
	n = 1;
	assert_int_equal(C_GetSlotList(CK_FALSE, id, &n), CKR_BUFFER_TOO_SMALL);
	assert_int_equal(n, 2);
	assert_int_equal(C_GetSlotInfo(0, &info), CKR_OK);
	assert_int_equal(C_WaitForSlotEvent(CKF_DONT_BLOCK, id, NULL), CKR_OK);
	assert_int_equal(id[0], 1);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

/* A slot that is left out is not there, whatever is asked. */
static void
test_some(void **state)
{
	CK_SLOT_ID id[4] = { 9, 9, 9, 9 };
	CK_ULONG n = 4;
	CK_SESSION_HANDLE s;
	CK_SLOT_INFO info;

	(void)state;
	assert_non_null(module_configure_stub("slots = 1 5\n"));
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_GetSlotList(CK_FALSE, NULL, &n), CKR_OK);
	assert_int_equal(n, 1);
	n = 4;
	assert_int_equal(C_GetSlotList(CK_FALSE, id, &n), CKR_OK);
	assert_int_equal(n, 1);
	assert_int_equal(id[0], 1);
	assert_int_equal(id[1], 9);
	n = 0;
	assert_int_equal(C_GetSlotList(CK_FALSE, id, &n), CKR_BUFFER_TOO_SMALL);
	assert_int_equal(n, 1);
	assert_int_equal(C_GetSlotInfo(0, &info), CKR_SLOT_ID_INVALID);
	assert_int_equal(C_GetSlotInfo(1, &info), CKR_OK);
	/* Named, and the device has none: it says so. */
	assert_int_equal(C_GetSlotInfo(5, &info), CKR_SLOT_ID_INVALID);
	assert_int_equal(C_OpenSession(0, MODULE_RW, NULL, NULL, &s),
	    CKR_SLOT_ID_INVALID);
	assert_int_equal(C_CloseAllSessions(0), CKR_SLOT_ID_INVALID);
	assert_int_equal(C_OpenSession(1, MODULE_RW, NULL, NULL, &s), CKR_OK);
	assert_int_equal(C_WaitForSlotEvent(CKF_DONT_BLOCK, id, NULL), CKR_OK);
	assert_int_equal(id[0], 1);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_some),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
