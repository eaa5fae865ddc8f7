/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "common/util.h"
#include "module/trace/trace-names.h"

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(trace_name(TRACE_MECHANISM, CKM_ECDSA),
	    "CKM_ECDSA");
	assert_string_equal(trace_name(TRACE_MECHANISM, 0x402a),
	    "CKM_HKDF_DERIVE");
	assert_string_equal(trace_name(TRACE_MECHANISM, CKM_MDOC_DEVICE_MAC),
	    "CKM_MDOC_DEVICE_MAC");
	assert_string_equal(trace_name(TRACE_MECHANISM, CKM_EC_KEY_PAIR_GEN),
	    "CKM_EC_KEY_PAIR_GEN");
	assert_string_equal(trace_name(TRACE_CLASS, CKO_DATA), "CKO_DATA");
	assert_string_equal(trace_name(TRACE_CLASS, 9), "CKO_PROFILE");
	assert_string_equal(trace_name(TRACE_CLASS, CKO_MDOC_CREDENTIAL),
	    "CKO_MDOC_CREDENTIAL");
	assert_string_equal(trace_name(TRACE_KEY_TYPE, 3), "CKK_EC");
	assert_string_equal(trace_name(TRACE_KEY_TYPE, 0x41),
	    "CKK_EC_MONTGOMERY");
	assert_string_equal(trace_name(TRACE_CERTIFICATE, 0), "CKC_X_509");
	assert_string_equal(trace_name(TRACE_KDF, 1), "CKD_NULL");
	assert_string_equal(trace_name(TRACE_MGF, 2), "CKG_MGF1_SHA256");
	assert_string_equal(trace_name(TRACE_PROFILE, 1),
	    "CKP_BASELINE_PROVIDER");
	assert_string_equal(trace_name(TRACE_USER, 1), "CKU_USER");
	assert_string_equal(trace_name(TRACE_STATE, 3),
	    "CKS_RW_USER_FUNCTIONS");
	assert_string_equal(trace_name(TRACE_ROLE, 3), "MDOC_ROLE_EMACKEY");
	assert_null(trace_name(TRACE_MECHANISM, 0x12345678));
	assert_null(trace_name(TRACE_CLASS, 0x99));
}

/*
 * What may be seen of an attribute. Values of keys, of data and of passwords
 * never: for these there is the length.
 */
static void
test_attributes(void **state)
{
	static const CK_ATTRIBUTE_TYPE hidden[] = { CKA_VALUE,
		CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2, CKA_EXPONENT_1,
		CKA_EXPONENT_2, CKA_COEFFICIENT, CKA_CHECK_VALUE, CKA_EC_POINT,
		CKA_SUBJECT, CKA_MODULUS, CKA_OTP_COUNTER, CKA_MDOC_DOC_TYPES };
	const struct trace_attribute *a;

	(void)state;
	for (size_t i = 0; i < nitems(hidden); i++) {
		a = trace_attribute_find(hidden[i]);
		assert_non_null(a);
		assert_int_equal(a->kind, TRACE_LENGTH);
	}
	a = trace_attribute_find(CKA_SENSITIVE);
	assert_non_null(a);
	assert_int_equal(a->kind, TRACE_BOOL);
	assert_string_equal(a->name, "CKA_SENSITIVE");
	a = trace_attribute_find(CKA_MDOC_KEY_PATH);
	assert_non_null(a);
	assert_int_equal(a->kind, TRACE_PATH);
	assert_null(trace_attribute_find(0x4711));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_attributes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
