/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/util.h"
#include "mdoc/session/event.h"
#include "mdoc/session/message.h"
#include "tests/support/vectors.h"

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

/* Whoever meets a name finds it in the manual, with the status answered. */
static void
test_manual(void **state)
{
	const struct event_kind *k;
	struct blob page = BLOB_INIT;
	char item[64];
	const char *at;

	(void)state;
	assert_true(vectors_read_own("doc/mdoc_session.3", &page));
	assert_true(blob_append_u8(&page, 0));
	for (size_t i = 0; i < EVENT_COUNT; i++) {
		k = event_kind((enum event_id)i);
		snprintf(item, sizeof(item), ".It Qq %s\n", k->name);
		at = strstr((const char *)page.ptr, item);
		if (k->answer == 0) {
			snprintf(item, sizeof(item), "Qq %s", k->name);
			at = strstr((const char *)page.ptr, item);
			assert_non_null(at);
			continue;
		}
		assert_non_null(at);
		assert_int_equal(strtol(at + strlen(item), NULL, 10),
		    k->answer);
	}
	blob_reset(&page);
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
		cmocka_unit_test(test_manual),
		cmocka_unit_test(test_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
