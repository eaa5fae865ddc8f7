/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "tests/support/module-start.h"

static struct softhsm hsm;
static CK_SESSION_HANDLE s;

static int
setup(void **state)
{
	(void)state;
	return module_start(&hsm, &s) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	module_stop();
	return 0;
}

/* The list, to be freed; it has what was announced. */
static CK_MECHANISM_TYPE *
list(CK_ULONG *ret_n)
{
	CK_MECHANISM_TYPE *v;
	CK_ULONG n = 0, again;

	assert_int_equal(C_GetMechanismList(hsm.slot, NULL, &n), CKR_OK);
	v = calloc(n + 1, sizeof(*v));
	assert_non_null(v);
	again = n;
	assert_int_equal(C_GetMechanismList(hsm.slot, v, &again), CKR_OK);
	assert_int_equal(n, again);
	*ret_n = n;
	return v;
}

static unsigned
times(const CK_MECHANISM_TYPE *v, CK_ULONG n, CK_MECHANISM_TYPE type)
{
	unsigned found = 0;

	for (CK_ULONG i = 0; i < n; i++)
		found += v[i] == type;
	return found;
}

static void
test_list(void **state)
{
	static const CK_MECHANISM_TYPE ours[] = { CKM_MDOC_DEVICE_SIGNATURE,
		CKM_MDOC_DEVICE_MAC, CKM_MDOC_READER_AUTHENTICATION,
		CKM_MDOC_ISSUER_AUTHENTICATION, CKM_MDOC_KEY_DERIVE,
		CKM_MDOC_HPKE_OPEN };
	CK_MECHANISM_TYPE *v, few[2] = { 1, 2 };
	CK_ULONG n, small = 2;

	(void)state;
	v = list(&n);
	for (size_t i = 0; i < nitems(ours); i++)
		assert_int_equal(times(v, n, ours[i]), 1);
	assert_int_equal(times(v, n, CKM_ECDSA), 1);
	assert_int_equal(times(v, n, CKM_MDOC_HPKE_OPEN + 1), 0);
	free(v);
	assert_int_equal(C_GetMechanismList(hsm.slot, few, &small),
	    CKR_BUFFER_TOO_SMALL);
	assert_int_equal(small, n);
	assert_int_equal(few[0], 1);
	/* As many as the device has alone are not enough either. */
	small = n - 1;
	v = calloc(n, sizeof(*v));
	assert_int_equal(C_GetMechanismList(hsm.slot, v, &small),
	    CKR_BUFFER_TOO_SMALL);
	free(v);
	assert_int_equal(C_GetMechanismList(hsm.slot + 9, NULL, &n),
	    CKR_SLOT_ID_INVALID);
	assert_int_equal(C_GetMechanismList(hsm.slot, NULL, NULL),
	    CKR_ARGUMENTS_BAD);
}

static void
test_info(void **state)
{
	CK_MECHANISM_INFO info;

	(void)state;
	assert_int_equal(C_GetMechanismInfo(hsm.slot, CKM_MDOC_DEVICE_MAC,
			     &info),
	    CKR_OK);
	assert_true(info.flags & CKF_SIGN);
	assert_false(info.flags & (CKF_VERIFY | CKF_HW));
	assert_int_equal(C_GetMechanismInfo(hsm.slot, CKM_MDOC_DEVICE_SIGNATURE,
			     &info),
	    CKR_OK);
	assert_true(info.flags & CKF_VERIFY);
	assert_int_equal(C_GetMechanismInfo(hsm.slot, CKM_MDOC_KEY_DERIVE,
			     &info),
	    CKR_OK);
	assert_int_equal(info.flags & (CKF_DERIVE | CKF_SIGN | CKF_HW),
	    CKF_DERIVE);
	assert_int_equal(C_GetMechanismInfo(hsm.slot, CKM_MDOC_HPKE_OPEN,
			     &info),
	    CKR_OK);
	assert_int_equal(info.flags & (CKF_DECRYPT | CKF_SIGN | CKF_HW),
	    CKF_DECRYPT);
	assert_int_equal(info.ulMinKeySize, 256);
	assert_int_equal(info.ulMaxKeySize, 256);
	assert_int_equal(C_GetMechanismInfo(hsm.slot, CKM_MDOC_HPKE_OPEN + 1,
			     &info),
	    CKR_MECHANISM_INVALID);
	assert_int_equal(C_GetMechanismInfo(hsm.slot + 9, CKM_MDOC_DEVICE_MAC,
			     &info),
	    CKR_SLOT_ID_INVALID);
	assert_int_equal(C_GetMechanismInfo(hsm.slot, CKM_MDOC_DEVICE_MAC,
			     NULL),
	    CKR_ARGUMENTS_BAD);
}

/* A device without ECDH: a mechanism that cannot work is not there. */
static CK_RV
no_info(const char *function)
{
	return !strcmp(function, "C_GetMechanismInfo") ? CKR_MECHANISM_INVALID
						       : CKR_OK;
}

static void
test_not_working(void **state)
{
	CK_MECHANISM_TYPE *v;
	CK_MECHANISM_INFO info;
	CK_ULONG n;

	(void)state;
	module_device()->fault = no_info;
	v = list(&n);
	assert_int_equal(times(v, n, CKM_MDOC_DEVICE_MAC), 0);
	assert_int_equal(times(v, n, CKM_ECDSA), 1);
	free(v);
	assert_int_equal(C_GetMechanismInfo(hsm.slot, CKM_MDOC_DEVICE_MAC,
			     &info),
	    CKR_MECHANISM_INVALID);
	module_device()->fault = NULL;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_not_working),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
