/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "module/object/attrs.h"

static void
test_ours(void **state)
{
	(void)state;
	assert_true(attrs_is_ours(CKA_MDOC_PURPOSE));
	assert_true(attrs_is_ours(CKO_MDOC_CREDENTIAL));
	assert_true(attrs_is_ours(CKA_ISO23465_CLASS));
	assert_false(attrs_is_ours(CKA_LABEL));
	assert_false(attrs_is_ours(CKA_VENDOR_DEFINED));
	/* NSS: "NSCP" */
	assert_false(attrs_is_ours(0xce534351UL));
	assert_false(attrs_is_ours(0xcd450001UL));
	assert_false(attrs_is_ours(~0UL));
}

static void
test_find(void **state)
{
	CK_BYTE odd[1 + sizeof(CK_ULONG)] = { 0 };
	CK_ULONG number = 77, got = 5;
	CK_ATTRIBUTE t[] = { { CKA_LABEL, odd, 3 },
		{ CKA_VALUE_LEN, &number, sizeof(number) }, { CKA_ID, NULL, 0 },
		{ CKA_MODULUS_BITS, odd + 1, sizeof(CK_ULONG) },
		{ CKA_CLASS, odd, 3 } };

	(void)state;
	assert_ptr_equal(attrs_find(t, 5, CKA_ID), &t[2]);
	assert_null(attrs_find(t, 2, CKA_ID));
	assert_null(attrs_find(NULL, 5, CKA_ID));
	assert_int_equal(attrs_bytes(t, 5, CKA_LABEL).len, 3);
	assert_true(bytes_is_null(attrs_bytes(t, 5, CKA_ID)));
	assert_true(bytes_is_null(attrs_bytes(t, 5, CKA_SUBJECT)));
	assert_true(attrs_ulong(t, 5, CKA_VALUE_LEN, &got));
	assert_int_equal(got, 77);
	/* Not aligned. */
	memcpy(odd + 1, &number, sizeof(number));
	got = 5;
	assert_true(attrs_ulong(t, 5, CKA_MODULUS_BITS, &got));
	assert_int_equal(got, 77);
	got = 5;
	assert_false(attrs_ulong(t, 5, CKA_CLASS, &got));
	assert_false(attrs_ulong(t, 5, CKA_ID, &got));
	assert_int_equal(got, 5);
}

static void
test_put(void **state)
{
	CK_BYTE buf[4] = { 9, 9, 9, 9 };
	CK_ATTRIBUTE a = { CKA_LABEL, NULL, 0 };

	(void)state;
	assert_int_equal(attrs_put(&a, bytes_str("abc")), CKR_OK);
	assert_int_equal(a.ulValueLen, 3);
	a = (CK_ATTRIBUTE){ CKA_LABEL, buf, sizeof(buf) };
	assert_int_equal(attrs_put(&a, bytes_str("abc")), CKR_OK);
	assert_int_equal(a.ulValueLen, 3);
	assert_memory_equal(buf, "abc\t", 4);
	a.ulValueLen = 2;
	assert_int_equal(attrs_put(&a, bytes_str("xyz")), CKR_BUFFER_TOO_SMALL);
	assert_int_equal(a.ulValueLen, CK_UNAVAILABLE_INFORMATION);
	assert_memory_equal(buf, "abc\t", 4);
	a.ulValueLen = 0;
	assert_int_equal(attrs_put(&a, BYTES_NULL), CKR_OK);
	assert_int_equal(attrs_put_none(&a), CKR_ATTRIBUTE_TYPE_INVALID);
	assert_int_equal(a.ulValueLen, CK_UNAVAILABLE_INFORMATION);
}

static void
test_worse(void **state)
{
	static const CK_RV order[] = { CKR_OK, CKR_BUFFER_TOO_SMALL,
		CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_SENSITIVE,
		CKR_OBJECT_HANDLE_INVALID };

	(void)state;
	for (size_t i = 0; i < nitems(order); i++) {
		assert_int_equal(attrs_is_partial(order[i]),
		    i + 1 < nitems(order));
		for (size_t j = 0; j < nitems(order); j++)
			assert_int_equal(attrs_worse(order[i], order[j]),
			    order[i > j ? i : j]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ours),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_worse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
