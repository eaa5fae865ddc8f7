/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <mdoc/mdoc.h>

#include "tests/support/softhsm.h"

#define PIN    ((mdoc_bytes){ (const unsigned char *)"4711", 4 })
#define SO_PIN ((mdoc_bytes){ (const unsigned char *)"87654321", 8 })

static struct softhsm hsm;
static mdoc_ctx *ctx;

static int
setup_group(void **state)
{
	(void)state;
	return softhsm_module() == NULL || softhsm_new(&hsm, "old") ? 0 : -1;
}

/* SoftHSMv2 offers its next free token when it is initialised. */
static int
setup(void **state)
{
	(void)state;
	if (softhsm_module() == NULL)
		return 0;
	return mdoc_ctx_new(&ctx) == MDOC_OK &&
		mdoc_ctx_set_module(ctx, softhsm_module()) == MDOC_OK
	    ? 0
	    : -1;
}

static void
need_softhsm(void)
{
	if (softhsm_module() == NULL)
		skip();
}

static int
teardown(void **state)
{
	(void)state;
	mdoc_ctx_free(&ctx);
	return 0;
}

static int
count(void *arg, const mdoc_token_info *info)
{
	unsigned *n = arg;

	n[0]++;
	if (info->initialized)
		n[1]++;
	if (!strcmp(info->label, "new"))
		n[2]++;
	assert_int_equal(strncmp(info->uri, "pkcs11:", 7), 0);
	return 0;
}

static void
test_init(void **state)
{
	unsigned before[3] = { 0 }, after[3] = { 0 };

	(void)state;
	need_softhsm();
	assert_int_equal(mdoc_token_list(ctx, count, before), MDOC_OK);
	assert_int_equal(before[2], 0);
	assert_int_equal(mdoc_token_init(ctx, "new", SO_PIN, PIN), MDOC_OK);
	assert_int_equal(mdoc_token_list(ctx, count, after), MDOC_OK);
	assert_int_equal(after[1], before[1] + 1);
	assert_int_equal(after[2], 1);
	/* The label is taken now, and nothing was changed. */
	assert_int_equal(mdoc_token_init(ctx, "new", SO_PIN, PIN),
	    MDOC_E_TOKEN);
	assert_non_null(strstr(mdoc_ctx_error(ctx), "already"));
}

static void
test_refused(void **state)
{
	unsigned before[3] = { 0 }, after[3] = { 0 };

	(void)state;
	need_softhsm();
	assert_int_equal(mdoc_token_list(ctx, count, before), MDOC_OK);
	assert_int_equal(mdoc_token_init(ctx, "", SO_PIN, PIN),
	    MDOC_E_ARGUMENT);
	assert_int_equal(mdoc_token_init(ctx,
			     "a label of more than thirty-two bytes", SO_PIN,
			     PIN),
	    MDOC_E_ARGUMENT);
	assert_int_equal(mdoc_token_init(ctx, "short",
			     (mdoc_bytes){ (const unsigned char *)"1", 1 },
			     PIN),
	    MDOC_E_LOGIN);
	assert_int_equal(mdoc_token_init(ctx, "short", SO_PIN,
			     (mdoc_bytes){ (const unsigned char *)"1", 1 }),
	    MDOC_E_LOGIN);
	/* Nothing was begun. */
	assert_int_equal(mdoc_token_list(ctx, count, after), MDOC_OK);
	assert_int_equal(after[1], before[1]);
}

static int
stop(void *arg, const mdoc_token_info *info)
{
	(void)arg;
	(void)info;
	return 7;
}

static void
test_stop(void **state)
{
	(void)state;
	need_softhsm();
	assert_int_equal(mdoc_token_list(ctx, stop, NULL), 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_init, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stop, setup, teardown),
	};

	return cmocka_run_group_tests_name("p11-slot", tests, setup_group,
	    NULL);
}
