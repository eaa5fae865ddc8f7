/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "common/util.h"
#include "mdoc/session/event.h"
#include "mdoc/session/message.h"

/* What a name stands for cannot be told from two. */
static void
test_names(void **state)
{
	const struct event_kind *k;

	(void)state;
	for (size_t i = 0; i < EVENT_COUNT; i++) {
		k = event_kind((enum event_id)i);
		assert_non_null(k->name);
		assert_non_null(k->reason);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(k->name,
			    event_kind((enum event_id)j)->name);
	}
}

static void
test_kinds(void **state)
{
	const struct event_kind *k;

	(void)state;
	for (size_t i = 0; i < EVENT_COUNT; i++) {
		k = event_kind((enum event_id)i);
		assert_int_not_equal(k->type, MDOC_EVENT_NONE);
		assert_int_equal(k->type == MDOC_EVENT_ERROR, k->error < 0);
		if (k->type != MDOC_EVENT_ERROR)
			assert_int_equal(k->answer, 0);
		/* An answer that is asked for can be given. */
		if (k->answer != 0)
			assert_non_null(message_status(k->answer).ptr);
	}
}

static void
test_status(void **state)
{
	static const struct {
		int status;
		const char *name;
	} rows[] = {
		{ 10, "peer-encryption-error" },
		{ 11, "peer-decoding-error" },
		{ 20, "peer-terminated" },
		{ 0, "peer-status" },
		{ 12, "peer-status" },
		{ 65535, "peer-status" },
	};
	const struct event_kind *k;

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		k = event_kind(event_of_status(rows[i].status));
		assert_string_equal(k->name, rows[i].name);
		assert_int_equal(k->type, MDOC_EVENT_TERMINATED);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
