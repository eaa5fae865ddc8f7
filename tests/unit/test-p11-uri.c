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

#include "mdoc/crypto/p11-uri.h"
#include "tests/support/expect.h"
#include "tests/support/failmalloc.h"

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

static void
test_parse(void **state)
{
	struct p11uri u;

	(void)state;
	assert_true(p11uri_is("pkcs11:"));
	assert_true(p11uri_is("PKCS11:token=x"));
	assert_false(p11uri_is("pkcs11"));
	assert_false(p11uri_is("/file/pkcs11:"));

	expect_ok(c,
	    p11uri_parse(c,
		"pkcs11:token=a%20b;object=k;id=%01%ff;type=private"
		"?pin-value=12%3334&module-path=/m.so&pin-source=file:/x%20y",
		&u));
	assert_true(bytes_equal_str(u.label, "k"));
	assert_true(bytes_equal(u.id, bytes_of("\x01\xff", 2)));
	assert_true(u.has_class && u.class == CKO_PRIVATE_KEY);
	assert_string_equal(u.module_path, "/m.so");
	assert_true(bytes_equal_str(blob_bytes(&u.pin_value), "12334"));
	assert_string_equal((const char *)u.pin_source.ptr, "file:/x y");
	/* The text that messages show has no PIN and no place of one. */
	assert_null(strstr(u.text, "pin"));
	assert_null(strstr(u.text, "12"));
	assert_string_equal(u.text,
	    "pkcs11:token=a%20b;object=k;id=%01%ff;type=private"
	    "?module-path=/m.so");
	p11uri_reset(&u);
	p11uri_reset(&u);

	expect_ok(c, p11uri_parse(c, "pkcs11:?pin-value=", &u));
	assert_non_null(u.pin_value.ptr);
	assert_int_equal(u.pin_value.len, 0);
	assert_true(bytes_is_null(u.label) && bytes_is_null(u.id));
	assert_false(u.has_class);
	assert_null(u.module_path);
	assert_string_equal(u.text, "pkcs11:");
	p11uri_reset(&u);
	expect_ok(c, p11uri_parse(c, "pkcs11:?PIN-VALUE=77", &u));
	assert_int_equal(u.pin_value.len, 2);
	p11uri_reset(&u);
	expect_ok(c, p11uri_parse(c, "pkcs11:?module-path=/a&", &u));
	p11uri_reset(&u);
}

static void
test_refused(void **state)
{
	static const char *const list[][2] = {
		{ "pkcs11:token=%", "pkcs11:token=%" },
		{ "pkcs11:token=%4x", "pkcs11:token=%4x" },
		{ "pkcs11:token", "pkcs11:token" },
		{ "pkcs11:type=nonsense", "type=nonsense" },
		{ "pkcs11:color=red", "RFC 7512" },
		{ "pkcs11:?pin-value=77%", "a PIN attribute" },
		{ "pkcs11:?pin-value=77%7", "a PIN attribute" },
		{ "pkcs11:?pin-source=%gg", "a PIN attribute" },
		{ "pkcs11:token=x;pin-value=77", "not behind the '?'" },
		{ "pkcs11:token=x;PIN-Value=77?module-path=/m", "not behind" },
	};
	struct p11uri u;

	(void)state;
	for (size_t i = 0; i < nitems(list); i++) {
		expect_error(c, p11uri_parse(c, list[i][0], &u),
		    MDOC_E_ARGUMENT, list[i][1]);
		assert_null(strstr(mdoc_ctx_error(c), "77"));
	}
}

static void
test_format(void **state)
{
	CK_TOKEN_INFO token;
	struct p11object o = { CKO_PRIVATE_KEY, bytes_str("a key"),
		bytes_of("\x01\xab", 2) };
	struct p11uri u;
	char *text;
	uint8_t big[300] = { 0 };

	(void)state;
	memset(&token, ' ', sizeof(token));
	memcpy(token.label, "my token", 8);
	memcpy(token.serialNumber, "0815", 4);
	text = p11uri_format(&token, NULL, NULL);
	assert_string_equal(text, "pkcs11:serial=0815;token=my%20token");
	free(text);
	text = p11uri_format(&token, &o, NULL);
	assert_non_null(text);
	expect_ok(c, p11uri_parse(c, text, &u));
	assert_true(bytes_equal_str(u.label, "a key"));
	assert_true(bytes_equal(u.id, o.id));
	assert_true(u.has_class && u.class == CKO_PRIVATE_KEY);
	assert_int_equal(p11_kit_uri_match_token_info(u.uri, &token), 1);
	p11uri_reset(&u);
	free(text);

	/* What opens it again, but no PIN. */
	expect_ok(c,
	    p11uri_parse(c,
		"pkcs11:token=x?module-path=/m.so&"
		"pin-source=file:/p&pin-value=99",
		&u));
	text = p11uri_format(&token, &o, &u);
	assert_non_null(strstr(text, "module-path=/m.so"));
	assert_non_null(strstr(text, "pin-source=file:/p"));
	assert_null(strstr(text, "99"));
	free(text);
	p11uri_reset(&u);
	/* A file descriptor is read once. */
	expect_ok(c, p11uri_parse(c, "pkcs11:token=x?pin-source=fd:7", &u));
	text = p11uri_format(&token, &o, &u);
	assert_null(strstr(text, "pin-source"));
	free(text);
	p11uri_reset(&u);
	o.id = bytes_of(big, sizeof(big));
	assert_null(p11uri_format(&token, &o, NULL));
}

static void
test_memory(void **state)
{
	struct p11uri u;
	unsigned long n;
	int r;

	(void)state;
	for (n = 1;; n++) {
		failmalloc_arm(n);
		r = p11uri_parse(c,
		    "pkcs11:token=x;object=y?pin-value=1&pin-source=2", &u);
		if (!failmalloc_disarm())
			break;
		assert_int_equal(r, MDOC_E_MEMORY);
	}
	assert_int_equal(r, MDOC_OK);
	assert_true(n > 2);
	p11uri_reset(&u);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests_name("p11-uri", tests, setup, teardown);
}
