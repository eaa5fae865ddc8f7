/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "tests/support/p11-double.h"
#include "tests/support/tokens.h"
#include "vendor-ext/purpose-record.h"
#include "vendor-ext/purpose.h"

#define MDL "org.iso.18013.5.1.mDL"
#define PID "eu.europa.ec.eudi.pid.1"

static struct token token;
static const uint8_t key_id[] = { 0xab, 0xcd };

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

static struct bytes
id(void)
{
	return bytes_of(key_id, sizeof(key_id));
}

static struct purpose
make(CK_ULONG purposes, const void *types, size_t types_len, CK_ULONG method,
    uint64_t uses)
{
	struct purpose p = {
		.purposes = purposes, .method = method, .uses_left = uses
	};

	assert_true(blob_set(&p.key_id, id()));
	assert_true(blob_set(&p.doc_types, bytes_of(types, types_len)));
	return p;
}

static void
create(CK_ULONG purposes, CK_ULONG method, uint64_t uses)
{
	struct purpose p = make(purposes, "", 0, method, uses);

	assert_int_equal(purpose_create(&token, &p, CK_TRUE), CKR_OK);
	purpose_reset(&p);
}

static struct purpose
find(void)
{
	struct purpose p = { 0 };
	bool found;

	assert_int_equal(purpose_find(&token, id(), &p, &found), CKR_OK);
	assert_true(found);
	return p;
}

static CK_RV
spend(enum purpose_use use)
{
	const struct purpose_want w = { MDOC_PURPOSE_DEVICE, BYTES_NULL, use };
	const char *why = NULL;
	CK_RV rv;

	rv = purpose_spend(&token, id(), &w, &why);
	assert_true((rv == CKR_KEY_FUNCTION_NOT_PERMITTED) == (why != NULL));
	return rv;
}

static void
remove_all(void)
{
	bool any;

	assert_int_equal(purpose_remove(&token, id()), CKR_OK);
	assert_int_equal(purpose_any(&token, &any), CKR_OK);
	assert_false(any);
	assert_int_equal(tokens_count(&token), 0);
}

static CK_OBJECT_HANDLE
raw(const char *application, struct bytes value)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL yes = CK_TRUE;
	char label[] = "abcd";
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_APPLICATION, (void *)(uintptr_t)application,
		    strlen(application) },
		{ CKA_LABEL, label, 4 },
		{ CKA_VALUE, (void *)(uintptr_t)value.ptr, value.len },
	};
	CK_OBJECT_HANDLE object;

	assert_int_equal(token.f->C_CreateObject(token.session, t, nitems(t),
			     &object),
	    CKR_OK);
	return object;
}

static void
raw_state(CK_ULONG method, uint64_t uses, uint64_t generation)
{
	struct purpose p = make(MDOC_PURPOSE_DEVICE, "", 0, method, uses);
	struct blob record = BLOB_INIT;

	p.generation = generation;
	assert_int_equal(purpose_state_write(&p, &record), CKR_OK);
	raw(PURPOSE_STATE_APPLICATION, blob_bytes(&record));
	blob_reset(&record);
	purpose_reset(&p);
}

/* The records as they are written, byte for byte. */
static void
test_record(void **state)
{
	static const char rule[] =
	    "\xa6\x65keyId\x42\xab\xcd\x66method\x01\x67version\x01"
	    "\x68"
	    "docTypes\x82\x61"
	    "a\x62"
	    "bc\x68purposes\x05\x68usesLeft\x18\x64";
	static const char after[] =
	    "\xa5\x65keyId\x42\xab\xcd\x66method\x03\x67version\x01"
	    "\x68usesLeft\x18\x63\x6ageneration\x01";
	struct purpose p = make(5, "a\0bc", 4, MDOC_METHOD_ONE, 100);
	struct blob out = BLOB_INIT;

	(void)state;
	assert_int_equal(purpose_rule_write(&p, &out), CKR_OK);
	assert_true(bytes_equal(blob_bytes(&out),
	    bytes_of(rule, sizeof(rule) - 1)));
	blob_clear(&out);
	p.method = MDOC_METHOD_MAC;
	p.uses_left = 99;
	p.generation = 1;
	assert_int_equal(purpose_state_write(&p, &out), CKR_OK);
	assert_true(bytes_equal(blob_bytes(&out),
	    bytes_of(after, sizeof(after) - 1)));
	blob_reset(&out);
	purpose_reset(&p);
}

