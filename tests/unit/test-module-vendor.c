/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "module/api/vendor.h"
#include "tests/support/module-start.h"

#define HEADER "vendor-ext/include/p11-mdoc/pkcs11-mdoc.h"

static CK_ULONG
kind_of(const char *name)
{
	switch (name[2]) {
	case 'M':
		return MDOC_NAME_MECHANISM;
	case 'O':
		return MDOC_NAME_CLASS;
	default:
		return MDOC_NAME_ATTRIBUTE;
	}
}

/* Every number of the header has its name. */
static void
test_names(void **state)
{
	const char *top = secure_getenv("abs_top_srcdir");
	char path[1024], line[256], name[128];
	unsigned long n;
	unsigned seen = 0;
	FILE *f;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/" HEADER,
	    top != NULL ? top : ".");
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		const char *found;

		if (sscanf(line, "#define %127s MDOC_VENDOR(%lx", name, &n) !=
			2 ||
		    strncmp(name, "CK", 2) != 0)
			continue;
		found = vendor_interface.name(kind_of(name), MDOC_VENDOR(n));
		if (found == NULL)
			print_message("# no name: %s\n", name);
		assert_non_null(found);
		assert_string_equal(found, name);
		seen++;
	}
	fclose(f);
	assert_true(seen > 20);
	assert_null(vendor_interface.name(MDOC_NAME_MECHANISM,
	    MDOC_VENDOR(0xF001UL)));
	assert_null(vendor_interface.name(0, CKM_MDOC_DEVICE_MAC));
	assert_null(vendor_interface.name(99, CKM_MDOC_DEVICE_MAC));
	/* What PKCS#11 itself has, too. */
	assert_string_equal(vendor_interface.name(MDOC_NAME_MECHANISM,
				CKM_ECDSA),
	    "CKM_ECDSA");
}

static void
text_is(CK_ULONG what, const char *expected)
{
	CK_ULONG len = 999, short_len;
	CK_UTF8CHAR text[1024];

	assert_int_equal(vendor_interface.device(1, what, NULL, &len), CKR_OK);
	assert_int_equal(len, strlen(expected));
	short_len = len - 1;
	assert_int_equal(vendor_interface.device(1, what, text, &short_len),
	    CKR_BUFFER_TOO_SMALL);
	assert_int_equal(short_len, len);
	assert_int_equal(vendor_interface.device(1, what, text, &len), CKR_OK);
	assert_memory_equal(text, expected, len);
}

static void
test_device(void **state)
{
	struct stub *stub = module_configure_stub(NULL);
	CK_ULONG len = 1;

	(void)state;
	assert_non_null(stub);
	stub->lacks_3 = true;
	assert_int_equal(vendor_interface.device(1, MDOC_DEVICE_NAME, NULL,
			     &len),
	    CKR_CRYPTOKI_NOT_INITIALIZED);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	text_is(MDOC_DEVICE_NAME, "stub");
	text_is(MDOC_DEVICE_MODULE, module_device()->conf.module);
	text_is(MDOC_DEVICE_PKCS11, "2.40");
	assert_int_equal(vendor_interface.device(1, 0, NULL, &len),
	    CKR_ARGUMENTS_BAD);
	assert_int_equal(vendor_interface.device(1, MDOC_DEVICE_NAME, NULL,
			     NULL),
	    CKR_ARGUMENTS_BAD);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	stub->lacks_3 = false;
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	text_is(MDOC_DEVICE_PKCS11, "3.0");
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	stub->minor_3 = 2;
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	text_is(MDOC_DEVICE_PKCS11, "3.2");
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

/* Each slot has its own device; a slot that is left out has none. */
static void
test_slots(void **state)
{
	static const char *const conf[] = { "", "slots = 1\n" };
	CK_UTF8CHAR name[64];
	CK_SLOT_ID slots[8];
	CK_ULONG n = 8, len;
	struct stub *stubs[2];

	(void)state;
	assert_true(module_configure_stubs(2, conf, stubs));
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(C_GetSlotList(CK_FALSE, slots, &n), CKR_OK);
	assert_int_equal(n, 3);
	for (CK_ULONG i = 0; i < n; i++) {
		len = sizeof(name);
		assert_int_equal(vendor_interface.device(slots[i],
				     MDOC_DEVICE_NAME, name, &len),
		    CKR_OK);
		assert_int_equal(len,
		    strlen(module_device_at(i < 2 ? 0 : 1)->conf.name));
		assert_memory_equal(name,
		    module_device_at(i < 2 ? 0 : 1)->conf.name, len);
	}
	assert_int_equal(vendor_interface.device(slots[2] - 1, MDOC_DEVICE_NAME,
			     NULL, &len),
	    CKR_SLOT_ID_INVALID);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
}

static void
test_version(void **state)
{
	(void)state;
	assert_int_equal(vendor_interface.version.major, 1);
	assert_int_equal(vendor_interface.version.minor, 0);
	assert_string_equal(vendor_interface.library, PACKAGE_VERSION);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_device),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
