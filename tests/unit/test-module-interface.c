/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "module/api/general.h"
#include "module/api/interface.h"
#include "tests/support/module-start.h"

static CK_UTF8CHAR pkcs11[] = "PKCS 11";
static CK_UTF8CHAR other[] = "Vendor other";

static void
test_is(void **state)
{
	CK_VERSION list = { 3, 0 }, v = { 3, 0 }, old = { 2, 40 };
	CK_INTERFACE i = { pkcs11, &list, 0 };
	CK_INTERFACE o = { other, &list, 0 };

	(void)state;
	assert_true(interface_is(&i, NULL, NULL, 0));
	assert_true(interface_is(&i, pkcs11, NULL, 0));
	assert_true(interface_is(&i, pkcs11, &v, 0));
	assert_true(interface_is(&i, NULL, &v, 0));
	assert_false(interface_is(&i, NULL, &old, 0));
	assert_false(interface_is(&i, other, NULL, 0));
	/* Ours is not, and flags that are not asked for do no harm. */
	assert_false(interface_is(&i, NULL, NULL, CKF_INTERFACE_FORK_SAFE));
	i.flags = CKF_INTERFACE_FORK_SAFE;
	assert_true(interface_is(&i, NULL, NULL, CKF_INTERFACE_FORK_SAFE));
	assert_true(interface_is(&i, NULL, NULL, 0));
	/* Without a name, PKCS#11 is meant. */
	assert_false(interface_is(&o, NULL, &v, 0));
	assert_true(interface_is(&o, other, &v, 0));
}

/* Before C_Initialize the device's library is asked, and not initialised. */
static void
test_offers(void **state)
{
	struct stub *stub = module_configure_stub(NULL);

	(void)state;
	assert_non_null(stub);
	assert_false(interface_offers_3_2());
	assert_true(stub->asked);
	stub->minor_3 = 2;
	assert_true(interface_offers_3_2());
	assert_int_equal(stub->initialized, 0);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_true(interface_offers_3_2());
	/* What was found when it was opened counts. */
	stub->minor_3 = 0;
	assert_true(interface_offers_3_2());
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_false(interface_offers_3_2());
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_false(interface_offers_3_2());
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

static void
test_offers_of_one(void **state)
{
	static const char *const conf[] = { "", "" };
	struct stub *stubs[2];

	(void)state;
	assert_true(module_configure_stubs(2, conf, stubs));
	assert_false(interface_offers_3_2());
	stubs[1]->minor_3 = 2;
	assert_true(interface_offers_3_2());
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_true(interface_offers_3_2());
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

/* A configuration that is wrong: C_Initialize says so. */
static void
test_offers_nothing(void **state)
{
	(void)state;
	assert_int_equal(setenv("P11_MDOC_CONF", "/nowhere/x.conf", 1), 0);
	assert_false(interface_offers_3_2());
}

static void
test_info(void **state)
{
	const CK_VERSION v = { 3, 2 };
	struct stub *stub = module_configure_stub("info = downstream\n");
	CK_INFO info, old;

	(void)state;
	assert_non_null(stub);
	assert_int_equal(general_info(&v, &info), CKR_CRYPTOKI_NOT_INITIALIZED);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(general_info(&v, &info), CKR_OK);
	assert_int_equal(info.cryptokiVersion.major, 3);
	assert_int_equal(info.cryptokiVersion.minor, 2);
	assert_memory_equal(info.manufacturerID, "stub ", 5);
	assert_int_equal(C_GetInfo(&old), CKR_OK);
	assert_int_equal(old.cryptokiVersion.major, 2);
	assert_int_equal(old.cryptokiVersion.minor, 20);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	assert_non_null(module_configure_stub(NULL));
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(general_info(&v, NULL), CKR_ARGUMENTS_BAD);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is),
		cmocka_unit_test(test_offers),
		cmocka_unit_test(test_offers_of_one),
		cmocka_unit_test(test_offers_nothing),
		cmocka_unit_test(test_info),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