static void
test_validate(void **state)
{
	static const struct {
		CK_ULONG purposes;
		const char *types;
		size_t len;
		CK_ULONG method;
		uint64_t uses;
		CK_RV rv;
	} cases[] = {
		{ 1, "", 0, 0, PURPOSE_NO_LIMIT, CKR_OK },
		{ 7, MDL "\0" PID, sizeof(MDL PID), 1, 1, CKR_OK },
		{ 4, MDL, sizeof(MDL) - 1, 0, 1, CKR_OK },
		{ 0, "", 0, 0, 1, CKR_ATTRIBUTE_VALUE_INVALID },
		{ 8, "", 0, 0, 1, CKR_ATTRIBUTE_VALUE_INVALID },
		{ 1, "", 0, 0, 0, CKR_ATTRIBUTE_VALUE_INVALID },
		{ 1, "", 0, 4, 1, CKR_ATTRIBUTE_VALUE_INVALID },
		{ 1, "a\0", 2, 0, 1, CKR_ATTRIBUTE_VALUE_INVALID },
		{ 1, "\0a", 2, 0, 1, CKR_ATTRIBUTE_VALUE_INVALID },
		{ 1, "a\0\0b", 4, 0, 1, CKR_ATTRIBUTE_VALUE_INVALID },
		{ 1, "a\0b\0a", 5, 0, 1, CKR_ATTRIBUTE_VALUE_INVALID },
		{ 1, "\xff", 1, 0, 1, CKR_ATTRIBUTE_VALUE_INVALID },
		{ 2, "a", 1, 0, 1, CKR_TEMPLATE_INCONSISTENT },
		{ 2, "", 0, 1, 1, CKR_TEMPLATE_INCONSISTENT },
		{ 4, "", 0, 3, 1, CKR_TEMPLATE_INCONSISTENT },
	};

	(void)state;
	for (size_t i = 0; i < nitems(cases); i++) {
		struct purpose p = make(cases[i].purposes, cases[i].types,
		    cases[i].len, cases[i].method, cases[i].uses);

		assert_int_equal(purpose_validate(&p), cases[i].rv);
		purpose_reset(&p);
	}
}

