/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/failmalloc.h"
#include "tests/support/p11-double.h"
#include "tests/support/tokens.h"
#include "vendor-ext/credential.h"

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

static void
fill(struct credential *c, const char *label, const char *doc_type,
    const char *key_id)
{
	static const uint8_t issuer_signed[] = { 0xa1, 0x61, 'x', 0x42, 1, 2 };

	credential_reset(c);
	assert_true(blob_set(&c->label, bytes_str(label)));
	assert_true(blob_set(&c->doc_type, bytes_str(doc_type)));
	assert_true(blob_set(&c->key_id, bytes_str(key_id)));
	assert_true(blob_set(&c->issuer_signed,
	    bytes_of(issuer_signed, sizeof(issuer_signed))));
	c->valid_from = -5;
	c->valid_until = 4102444800;
	c->uses_left = 3;
}

static bool
blob_equal(const struct blob *a, const struct blob *b)
{
	return bytes_equal(blob_bytes(a), blob_bytes(b));
}

static void
assert_same(const struct credential *a, const struct credential *b)
{
	assert_true(blob_equal(&a->label, &b->label));
	assert_true(blob_equal(&a->key_id, &b->key_id));
	assert_true(blob_equal(&a->doc_type, &b->doc_type));
	assert_true(blob_equal(&a->issuer_signed, &b->issuer_signed));
	assert_true(a->valid_from == b->valid_from);
	assert_true(a->valid_until == b->valid_until);
	assert_true(a->uses_left == b->uses_left);
}

static void
destroy(CK_OBJECT_HANDLE object)
{
	assert_int_equal(token.f->C_DestroyObject(token.session, object),
	    CKR_OK);
}

static void
test_round_trip(void **state)
{
	static uint8_t portrait[100000 + 5] = { 0x5a, 0x00, 0x01, 0x86, 0xa0 };
	struct credential c = { 0 }, back = { 0 };
	CK_OBJECT_HANDLE object;

	(void)state;
	for (int on_token = 0; on_token < 2; on_token++) {
		fill(&c, "my licence", "org.iso.18013.5.1.mDL", "id");
		for (int round = 0; round < 3; round++) {
			if (round == 1)
				c.uses_left = CREDENTIAL_NO_LIMIT;
			if (round == 2)
				assert_true(blob_set(&c.issuer_signed,
				    bytes_of(portrait, sizeof(portrait))));
			assert_int_equal(credential_create(&token, &c,
					     on_token != 0, &object),
			    CKR_OK);
			assert_int_equal(token_get_bool(&token, object,
					     CKA_TOKEN),
			    on_token != 0);
			assert_true(token_get_bool(&token, object,
			    CKA_PRIVATE));
			assert_int_equal(credential_load(&token, object, &back),
			    CKR_OK);
			assert_same(&c, &back);
			credential_reset(&back);
			destroy(object);
		}
	}
	/* nothing but what must be there */
	credential_reset(&c);
	assert_true(blob_set(&c.issuer_signed, bytes_of("\xf6", 1)));
	assert_int_equal(credential_create(&token, &c, CK_FALSE, &object),
	    CKR_OK);
	assert_int_equal(credential_load(&token, object, &back), CKR_OK);
	assert_same(&c, &back);
	destroy(object);
	credential_reset(&back);
	credential_reset(&c);
	credential_reset(NULL);
}

/* The record as it is written, byte for byte. */
static void
test_record(void **state)
{
	static const char want[] =
	    "\xa7\x65keyId\x42id\x67"
	    "docType\x61"
	    "d\x67version\x01\x68usesLeft\x03\x69validFrom\x24"
	    "\x6avalidUntil\x1a\xf4\x86\x57\x00\x6cissuerSigned\x46"
	    "\xa1\x61x\x42\x01\x02";
	struct credential c = { 0 };
	struct blob value = BLOB_INIT;
	CK_OBJECT_HANDLE object;

	(void)state;
	fill(&c, "label", "d", "id");
	assert_int_equal(credential_create(&token, &c, CK_FALSE, &object),
	    CKR_OK);
	assert_int_equal(token_get(&token, object, CKA_VALUE, &value), CKR_OK);
	assert_int_equal(value.len, sizeof(want) - 1);
	assert_memory_equal(value.ptr, want, sizeof(want) - 1);
	assert_int_equal(token_get(&token, object, CKA_LABEL, &value), CKR_OK);
	assert_true(bytes_equal_str(blob_bytes(&value), "label"));
	assert_int_equal(token_get(&token, object, CKA_APPLICATION, &value),
	    CKR_OK);
	assert_true(bytes_equal_str(blob_bytes(&value),
	    CREDENTIAL_APPLICATION));
	destroy(object);
	blob_reset(&value);
	credential_reset(&c);
}

