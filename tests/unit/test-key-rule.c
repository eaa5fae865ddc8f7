/* SPDX-License-Identifier: BSD-3-Clause */
/* Purpose-bound keys by libmdoc, over p11-mdoc.so and over SoftHSMv2 alone. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <mdoc/key.h>

#include "mdoc/crypto/key-token.h"
#include "tests/support/expect.h"
#include "tests/support/module.h"

#define PIN       "?pin-value=1234"
#define KEY(name) "pkcs11:token=rule;object=" name PIN

static struct softhsm hsm;
static char module[512];

static int
setup(void **state)
{
	const char *build = getenv("abs_top_builddir");

	(void)state;
	(void)snprintf(module, sizeof(module), "%s/.libs/p11-mdoc.so",
	    build == NULL ? "." : build);
	return softhsm_new(&hsm, "rule") && module_configure(&hsm, NULL) ? 0
									 : -1;
}

static mdoc_ctx *
context(const char *path)
{
	mdoc_ctx *c;

	assert_int_equal(mdoc_ctx_new(&c), MDOC_OK);
	expect_ok(c, mdoc_ctx_set_module(c, path));
	return c;
}

/* What mdoc_key_list says of the one private key that matches. */
struct seen {
	unsigned n, purpose, method;
	long uses_left;
	char types[128];
	size_t types_len;
};

static int
see(void *arg, const mdoc_key_info *info)
{
	struct seen *s = arg;

	if (!info->is_private)
		return 0;
	s->n++;
	s->purpose = info->purpose;
	s->method = info->method;
	s->uses_left = info->uses_left;
	assert_true(info->doc_types.len < sizeof(s->types));
	s->types_len = info->doc_types.len;
	if (s->types_len > 0)
		memcpy(s->types, info->doc_types.ptr, s->types_len);
	return 0;
}

static struct seen
list(mdoc_ctx *c, const char *uri)
{
	struct seen s = { .n = 0 };

	expect_ok(c, mdoc_key_list(c, uri, see, &s));
	assert_int_equal(s.n, 1);
	return s;
}

static void
test_rule(void **state)
{
	static const char *const types[] = { "a", "bc", NULL };
	const mdoc_key_rule device = { MDOC_KEY_FOR_DEVICE, MDOC_KEY_METHOD_ONE,
		types, 7 };
	const mdoc_key_rule issuer = { .purpose = MDOC_KEY_FOR_ISSUER,
		.uses = -1 };
	mdoc_ctx *c = context(module);
	mdoc_key *key = NULL;
	struct seen s;

	(void)state;
	expect_ok(c,
	    mdoc_key_create_bound(c, KEY("device"), "P-256", 0, &device, &key));
	assert_int_equal(mdoc_key_id(key).len, 16);
	mdoc_key_free(&key);
	s = list(c, KEY("device"));
	assert_int_equal(s.purpose, MDOC_KEY_FOR_DEVICE);
	assert_int_equal(s.method, MDOC_KEY_METHOD_ONE);
	assert_int_equal(s.uses_left, 7);
	assert_int_equal(s.types_len, 4);
	assert_memory_equal(s.types, "a\0bc", 4);

	expect_ok(c, mdoc_key_create(c, KEY("ds"), "P-384", 0, &key));
	mdoc_key_free(&key);
	s = list(c, KEY("ds"));
	assert_int_equal(s.purpose, 0);
	assert_int_equal(s.uses_left, -1);
	expect_ok(c, mdoc_key_bind(c, KEY("ds"), &issuer));
	s = list(c, KEY("ds"));
	assert_int_equal(s.purpose, MDOC_KEY_FOR_ISSUER);
	assert_int_equal(s.method, MDOC_KEY_METHOD_ANY);
	assert_int_equal(s.uses_left, -1);
	assert_int_equal(s.types_len, 0);
	expect_error(c, mdoc_key_bind(c, KEY("ds"), &issuer), MDOC_E_KEY,
	    "bound already");
	expect_ok(c, mdoc_key_delete(c, KEY("ds")));
	expect_ok(c, mdoc_key_create(c, KEY("ds"), "P-256", 0, &key));
	mdoc_key_free(&key);
	assert_int_equal(list(c, KEY("ds")).purpose, 0);
	mdoc_ctx_free(&c);
}

static void
test_wrong(void **state)
{
	static const char *const empty[] = { "", NULL };

	static const struct {
		mdoc_key_rule rule;
		int code;
		const char *text;
	} bad[] = {
		{ { 0, 0, NULL, -1 }, MDOC_E_ARGUMENT, "purpose is needed" },
		{ { 1, 0, NULL, 0 }, MDOC_E_ARGUMENT, "no uses" },
		{ { 1, 0, empty, -1 }, MDOC_E_ARGUMENT, "empty docType" },
		{ { 2, 1, NULL, -1 }, MDOC_E_KEY, "cannot be bound to that" },
	};

	const mdoc_key_rule good = { .purpose = 1, .uses = -1 };
	mdoc_ctx *c = context(module);
	mdoc_key *key = NULL;
	struct seen s = { .n = 0 };

	(void)state;
	for (size_t i = 0; i < nitems(bad); i++) {
		expect_error(c,
		    mdoc_key_create_bound(c, KEY("bad"), "P-256", 0,
			&bad[i].rule, &key),
		    bad[i].code, bad[i].text);
		assert_null(key);
	}
	expect_ok(c, mdoc_key_list(c, KEY("bad"), see, &s));
	assert_int_equal(s.n, 0);
	expect_error(c, mdoc_key_bind(c, "key.pem", &good), MDOC_E_ARGUMENT,
	    "pkcs11: URI");
	expect_error(c, mdoc_key_bind(c, "pkcs11:token=rule" PIN, &good),
	    MDOC_E_ARGUMENT, "object= or id=");
	expect_error(c, mdoc_key_bind(c, KEY("nobody"), &good), MDOC_E_TOKEN,
	    "no such private key");
	mdoc_ctx_free(&c);
}

/* A module that knows no rules makes no key that looks bound. */
static void
test_alone(void **state)
{
	const mdoc_key_rule device = { .purpose = MDOC_KEY_FOR_DEVICE,
		.uses = -1 };
	mdoc_ctx *c = context(hsm.module);
	mdoc_key *key = NULL;
	struct seen s = { .n = 0 };

	(void)state;
	expect_error(c,
	    mdoc_key_create_bound(c, KEY("alone"), "P-256", 0, &device, &key),
	    MDOC_E_UNSUPPORTED, "cannot bind keys");
	expect_ok(c, mdoc_key_list(c, KEY("alone"), see, &s));
	assert_int_equal(s.n, 0);
	expect_ok(c, mdoc_key_create(c, KEY("alone"), "P-256", 0, &key));
	mdoc_key_free(&key);
	expect_error(c, mdoc_key_bind(c, KEY("alone"), &device),
	    MDOC_E_UNSUPPORTED, "cannot bind keys");
	assert_int_equal(list(c, KEY("alone")).purpose, 0);
	mdoc_ctx_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_alone),
	};

	return cmocka_run_group_tests_name("key-rule", tests, setup, NULL);
}
