/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/failmalloc.h"
#include "tests/support/p11-double.h"
#include "tests/support/tokens.h"
#include "vendor-ext/derived.h"
#include "vendor-ext/pkcs11-3.h"

static struct token token;
static CK_OBJECT_HANDLE base;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

/* A secret that is sensitive and stays. */
static CK_OBJECT_HANDLE
secret(void)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_BYTE value[] = "secret";
	CK_ATTRIBUTE a[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &no, 1 },
		{ CKA_PRIVATE, &yes, 1 },
		{ CKA_SENSITIVE, &yes, 1 },
		{ CKA_EXTRACTABLE, &no, 1 },
		{ CKA_VALUE, value, sizeof(value) },
	};
	CK_OBJECT_HANDLE h = 0;

	assert_int_equal(token.f->C_CreateObject(token.session, a, nitems(a),
			     &h),
	    CKR_OK);
	return h;
}

static int
setup(void **state)
{
	(void)state;
	if (!tokens_softhsm(&token))
		return -1;
	base = secret();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	tokens_stop(&token);
	return 0;
}

/* ---- what a template asks for */

static CK_RV
read_template(CK_ATTRIBUTE *t, CK_ULONG n, size_t fixed, struct derived *ret)
{
	const struct mechanism_derivation d = { .template = t, .n = n };

	return derived_read(&d, CKO_SECRET_KEY, fixed, 100, ret);
}

static void
test_read(void **state)
{
	static const struct {
		CK_KEY_TYPE type;
		CK_ULONG len; /* 0: not in the template */
		size_t fixed;
		CK_RV rv;
		size_t want;
	} cases[] = {
		{ CKK_GENERIC_SECRET, 1, 0, CKR_OK, 1 },
		{ CKK_GENERIC_SECRET, 100, 0, CKR_OK, 100 },
		{ CKK_GENERIC_SECRET, 101, 0, CKR_TEMPLATE_INCONSISTENT, 0 },
		{ CKK_GENERIC_SECRET, 0, 0, CKR_TEMPLATE_INCOMPLETE, 0 },
		{ CKK_GENERIC_SECRET, 0, 32, CKR_OK, 32 },
		{ CKK_GENERIC_SECRET, 32, 32, CKR_OK, 32 },
		{ CKK_GENERIC_SECRET, 31, 32, CKR_TEMPLATE_INCONSISTENT, 0 },
		{ CKK_SHA256_HMAC, 20, 0, CKR_OK, 20 },
		{ CKK_AES, 16, 0, CKR_OK, 16 },
		{ CKK_AES, 24, 0, CKR_OK, 24 },
		{ CKK_AES, 32, 0, CKR_OK, 32 },
		{ CKK_AES, 20, 0, CKR_TEMPLATE_INCONSISTENT, 0 },
		{ CKK_AES, 0, 0, CKR_TEMPLATE_INCOMPLETE, 0 },
		{ CKK_AES, 0, 48, CKR_TEMPLATE_INCONSISTENT, 0 },
		{ CKK_DES3, 0, 0, CKR_OK, 24 },
		{ CKK_DES3, 16, 0, CKR_TEMPLATE_INCONSISTENT, 0 },
		{ CKK_CHACHA20, 0, 0, CKR_OK, 32 },
	};

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		CK_KEY_TYPE type = cases[i].type;
		CK_ULONG len = cases[i].len;
		CK_ATTRIBUTE t[] = { { CKA_KEY_TYPE, &type, sizeof(type) },
			{ CKA_VALUE_LEN, &len, sizeof(len) } };
		struct derived what = { 0, 0, 0 };

		assert_int_equal(read_template(t, len > 0 ? 2 : 1,
				     cases[i].fixed, &what),
		    cases[i].rv);
		assert_int_equal(what.len, cases[i].want);
		if (cases[i].rv == CKR_OK) {
			assert_int_equal(what.class, CKO_SECRET_KEY);
			assert_int_equal(what.type, type);
		}
	}
}

static void
test_read_data(void **state)
{
	CK_KEY_TYPE type = CKK_AES;
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_ULONG len = 17;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_VALUE_LEN, &len, sizeof(len) },
		{ CKA_KEY_TYPE, &type, sizeof(type) } };
	struct mechanism_derivation d = { .template = t, .n = 2 };
	struct derived what;

	(void)state;
	assert_int_equal(derived_read(&d, CKO_DATA, 0, 100, &what), CKR_OK);
	assert_int_equal(what.len, 17);
	d.n = 3;
	assert_int_equal(derived_read(&d, CKO_DATA, 0, 100, &what),
	    CKR_TEMPLATE_INCONSISTENT);
	d.n = 2;
	assert_int_equal(derived_read(&d, CKO_SECRET_KEY, 0, 100, &what),
	    CKR_TEMPLATE_INCONSISTENT);
	d.n = 0;
	assert_int_equal(derived_read(&d, CKO_DATA, 0, 100, &what),
	    CKR_TEMPLATE_INCOMPLETE);
}

/* ---- making it */

static CK_RV
make(const struct token *t, CK_ATTRIBUTE *template, CK_ULONG n,
    CK_OBJECT_HANDLE *ret)
{
	const struct mechanism_derivation d = {
		.base = base, .template = template, .n = n
	};
	const struct derived what = { CKO_SECRET_KEY, CKK_GENERIC_SECRET, 5 };
	struct blob value = BLOB_INIT;
	CK_RV rv;

	*ret = 0;
	assert_true(blob_set(&value, bytes_str("value")));
	rv = derived_create(t, &d, &what, &value, ret);
	blob_reset(&value);
	return rv;
}