static void
test_bad_input(void **state)
{
	static const char *const not_cbor[] = { "", "\xa1", "\xf6\xf6",
		"\xbf\xff", "\xa2\x01\x01\x01\x01" };
	struct credential c = { 0 };
	CK_OBJECT_HANDLE object = 99;
	CK_ULONG before = tokens_count(&token);

	(void)state;
	fill(&c, "x", "d", "id");
	for (size_t i = 0; i < nitems(not_cbor); i++) {
		assert_true(blob_set(&c.issuer_signed, bytes_str(not_cbor[i])));
		assert_int_equal(credential_create(&token, &c, CK_FALSE,
				     &object),
		    CKR_ATTRIBUTE_VALUE_INVALID);
	}
	fill(&c, "x", "\xff", "id");
	assert_int_equal(credential_create(&token, &c, CK_FALSE, &object),
	    CKR_ATTRIBUTE_VALUE_INVALID);
	assert_int_equal(object, 99);
	assert_int_equal(tokens_count(&token), before);
	credential_reset(&c);
}

static CK_OBJECT_HANDLE
make_data(const char *application, const void *value, size_t len)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE a[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_APPLICATION, (void *)(uintptr_t)application,
		    strlen(application) },
		{ CKA_VALUE, (void *)(uintptr_t)value, len },
	};
	CK_OBJECT_HANDLE object;

	assert_int_equal(token.f->C_CreateObject(token.session, a, nitems(a),
			     &object),
	    CKR_OK);
	return object;
}

#define REST                                                                 \
	"\x65keyId\x40\x67"                                                  \
	"docType\x60\x69validFrom\x00\x6avalidUntil\x00\x6cissuerSigned\x41" \
	"\xf6"

/* Objects that are not ours, and records that others have written. */
static void
test_bad_records(void **state)
{
	static const struct {
		const char *value;
		size_t len;
		CK_RV rv;
	} records[] = {

#define RECORD(s, rv) { (s), sizeof(s) - 1, (rv) }
		RECORD("\xa6" REST "\x67version\x01", CKR_OK),
		/* a member of a later version of ours is skipped */
		RECORD("\xa7" REST "\x67version\x01\x61x\x80", CKR_OK),
		RECORD("", CKR_DATA_INVALID),
		RECORD("\xa0", CKR_DATA_INVALID),
		RECORD("\xf6", CKR_DATA_INVALID),
		RECORD("\xa5" REST, CKR_DATA_INVALID),
		RECORD("\xa6" REST "\x67version\x02", CKR_DATA_INVALID),
		RECORD("\xa6" REST "\x67version\x61\x31", CKR_DATA_INVALID),
		RECORD("\xa6" REST "\x67version\x01\x00", CKR_DATA_INVALID),
		RECORD("\xa6" REST "\x67version", CKR_DATA_INVALID),
		RECORD("\xa7" REST "\x67version\x01\x68usesLeft\x20",
		    CKR_DATA_INVALID),
		RECORD("\xa7" REST "\x67version\x01\x67version\x01",
		    CKR_DATA_INVALID),
	};

	struct credential c = { 0 };
	CK_OBJECT_HANDLE object, found[4];
	CK_ULONG n;

	(void)state;
	for (size_t i = 0; i < nitems(records); i++) {
		object = make_data(CREDENTIAL_APPLICATION, records[i].value,
		    records[i].len);
		assert_int_equal(credential_load(&token, object, &c),
		    records[i].rv);
		/* A broken one is listed, but is of no type. */
		assert_int_equal(credential_find(&token, BYTES_NULL, BYTES_NULL,
				     BYTES_NULL, found, 4, &n),
		    CKR_OK);
		assert_int_equal(n, 1);
		assert_int_equal(credential_find(&token, bytes_of("", 0),
				     BYTES_NULL, BYTES_NULL, found, 4, &n),
		    CKR_OK);
		assert_int_equal(n, records[i].rv == CKR_OK);
		credential_reset(&c);
		destroy(object);
	}
	object = make_data("other", "\xa0", 1);
	assert_int_equal(credential_load(&token, object, &c),
	    CKR_OBJECT_HANDLE_INVALID);
	assert_int_equal(credential_update(&token, object, &c, &found[0]),
	    CKR_OBJECT_HANDLE_INVALID);
	destroy(object);
	assert_int_equal(credential_load(&token, 0x123456, &c),
	    CKR_OBJECT_HANDLE_INVALID);
}