static void
test_check(void **state)
{
	struct purpose p = make(3, "a\0bc", 4, MDOC_METHOD_MAC, 2);
	const struct purpose_want good = { 1, bytes_str("bc"), PURPOSE_MAC };
	const struct purpose_want bad[] = {
		{ 4, bytes_str("bc"), PURPOSE_MAC },
		{ 1, bytes_str("bc"), PURPOSE_SIGN },
		{ 1, bytes_str("bc"), PURPOSE_OTHER },
		{ 1, bytes_str("b"), PURPOSE_MAC },
		{ 1, bytes_of("a\0bc", 4), PURPOSE_MAC },
		{ 1, bytes_of("", 0), PURPOSE_MAC },
		{ 1, BYTES_NULL, PURPOSE_MAC },
		{ 0, bytes_str("bc"), PURPOSE_MAC },
	};
	const struct purpose_want reader = { 2, BYTES_NULL, PURPOSE_SIGN };
	const char *why;

	(void)state;
	assert_int_equal(purpose_check(&p, &good, &why), CKR_OK);
	assert_int_equal(purpose_check(&p, &reader, &why), CKR_OK);
	for (size_t i = 0; i < nitems(bad); i++) {
		why = NULL;
		assert_int_equal(purpose_check(&p, &bad[i], &why),
		    CKR_KEY_FUNCTION_NOT_PERMITTED);
		assert_non_null(why);
	}
	p.uses_left = 0;
	assert_int_equal(purpose_check(&p, &good, &why),
	    CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_non_null(strstr(why, "no uses left"));
	purpose_reset(&p);
}

static void
test_round_trip(void **state)
{
	struct purpose p = make(5, MDL "\0" PID, sizeof(MDL PID) - 1,
	    MDOC_METHOD_ANY, PURPOSE_NO_LIMIT);
	struct purpose back;
	bool found;

	(void)state;
	assert_int_equal(purpose_find(&token, id(), &back, &found), CKR_OK);
	assert_false(found);
	assert_int_equal(purpose_create(&token, &p, CK_FALSE), CKR_OK);
	/* nothing to count */
	assert_int_equal(tokens_count(&token), 1);
	back = find();
	assert_int_equal(back.purposes, 5);
	assert_int_equal(back.method, MDOC_METHOD_ANY);
	assert_true(back.uses_left == PURPOSE_NO_LIMIT);
	assert_true(bytes_equal(blob_bytes(&p.doc_types),
	    blob_bytes(&back.doc_types)));
	assert_int_equal(spend(PURPOSE_SIGN), CKR_KEY_FUNCTION_NOT_PERMITTED);
	purpose_reset(&back);
	assert_int_equal(purpose_find(&token, bytes_of("\xab", 1), &back,
			     &found),
	    CKR_OK);
	assert_false(found);
	remove_all();
	purpose_reset(&p);
}

static void
test_uses(void **state)
{
	struct purpose p;

	(void)state;
	create(MDOC_PURPOSE_DEVICE, MDOC_METHOD_ANY, 3);
	for (uint64_t left = 3; left > 0; left--) {
		p = find();
		assert_true(p.uses_left == left);
		purpose_reset(&p);
		assert_int_equal(spend(left & 1 ? PURPOSE_MAC : PURPOSE_SIGN),
		    CKR_OK);
		assert_int_equal(tokens_count(&token), 2);
	}
	assert_int_equal(spend(PURPOSE_SIGN), CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(tokens_count(&token), 2);
	remove_all();
	assert_int_equal(spend(PURPOSE_SIGN), CKR_KEY_FUNCTION_NOT_PERMITTED);
}

static void
test_method(void **state)
{
	struct purpose p;

	(void)state;
	for (int mac = 0; mac < 2; mac++) {
		create(MDOC_PURPOSE_DEVICE, MDOC_METHOD_ONE, PURPOSE_NO_LIMIT);
		for (int i = 0; i < 2; i++)
			assert_int_equal(spend(mac ? PURPOSE_MAC
						   : PURPOSE_SIGN),
			    CKR_OK);
		assert_int_equal(spend(mac ? PURPOSE_SIGN : PURPOSE_MAC),
		    CKR_KEY_FUNCTION_NOT_PERMITTED);
		p = find();
		assert_int_equal(p.method,
		    mac ? MDOC_METHOD_MAC : MDOC_METHOD_SIGNATURE);
		/* only the first use wrote */
		assert_true(p.generation == 1);
		purpose_reset(&p);
		remove_all();
	}
}

/* Several records: the strictest values count. */
static void
test_several(void **state)
{
	struct purpose p, more;

	(void)state;
	create(MDOC_PURPOSE_DEVICE, MDOC_METHOD_ONE, 9);
	raw_state(MDOC_METHOD_MAC, 7, 1);
	raw_state(MDOC_METHOD_ONE, 8, 4);
	p = find();
	assert_true(p.uses_left == 7 && p.generation == 4);
	assert_int_equal(p.method, MDOC_METHOD_MAC);
	purpose_reset(&p);
	assert_int_equal(spend(PURPOSE_MAC), CKR_OK);
	/* one is left of all those */
	assert_int_equal(tokens_count(&token), 2);
	p = find();
	assert_true(p.uses_left == 6 && p.generation == 5);
	purpose_reset(&p);
	raw_state(MDOC_METHOD_SIGNATURE, 6, 5);
	p = find();
	assert_int_equal(p.method, MDOC_METHOD_NONE);
	purpose_reset(&p);
	assert_int_equal(spend(PURPOSE_MAC), CKR_KEY_FUNCTION_NOT_PERMITTED);
	assert_int_equal(spend(PURPOSE_SIGN), CKR_KEY_FUNCTION_NOT_PERMITTED);
	remove_all();

	/* two rules: what both allow */
	p = make(3, "a\0b", 3, MDOC_METHOD_ANY, PURPOSE_NO_LIMIT);
	more = make(5, "c\0b", 3, MDOC_METHOD_MAC, PURPOSE_NO_LIMIT);
	assert_int_equal(purpose_create(&token, &p, CK_TRUE), CKR_OK);
	assert_int_equal(purpose_create(&token, &more, CK_TRUE), CKR_OK);
	purpose_reset(&p);
	purpose_reset(&more);
	p = find();
	assert_int_equal(p.purposes, 1);
	assert_int_equal(p.method, MDOC_METHOD_MAC);
	assert_true(bytes_equal_str(blob_bytes(&p.doc_types), "b"));
	purpose_reset(&p);
	/* nothing in common is nothing at all, and not everything */
	p = make(7, "d", 1, MDOC_METHOD_ANY, PURPOSE_NO_LIMIT);
	assert_int_equal(purpose_create(&token, &p, CK_TRUE), CKR_OK);
	purpose_reset(&p);
	p = find();
	assert_int_equal(p.purposes, 0);
	purpose_reset(&p);
	remove_all();
}

static void
permits_nothing(void)
{
	struct purpose p = find();

	assert_int_equal(p.purposes, 0);
	purpose_reset(&p);
	assert_int_equal(spend(PURPOSE_SIGN), CKR_KEY_FUNCTION_NOT_PERMITTED);
	remove_all();
}

static void
test_damaged(void **state)
{
	static const struct {
		const char *record;
		size_t len;
	} bad[] = {

#define BAD(s) { s, sizeof(s) - 1 }
		BAD(""),
		BAD("\xa0"),
		BAD("\xff"),
		/* of another key */
		BAD("\xa4\x65keyId\x42\xab\xce\x66method\x00\x67version\x01"
		    "\x68purposes\x01"),
		/* of a version to come, with a member to come */
		BAD("\xa4\x65keyId\x42\xab\xcd\x66method\x00\x67version\x02"
		    "\x68purposes\x01"),
		BAD("\xa5\x65keyId\x42\xab\xcd\x66method\x00\x67version\x01"
		    "\x68purposes\x01\x69notBefore\x01"),
		/* a method to come, no purposes, no docType at all, a rest */
		BAD("\xa4\x65keyId\x42\xab\xcd\x66method\x05\x67version\x01"
		    "\x68purposes\x01"),
		BAD("\xa3\x65keyId\x42\xab\xcd\x66method\x00\x67version\x01"),
		BAD("\xa5\x65keyId\x42\xab\xcd\x66method\x00\x67version\x01"
		    "\x68"
		    "docTypes\x80\x68purposes\x01"),
		BAD("\xa4\x65keyId\x42\xab\xcd\x66method\x00\x67version\x01"
		    "\x68purposes\x01\x00"),
	};

	(void)state;
	for (size_t i = 0; i < nitems(bad); i++) {
		raw(PURPOSE_APPLICATION, bytes_of(bad[i].record, bad[i].len));
		permits_nothing();
		/* also beside a good one */
		create(MDOC_PURPOSE_DEVICE, 0, PURPOSE_NO_LIMIT);
		raw(PURPOSE_APPLICATION, bytes_of(bad[i].record, bad[i].len));
		permits_nothing();
		create(MDOC_PURPOSE_DEVICE, 0, 5);
		raw(PURPOSE_STATE_APPLICATION,
		    bytes_of(bad[i].record, bad[i].len));
		permits_nothing();
	}
}

static CK_OBJECT_HANDLE
state_object(void)
{
	CK_ATTRIBUTE t = { CKA_APPLICATION, NULL,
		sizeof(PURPOSE_STATE_APPLICATION) - 1 };
	char application[] = PURPOSE_STATE_APPLICATION;
	CK_OBJECT_HANDLE object;
	CK_ULONG n;

	t.pValue = application;
	assert_int_equal(token_find(&token, &t, 1, &object, 1, &n), CKR_OK);
	assert_int_equal(n, 1);
	return object;
}

static void
test_state_lost(void **state)
{
	(void)state;
	create(MDOC_PURPOSE_DEVICE, MDOC_METHOD_ONE, PURPOSE_NO_LIMIT);
	assert_int_equal(token.f->C_DestroyObject(token.session,
			     state_object()),
	    CKR_OK);
	permits_nothing();
}

/*
 * Each call of the token fails once, or the process ends there: no use comes
 * back, and a use that was answered with CKR_OK is written down.
 */
static void
test_faults(void **state)
{
	CK_FUNCTION_LIST *real = token.f;
	uint64_t left = 1000;
	unsigned long nth = 0;
	struct purpose p;
	bool reached;
	CK_RV rv;

	(void)state;
	create(MDOC_PURPOSE_DEVICE, MDOC_METHOD_ANY, left);
	token.f = p11_double_over(real);
	do {
		p11_double_fail(++nth, CKR_DEVICE_ERROR);
		rv = spend(PURPOSE_SIGN);
		reached = p11_double_failed() != NULL;
		p11_double_fail(0, CKR_OK);
		/* What the module does with its session. */
		(void)real->C_FindObjectsFinal(token.session);
		p = find();
		if (rv == CKR_OK)
			assert_true(p.uses_left < left);
		assert_true(p.uses_left <= left);
		left = p.uses_left;
		purpose_reset(&p);
	} while (reached);
	assert_true(nth > 10);
	token.f = real;
	remove_all();
}

/* Somebody else destroys the state that was seen: the use is not ours. */
static CK_FUNCTION_LIST racing;
static CK_FUNCTION_LIST *below;
static int races;

static CK_RV
race(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE object)
{
	struct token other = token;

	if (races > 0) {
		const struct purpose_want w = { MDOC_PURPOSE_DEVICE, BYTES_NULL,
			PURPOSE_SIGN };
		const char *why;

		races--;
		other.f = below;
		assert_int_equal(purpose_spend(&other, id(), &w, &why), CKR_OK);
	}
	return below->C_DestroyObject(s, object);
}

static void
test_race(void **state)
{
	struct purpose p;

	(void)state;
	create(MDOC_PURPOSE_DEVICE, MDOC_METHOD_ANY, 20);
	below = token.f;
	racing = *below;
	racing.C_DestroyObject = race;
	token.f = &racing;
	races = 3;
	assert_int_equal(spend(PURPOSE_SIGN), CKR_OK);
	token.f = below;
	assert_int_equal(races, 0);
	p = find();
	/* four uses at least; what got lost is nobody's */
	assert_true(p.uses_left <= 16);
	purpose_reset(&p);
	remove_all();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_validate),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_uses),
		cmocka_unit_test(test_method),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_state_lost),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_race),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
