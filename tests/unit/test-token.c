/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/p11-double.h"
#include "tests/support/tokens.h"
#include "vendor-ext/pkcs11-3.h"

static struct token token;

static int
setup(void **state)
{
	(void)state;
	return tokens_softhsm(&token) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	tokens_stop(&token);
	return 0;
}

static CK_OBJECT_HANDLE
make_data(const char *label, const void *value, CK_ULONG len)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE a[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_LABEL, (void *)(uintptr_t)label, strlen(label) },
		{ CKA_VALUE, (void *)(uintptr_t)value, len },
	};
	CK_OBJECT_HANDLE object;

	assert_int_equal(token.f->C_CreateObject(token.session, a, nitems(a),
			     &object),
	    CKR_OK);
	return object;
}

static void
test_get(void **state)
{
	static uint8_t big[70000];
	struct blob value = BLOB_INIT;
	CK_OBJECT_HANDLE object;
	CK_BBOOL flag = CK_TRUE;
	CK_ULONG n = 7;

	(void)state;
	memset(big, 0x5a, sizeof(big));
	object = make_data("big", big, sizeof(big));
	assert_int_equal(token_get(&token, object, CKA_VALUE, &value), CKR_OK);
	assert_true(bytes_equal(blob_bytes(&value),
	    bytes_of(big, sizeof(big))));
	assert_int_equal(token_get(&token, object, CKA_OBJECT_ID, &value),
	    CKR_OK);
	assert_int_equal(value.len, 0);
	assert_int_equal(token_get(&token, object, CKA_LABEL, &value), CKR_OK);
	assert_true(bytes_equal_str(blob_bytes(&value), "big"));
	assert_int_equal(token_get(&token, object, CKA_MODULUS, &value),
	    CKR_ATTRIBUTE_TYPE_INVALID);
	assert_true(bytes_equal_str(blob_bytes(&value), "big"));
	assert_int_equal(token_get(&token, 0x123456, CKA_LABEL, &value),
	    CKR_OBJECT_HANDLE_INVALID);

	assert_true(token_get_bool(&token, object, CKA_PRIVATE));
	assert_false(token_get_bool(&token, object, CKA_TOKEN));
	assert_false(token_get_bool(&token, object, CKA_SIGN));
	assert_false(token_get_bool(&token, object, CKA_CLASS));
	assert_false(token_get_bool(&token, 0x123456, CKA_PRIVATE));
	assert_int_equal(token_get_flag(&token, object, CKA_SIGN, &flag),
	    CKR_OK);
	assert_int_equal(flag, CK_FALSE);
	assert_int_equal(token_get_flag(&token, object, CKA_PRIVATE, &flag),
	    CKR_OK);
	assert_int_equal(flag, CK_TRUE);
	assert_int_equal(token_get_flag(&token, 0x123456, CKA_SIGN, &flag),
	    CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(flag, CK_TRUE);
	assert_int_equal(token_get_ulong(&token, object, CKA_CLASS, &n),
	    CKR_OK);
	assert_int_equal(n, CKO_DATA);
	n = 7;
	assert_int_equal(token_get_ulong(&token, object, CKA_TOKEN, &n),
	    CKR_ATTRIBUTE_TYPE_INVALID);
	assert_int_not_equal(token_get_ulong(&token, object, CKA_LABEL, &n),
	    CKR_OK);
	assert_int_equal(n, 7);
	assert_int_equal(token.f->C_DestroyObject(token.session, object),
	    CKR_OK);
	blob_reset(&value);
}

static void
test_curves(void **state)
{
	struct blob point = BLOB_INIT;
	CK_OBJECT_HANDLE private_, public_;
	const struct curve *c, *found;
	int tested = 0;

	(void)state;
	for (size_t i = 0; (c = curve_at(i)) != NULL; i++) {
		CK_RV rv = tokens_generate(&token, c, &private_, &public_);

		if (c->kind == CURVE_MONTGOMERY) {
			assert_int_equal(rv, CKR_MECHANISM_INVALID);
			continue;
		}
		assert_int_equal(rv, CKR_OK);
		tested++;
		found = NULL;
		assert_int_equal(token_key_curve(&token, private_, &found),
		    CKR_OK);
		assert_ptr_equal(found, c);
		found = NULL;
		assert_int_equal(token_key_curve(&token, public_, &found),
		    CKR_OK);
		assert_ptr_equal(found, c);
		assert_int_equal(token_key_point(&token, public_, &point),
		    CKR_OK);
		assert_true(curve_point_valid(c, blob_bytes(&point)));
	}
	assert_int_equal(tested, 9);
	blob_reset(&point);
}

static void
test_no_curve(void **state)
{
	CK_MECHANISM m = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_BBOOL no = CK_FALSE;
	CK_ULONG len = 16;
	CK_ATTRIBUTE a[] = { { CKA_TOKEN, &no, sizeof(no) },
		{ CKA_VALUE_LEN, &len, sizeof(len) } };
	const struct curve *found = NULL;
	struct blob point = BLOB_INIT;
	CK_OBJECT_HANDLE key;

	(void)state;
	assert_int_equal(token.f->C_GenerateKey(token.session, &m, a, 2, &key),
	    CKR_OK);
	assert_int_equal(token_key_curve(&token, key, &found),
	    CKR_KEY_TYPE_INCONSISTENT);
	assert_int_equal(token_key_point(&token, key, &point),
	    CKR_KEY_TYPE_INCONSISTENT);
	assert_int_not_equal(token_key_curve(&token, 0x123456, &found), CKR_OK);
	assert_null(found);
}

/* A public key object whose CKA_EC_POINT a double answers. */
static uint8_t fake_point[256];
static CK_ULONG fake_len;
static CK_FUNCTION_LIST *below;

static CK_RV
fake_get(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE *template, CK_ULONG n)
{
	if (n != 1 || template->type != CKA_EC_POINT)
		return below->C_GetAttributeValue(session, object, template, n);
	if (template->pValue != NULL)
		memcpy(template->pValue, fake_point, fake_len);
	template->ulValueLen = fake_len;
	return CKR_OK;
}

static void
test_point_forms(void **state)
{
	static const struct {
		int cose;
		const char *head; /* of the DER, in hex */
		size_t len;       /* of the point */
		CK_RV rv;
	} forms[] = {
		{ 1, "", 65, CKR_OK },
		{ 1, "0441", 65, CKR_OK },
		{ 1, "048141", 65, CKR_OK },
		{ 3, "", 133, CKR_OK },
		{ 3, "048185", 133, CKR_OK },
		{ 3, "0485", 133, CKR_ATTRIBUTE_VALUE_INVALID },
		{ 1, "0341", 65, CKR_ATTRIBUTE_VALUE_INVALID },
		{ 1, "0442", 65, CKR_ATTRIBUTE_VALUE_INVALID },
		{ 1, "0441", 64, CKR_ATTRIBUTE_VALUE_INVALID },
		{ 1, "", 64, CKR_ATTRIBUTE_VALUE_INVALID },
		{ 1, "", 0, CKR_ATTRIBUTE_VALUE_INVALID },
		{ 6, "0420", 32, CKR_OK },
		{ 6, "", 32, CKR_OK },
	};

	CK_OBJECT_HANDLE private_, public_;
	CK_FUNCTION_LIST list = *token.f;
	struct token t = { &list, token.session, token.slot };
	struct blob point = BLOB_INIT;
	size_t head;

	(void)state;
	below = token.f;
	list.C_GetAttributeValue = fake_get;
	memset(fake_point, 0x77, sizeof(fake_point));
	for (size_t i = 0; i < nitems(forms); i++) {
		assert_int_equal(tokens_generate(&token,
				     curve_by_cose(forms[i].cose), &private_,
				     &public_),
		    CKR_OK);
		assert_true(bytes_from_hex(bytes_str(forms[i].head), fake_point,
		    &head));
		fake_len = (CK_ULONG)(head + forms[i].len);
		blob_clear(&point);
		assert_int_equal(token_key_point(&t, public_, &point),
		    forms[i].rv);
		assert_int_equal(point.len,
		    forms[i].rv == CKR_OK ? forms[i].len : 0);
		memset(fake_point, 0x77, sizeof(fake_point));
	}
	blob_reset(&point);
}

static void
test_find(void **state)
{
	CK_OBJECT_HANDLE made[5], found[8];
	CK_ATTRIBUTE by_label = { CKA_LABEL, (void *)(uintptr_t) "needle", 6 };
	CK_ULONG n = 99;

	(void)state;
	for (size_t i = 0; i < nitems(made); i++)
		made[i] = make_data("needle", "x", 1);
	assert_int_equal(token_find(&token, &by_label, 1, found, 8, &n),
	    CKR_OK);
	assert_int_equal(n, 5);
	assert_int_equal(token_find(&token, &by_label, 1, found, 2, &n),
	    CKR_OK);
	assert_int_equal(n, 2);
	assert_int_equal(token_find(&token, &by_label, 1, found, 0, &n),
	    CKR_OK);
	assert_int_equal(n, 0);
	for (size_t i = 0; i < nitems(made); i++)
		assert_int_equal(token.f->C_DestroyObject(token.session,
				     made[i]),
		    CKR_OK);
	assert_int_equal(token_find(&token, &by_label, 1, found, 8, &n),
	    CKR_OK);
	assert_int_equal(n, 0);
}

/* The search is ended whatever happens in it. */
static void
test_find_faults(void **state)
{
	struct token t = { p11_double_over(token.f), token.session,
		token.slot };
	CK_OBJECT_HANDLE object = make_data("x", "x", 1);
	CK_OBJECT_HANDLE found[8];
	CK_ULONG n = 99;
	const char *failed;

	(void)state;
	for (unsigned long nth = 1;; nth++) {
		CK_RV rv;

		n = 99;
		p11_double_fail(nth, CKR_DEVICE_ERROR);
		rv = token_find(&t, NULL, 0, found, 8, &n);
		if ((failed = p11_double_failed()) == NULL)
			break;
		assert_int_equal(rv, CKR_DEVICE_ERROR);
		assert_int_equal(n, 99);
		if (strcmp(failed, "C_FindObjectsFinal") == 0)
			token.f->C_FindObjectsFinal(token.session);
		assert_int_equal(token.f->C_FindObjectsFinal(token.session),
		    CKR_OPERATION_NOT_INITIALIZED);
	}
	assert_true(n >= 1 && n != 99);
	token.f->C_DestroyObject(token.session, object);
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(token_rv_name(CKR_OK), "CKR_OK");
	assert_string_equal(token_rv_name(CKR_PIN_LOCKED), "CKR_PIN_LOCKED");
	assert_string_equal(token_rv_name(0x80001234), "CKR_0x80001234");
	assert_string_equal(token_rv_name((CK_RV)-1),
	    sizeof(CK_RV) == 8 ? "CKR_0xffffffffffffffff" : "CKR_0xffffffff");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_curves),
		cmocka_unit_test(test_no_curve),
		cmocka_unit_test(test_point_forms),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_find_faults),
		cmocka_unit_test(test_names),
	};

	if (softhsm_module() == NULL) {
		print_message("1..0 # SKIP SoftHSMv2 is not here\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