static CK_ULONG
count(const char *doc_type, const char *label, const char *key_id)
{
	CK_OBJECT_HANDLE found[256];
	CK_ULONG n = 999;

	assert_int_equal(credential_find(&token,
			     doc_type != NULL ? bytes_str(doc_type)
					      : BYTES_NULL,
			     label != NULL ? bytes_str(label) : BYTES_NULL,
			     key_id != NULL ? bytes_str(key_id) : BYTES_NULL,
			     found, nitems(found), &n),
	    CKR_OK);
	return n;
}

static void
test_find(void **state)
{
	struct credential c = { 0 };
	CK_OBJECT_HANDLE made[70], found[2];
	CK_OBJECT_HANDLE other = make_data("other", "\xa0", 1);
	CK_ULONG n;

	(void)state;
	for (size_t i = 0; i < nitems(made); i++) {
		fill(&c, i % 2 != 0 ? "odd" : "even", i < 10 ? "a" : "b",
		    i % 10 == 0 ? "tens" : "rest");
		assert_int_equal(credential_create(&token, &c, CK_FALSE,
				     &made[i]),
		    CKR_OK);
	}
	assert_int_equal(count(NULL, NULL, NULL), 70);
	assert_int_equal(count("a", NULL, NULL), 10);
	assert_int_equal(count(NULL, "odd", NULL), 35);
	assert_int_equal(count(NULL, NULL, "tens"), 7);
	assert_int_equal(count("b", "even", "tens"), 6);
	assert_int_equal(count("b", "odd", "tens"), 0);
	assert_int_equal(count("c", NULL, NULL), 0);
	assert_int_equal(credential_find(&token, BYTES_NULL, BYTES_NULL,
			     BYTES_NULL, found, 2, &n),
	    CKR_OK);
	assert_int_equal(n, 2);
	for (size_t i = 0; i < nitems(made); i++)
		destroy(made[i]);
	destroy(other);
	assert_int_equal(count(NULL, NULL, NULL), 0);
	credential_reset(&c);
}

static void
test_update(void **state)
{
	struct credential c = { 0 }, back = { 0 };
	CK_OBJECT_HANDLE old, new;

	(void)state;
	for (int on_token = 0; on_token < 2; on_token++) {
		fill(&c, "x", "d", "id");
		assert_int_equal(credential_create(&token, &c, on_token != 0,
				     &old),
		    CKR_OK);
		c.uses_left = 2;
		assert_int_equal(credential_update(&token, old, &c, &new),
		    CKR_OK);
		assert_int_equal(token_get_bool(&token, new, CKA_TOKEN),
		    on_token != 0);
		assert_int_equal(credential_load(&token, new, &back), CKR_OK);
		assert_same(&c, &back);
		credential_reset(&back);
		assert_int_equal(count(NULL, NULL, NULL), 1);
		/* what cannot be written leaves what is there */
		assert_true(blob_set(&c.issuer_signed, bytes_str("")));
		assert_int_equal(credential_update(&token, new, &c, &old),
		    CKR_ATTRIBUTE_VALUE_INVALID);
		assert_int_equal(count(NULL, NULL, NULL), 1);
		destroy(new);
	}
	credential_reset(&c);
}

