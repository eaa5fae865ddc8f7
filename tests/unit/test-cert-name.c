/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mdoc/crypto/cert-name.h"
#include "tests/support/expect.h"
#include "tests/support/failmalloc.h"
#include "tests/support/vectors.h"

static mdoc_ctx *c;

static int
setup(void **state)
{
	(void)state;
	return mdoc_ctx_new(&c);
}

static int
teardown(void **state)
{
	(void)state;
	mdoc_ctx_free(&c);
	return 0;
}

/* Text to DER to text. */
static void
test_round(void **state)
{
	static const char *const list[][2] = {
		{ "CN=Utopia IACA,C=UT", NULL },
		{ "C=UT,ST=UT-A,L=City,O=DMV,OU=One,OU=Two,CN=x", NULL },
		{ "CN=a\\, b\\+c\\\"d\\\\e\\<f\\>g\\;h=i#j", NULL },
		{ "CN=\\ x\\ ,serialNumber=0815", NULL },
		{ "CN=\\#1", NULL },
		{ "CN=Gr\xc3\xbc\xc3\x9f"
		  "e",
		    NULL },
		{ " cn = a b , c = UT ", "CN=a b,C=UT" },
		{ "CN=\\41\\c3\\9f", "CN=A\xc3\x9f" },
		{ "CN=\\=\\#\\ x", "CN==# x" },
	};
	struct blob der = BLOB_INIT, text = BLOB_INIT;
	struct name n = { .n = 0 };
	const char *want;

	(void)state;
	for (size_t i = 0; i < nitems(list); i++) {
		want = list[i][1] == NULL ? list[i][0] : list[i][1];
		expect_ok(c, name_parse(c, list[i][0], &n));
		blob_clear(&der);
		blob_clear(&text);
		assert_true(name_write(&n, &der));
		assert_true(name_format(blob_bytes(&der), &text));
		if (!bytes_equal_str(blob_bytes(&text), want))
			fail_msg("%.*s, not %s", (int)text.len, text.ptr, want);
		name_reset(&n);
	}
	blob_reset(&der);
	blob_reset(&text);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *text;
		const char *error;
	} list[] = {
		{ "",
		    "attribute expected (CN, C, ST, L, O, OU, serialNumber) "
		    "at character 1" },
		{ "CN=x,", "attribute expected" },
		{ "CN=x,,C=UT", "at character 6" },
		{ "CN", "'=' expected at character 3" },
		{ "CN x=1", "'=' expected" },
		{ "Q=1", "unknown attribute" },
		{ "CN=x,Q=1", "at character 6" },
		{ "CN=", "a value is missing" },
		{ "CN= ,C=UT", "a value is missing" },
		{ "CN=x,CN=y", "twice" },
		{ "C=UT,C=UT", "twice" },
		{ "CN=a+b", "needs a '\\' before it at character 5" },
		{ "CN=a\"b", "needs a '\\'" },
		{ "CN=a\\", "'\\' before a character that needs none" },
		{ "CN=a\\4", "'\\' before a character that needs none" },
		{ "CN=a\\x", "'\\' before a character that needs none" },
		{ "C=ut", "two upper-case letters" },
		{ "C=U", "two upper-case letters" },
		{ "C=UTO", "too long" },
		{ "C=U1", "two upper-case letters" },
		{ "CN=a\\0ab", "control character" },
		{ "CN=a\\ff", "not UTF-8" },
		{ "serialNumber=a_b", "PrintableString" },
		{ "CN=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaa",
		    "too long" },
		{ "O=1,O=2,O=3,O=4,O=5,O=6,O=7,O=8,O=9,O=10,O=11,O=12,O=13,"
		  "O=14,O=15,O=16,O=17",
		    "too many" },
	};
	struct name n = { .n = 0 };

	(void)state;
	for (size_t i = 0; i < nitems(list); i++) {
		expect_error(c, name_parse(c, list[i].text, &n),
		    MDOC_E_ARGUMENT, list[i].error);
		name_reset(&n);
	}
	/* Characters count, not octets. */
	expect_ok(c,
	    name_parse(c,
		"CN=\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
		"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
		"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
		"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
		"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc",
		&n));
	name_reset(&n);
}

static void
test_add(void **state)
{
	struct name n = { .n = 0 };

	(void)state;
	expect_ok(c, name_parse(c, "CN=x", &n));
	assert_null(name_get(&n, "C").ptr);
	expect_ok(c, name_add(c, &n, "C", bytes_str("UT")));
	assert_true(bytes_equal_str(name_get(&n, "C"), "UT"));
	expect_error(c, name_add(c, &n, "Q", bytes_str("UT")), MDOC_E_ARGUMENT,
	    "no room for Q");
	name_reset(&n);
}

/* Names that others made: other types, other kinds of strings. */
static void
test_foreign(void **state)
{
	static const char *const list[][2] = {
		{ "3000", "" },
		/* 2.5.4.12 and an attribute that is not of X.520 */
		{ "300d310b3009060355040c0c026d72", "2.5.4.12=mr" },
		{ "3012311030 0e06092a864886f70d010901160178",
		    "oid:2a864886f70d010901=x" },
		/* A BMPString is shown as its octets. */
		{ "300d310b30090603550403 1e020041", "CN=#1e020041" },
		/* Two attributes in one SET; control characters */
		{ "301a31183008060355040313 0161300c0603550406130 50a0b0c7f 41",
		    "CN=a,C=\\0a\\0b\\0c\\7fA" },
	};
	static const char *const bad[] = { "", "31020000", "30023000",
		"3004310230 00", "30083106300406 02aabb" };
	struct blob der = BLOB_INIT, text = BLOB_INIT;

	(void)state;
	for (size_t i = 0; i < nitems(list); i++) {
		vectors_hex(list[i][0], &der);
		blob_clear(&text);
		assert_true(name_format(blob_bytes(&der), &text));
		if (!bytes_equal_str(blob_bytes(&text), list[i][1]))
			fail_msg("%.*s, not %s", (int)text.len, text.ptr,
			    list[i][1]);
	}
	for (size_t i = 0; i < nitems(bad); i++) {
		vectors_hex(bad[i], &der);
		blob_clear(&text);
		assert_false(name_format(blob_bytes(&der), &text));
	}
	blob_reset(&der);
	blob_reset(&text);
}

static void
test_memory(void **state)
{
	struct name n = { .n = 0 };
	struct blob der = BLOB_INIT, text = BLOB_INIT;
	unsigned long i;
	bool good;

	(void)state;
	for (i = 1;; i++) {
		blob_reset(&der);
		blob_reset(&text);
		failmalloc_arm(i);
		good = name_parse(c, "CN=x\\,y,C=UT,O=z", &n) == MDOC_OK &&
		    name_write(&n, &der) &&
		    name_format(blob_bytes(&der), &text);
		name_reset(&n);
		if (!failmalloc_disarm())
			break;
		assert_false(good);
	}
	assert_true(good && i > 5);
	blob_reset(&der);
	blob_reset(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests_name("cert-name", tests, setup, teardown);
}