static bool
flag(CK_OBJECT_HANDLE h, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value;

	assert_int_equal(token_get_flag(&token, h, type, &value), CKR_OK);
	return value != CK_FALSE;
}

static void
test_create(void **state)
{
	CK_ULONG len = 5;
	CK_ATTRIBUTE t[] = { { CKA_VALUE_LEN, &len, sizeof(len) },
		{ CKA_SENSITIVE, &no, 1 }, { CKA_EXTRACTABLE, &yes, 1 } };
	CK_OBJECT_HANDLE h;
	struct blob value = BLOB_INIT;

	(void)state;
	/* as the base key, where nothing is said */
	assert_int_equal(make(&token, t, 1, &h), CKR_OK);
	assert_true(flag(h, CKA_PRIVATE));
	assert_true(flag(h, CKA_SENSITIVE));
	assert_false(flag(h, CKA_EXTRACTABLE));
	assert_int_equal(make(&token, t, 3, &h), CKR_OK);
	assert_true(flag(h, CKA_PRIVATE));
	assert_false(flag(h, CKA_SENSITIVE));
	assert_true(flag(h, CKA_EXTRACTABLE));
	assert_int_equal(token_get(&token, h, CKA_VALUE, &value), CKR_OK);
	assert_true(bytes_equal_str(blob_bytes(&value), "value"));
	blob_reset(&value);
	/* what is not a value of the attribute */
	t[1].ulValueLen = 2;
	assert_int_equal(make(&token, t, 3, &h), CKR_ATTRIBUTE_VALUE_INVALID);
	t[1] = (CK_ATTRIBUTE){ CKA_ID, NULL, 3 };
	assert_int_equal(make(&token, t, 3, &h), CKR_ATTRIBUTE_VALUE_INVALID);
}

/* A token that makes what it likes. */
static CK_ATTRIBUTE_TYPE ignored;

static CK_RV
careless_create(CK_SESSION_HANDLE s, CK_ATTRIBUTE *t, CK_ULONG n,
    CK_OBJECT_HANDLE *ret)
{
	CK_BBOOL opposite;
	CK_ATTRIBUTE copy[16];

	assert_true(n <= nitems(copy));
	memcpy(copy, t, n * sizeof(*t));
	for (CK_ULONG i = 0; i < n; i++) {
		if (copy[i].type != ignored)
			continue;
		opposite = !*(CK_BBOOL *)copy[i].pValue;
		copy[i].pValue = &opposite;
	}
	return token.f->C_CreateObject(s, copy, n, ret);
}

static void
test_weaker(void **state)
{
	static const CK_ATTRIBUTE_TYPE types[] = { CKA_PRIVATE, CKA_SENSITIVE,
		CKA_EXTRACTABLE };
	CK_FUNCTION_LIST careless = *token.f;
	struct token t = token;
	CK_ATTRIBUTE template[] = { { CKA_PRIVATE, &yes, 1 },
		{ CKA_SENSITIVE, &yes, 1 }, { CKA_EXTRACTABLE, &no, 1 } };
	CK_ATTRIBUTE weak[] = { { CKA_PRIVATE, &no, 1 },
		{ CKA_SENSITIVE, &no, 1 }, { CKA_EXTRACTABLE, &yes, 1 } };
	CK_ULONG before = tokens_count(&token);
	CK_OBJECT_HANDLE h;

	(void)state;
	careless.C_CreateObject = careless_create;
	t.f = &careless;
	for (size_t i = 0; i < nitems(types); i++) {
		ignored = types[i];
		assert_int_equal(make(&t, template, 3, &h),
		    CKR_TEMPLATE_INCONSISTENT);
		assert_int_equal(make(&t, NULL, 0, &h),
		    CKR_TEMPLATE_INCONSISTENT);
		assert_int_equal(h, 0);
		assert_int_equal(tokens_count(&token), before);
		/* stronger than asked for is no harm */
		assert_int_equal(make(&t, weak, 3, &h), CKR_OK);
		assert_int_equal(token.f->C_DestroyObject(token.session, h),
		    CKR_OK);
	}
}

static void
test_faults(void **state)
{
	struct token t = token;
	CK_ULONG before = tokens_count(&token);
	CK_OBJECT_HANDLE h;
	unsigned long n = 0;
	CK_RV rv;

	(void)state;
	t.f = p11_double_over(token.f);
	do {
		p11_double_fail(++n, CKR_DEVICE_ERROR);
		rv = make(&t, NULL, 0, &h);
		if (p11_double_failed() == NULL)
			break;
		assert_int_equal(rv, CKR_DEVICE_ERROR);
		p11_double_fail(0, CKR_OK);
		assert_int_equal(tokens_count(&token), before);
	} while (n < 100);
	assert_int_equal(rv, CKR_OK);
	assert_true(n > 5);
	assert_int_equal(token.f->C_DestroyObject(token.session, h), CKR_OK);
}

static void
test_memory(void **state)
{
	const struct derived what = { CKO_SECRET_KEY, CKK_GENERIC_SECRET, 5 };
	const struct mechanism_derivation d = { .base = base };
	struct blob value = BLOB_INIT;
	CK_OBJECT_HANDLE h = 0;

	(void)state;
	assert_true(blob_set(&value, bytes_str("value")));
	failmalloc_arm(1);
	assert_int_equal(derived_create(&token, &d, &what, &value, &h),
	    CKR_HOST_MEMORY);
	assert_true(failmalloc_disarm());
	blob_reset(&value);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_data),
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_weaker),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_memory),
	};

	if (softhsm_module() == NULL) {
		print_message("1..0 # SKIP SoftHSMv2 is not here\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