/* Each call fails in turn: the old content or the new, never both or none. */
static void
test_faults(void **state)
{
	struct token t = token;
	struct credential c = { 0 }, back = { 0 };
	CK_OBJECT_HANDLE object, next, found[4];
	CK_ULONG n;
	CK_RV rv;

	(void)state;
	t.f = p11_double_over(token.f);
	fill(&c, "x", "d", "id");
	assert_int_equal(credential_create(&token, &c, CK_TRUE, &object),
	    CKR_OK);
	for (unsigned long nth = 1;; nth++) {
		const char *failed;

		c.uses_left = 100 + nth;
		next = 0;
		p11_double_fail(nth, CKR_DEVICE_ERROR);
		rv = credential_update(&t, object, &c, &next);
		failed = p11_double_failed();
		assert_int_equal(count("d", "x", "id"), 1);
		if (failed == NULL)
			break;
		assert_int_equal(rv, CKR_DEVICE_ERROR);
		assert_int_equal(next, 0);
	}
	assert_int_equal(rv, CKR_OK);
	object = next;
	for (unsigned long nth = 1;; nth++) {
		p11_double_fail(nth, CKR_DEVICE_ERROR);
		rv = credential_load(&t, object, &back);
		if (p11_double_failed() == NULL)
			break;
		assert_int_equal(rv, CKR_DEVICE_ERROR);
		assert_null(back.label.ptr);
	}
	assert_int_equal(rv, CKR_OK);
	credential_reset(&back);
	for (unsigned long nth = 1;; nth++) {
		CK_SESSION_HANDLE session;

		assert_int_equal(tokens_session(&token, &session), CKR_OK);
		t.session = session;
		p11_double_fail(nth, CKR_DEVICE_ERROR);
		rv = credential_find(&t, bytes_str("d"), BYTES_NULL, BYTES_NULL,
		    found, 4, &n);
		token.f->C_CloseSession(session);
		if (p11_double_failed() == NULL)
			break;
		assert_int_equal(rv, CKR_DEVICE_ERROR);
	}
	assert_int_equal(rv, CKR_OK);
	destroy(object);
	credential_reset(&c);
}

static void
test_memory(void **state)
{
	struct credential c = { 0 }, back = { 0 };
	CK_OBJECT_HANDLE object, next, found[4];
	CK_ULONG n = 0;
	CK_RV rv;

	(void)state;
	fill(&c, "x", "d", "id");
	assert_int_equal(credential_create(&token, &c, CK_FALSE, &object),
	    CKR_OK);
	for (unsigned long nth = 1;; nth++) {
		next = object;
		failmalloc_arm(nth);
		rv = credential_update(&token, object, &c, &next);
		if (rv == CKR_OK)
			rv = credential_load(&token, next, &back);
		if (rv == CKR_OK)
			rv = credential_find(&token, bytes_str("d"),
			    bytes_str("x"), BYTES_NULL, found, 4, &n);
		credential_reset(&back);
		object = next;
		if (!failmalloc_disarm())
			break;
		assert_int_equal(rv, CKR_HOST_MEMORY);
		assert_int_equal(count(NULL, NULL, NULL), 1);
	}
	assert_int_equal(rv, CKR_OK);
	assert_int_equal(n, 1);
	destroy(object);
	credential_reset(&c);
}

/* Without a login a credential is neither seen nor read. */
static void
test_logout(void **state)
{
	struct credential c = { 0 };
	CK_OBJECT_HANDLE object;

	(void)state;
	fill(&c, "x", "d", "id");
	assert_int_equal(credential_create(&token, &c, CK_TRUE, &object),
	    CKR_OK);
	credential_reset(&c);
	assert_int_equal(token.f->C_Logout(token.session), CKR_OK);
	assert_int_equal(count(NULL, NULL, NULL), 0);
	assert_int_equal(credential_load(&token, object, &c),
	    CKR_OBJECT_HANDLE_INVALID);
	fill(&c, "y", "d", "id");
	assert_int_equal(credential_create(&token, &c, CK_TRUE, &object),
	    CKR_USER_NOT_LOGGED_IN);
	assert_int_equal(token.f->C_Login(token.session, CKU_USER, softhsm_pin,
			     SOFTHSM_PIN_LEN),
	    CKR_OK);
	assert_int_equal(count(NULL, NULL, NULL), 1);
	credential_reset(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_bad_input),
		cmocka_unit_test(test_bad_records),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_logout),
	};

	if (softhsm_module() == NULL) {
		print_message("1..0 # SKIP SoftHSMv2 is not here\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
