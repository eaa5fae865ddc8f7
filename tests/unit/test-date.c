/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "mdoc/codec/date.h"
#include "tests/support/diag.h"
#include "tests/support/hostile.h"

static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
		bool fraction;
		bool offset;
	} good[] = {
		{ "1970-01-01T00:00:00Z", 0, false, false },
		{ "2020-10-01T13:30:02Z", 1601559002, false, false },
		{ "2000-02-29T23:59:59Z", 951868799, false, false },
		{ "1969-12-31T23:59:59Z", -1, false, false },
		{ "0000-01-01T00:00:00Z", -62167219200, false, false },
		{ "9999-12-31T23:59:59Z", 253402300799, false, false },
		{ "2020-10-01T13:30:02.5Z", 1601559002, true, false },
		{ "2020-10-01T13:30:02.123456789Z", 1601559002, true, false },
		{ "2020-10-01T15:30:02+02:00", 1601559002, false, true },
		{ "2020-10-01T13:00:02.0-00:30", 1601559002, true, true },
	};
	struct date date;

	(void)state;
	for (size_t i = 0; i < nitems(good); i++) {
		assert_true(date_parse(bytes_str(good[i].text), &date));
		assert_true(date.seconds == good[i].seconds);
		assert_int_equal(date.fraction, good[i].fraction);
		assert_int_equal(date.offset, good[i].offset);
	}
}

static void
test_parse_bad(void **state)
{
	static const char *const bad[] = {
		"",
		"2020-10-01",
		"2020-10-01T13:30:02",
		"2020-10-01t13:30:02Z",
		"2020-10-01T13:30:02z",
		"2020-10-01 13:30:02Z",
		"2020-13-01T13:30:02Z",
		"2020-00-01T13:30:02Z",
		"2020-10-32T13:30:02Z",
		"2020-10-00T13:30:02Z",
		"2021-02-29T13:30:02Z",
		"1900-02-29T13:30:02Z",
		"2020-04-31T13:30:02Z",
		"2020-10-01T24:00:00Z",
		"2020-10-01T13:60:02Z",
		"2020-10-01T13:30:60Z",
		"2020-10-01T13:30:02.Z",
		"2020-10-01T13:30:02,5Z",
		"2020-10-01T13:30:02ZZ",
		"2020-10-01T13:30:02+2:00",
		"2020-10-01T13:30:02+24:00",
		"2020-10-01T13:30:02+02:60",
		"2020-10-01T13:30:02+0200",
		"20-10-01T13:30:02Z",
		"+2020-10-01T13:30:02Z",
		"2020-10-1T13:30:02Z",
		"2020-10-01T13:30:0 Z",
	};
	struct date date = { .seconds = 42 };
	int64_t seconds = 42;

	(void)state;
	for (size_t i = 0; i < nitems(bad); i++) {
		if (date_parse(bytes_str(bad[i]), &date))
			fail_msg("accepted: %s", bad[i]);
	}
	assert_true(date.seconds == 42);
	assert_false(date_parse_full(bytes_str("2020-10-01T"), &seconds));
	assert_false(date_parse_full(bytes_str("2020-02-30"), &seconds));
	assert_false(date_parse_full(bytes_str("2020-2-3"), &seconds));
	assert_false(date_parse_full(BYTES_NULL, &seconds));
	assert_true(seconds == 42);
	assert_true(date_parse_full(bytes_str("2020-10-01"), &seconds));
	assert_true(seconds == 1601510400);
}

/* A day of every month over 800 years, against the C library. */
static void
test_format(void **state)
{
	char text[32], want[32];
	struct date date;
	struct tm tm;
	time_t t;

	(void)state;
	for (int64_t s = -12622780800; s < 12622780800; s += 29 * 86399) {
		t = (time_t)s;
		assert_non_null(gmtime_r(&t, &tm));
		assert_int_equal(strftime(want, sizeof(want),
				     "%Y-%m-%dT%H:%M:%SZ", &tm),
		    20);
		assert_true(date_format(s, text));
		assert_string_equal(text, want);
		assert_true(date_parse(bytes_str(text), &date));
		assert_true(date.seconds == s);
	}
	assert_true(date_format(-62167219200, text));
	assert_string_equal(text, "0000-01-01T00:00:00Z");
	assert_true(date_format(253402300799, text));
	assert_string_equal(text, "9999-12-31T23:59:59Z");
	assert_false(date_format(-62167219201, text));
	assert_false(date_format(253402300800, text));
	assert_false(date_format(INT64_MIN, text));
	assert_false(date_format(INT64_MAX, text));
}

static bool
read_date(struct cbor_reader *r)
{
	struct date date;

	return (date_read(r, &date) && cbor_finish(r)) ||
	    cbor_expect(r, "tdate");
}

static bool
read_full(struct cbor_reader *r)
{
	int64_t seconds;

	return (date_read_full(r, &seconds) && cbor_finish(r)) ||
	    cbor_expect(r, "full-date");
}

static void
test_cbor(void **state)
{
	static const struct hostile bad[] = {
		{ "@\"2020-10-01T13:30:02Z\"", CBOR_E_TYPE, "tdate" },
		{ "@1(1601559002)", CBOR_E_TYPE, "tdate" },
		{ "0(@1601559002)", CBOR_E_TYPE, "tdate" },
		{ "0(@\"2020-10-01\")", CBOR_E_RANGE, "tdate" },
		{ "0(@h'00')", CBOR_E_TYPE, "tdate" },
	};
	static const struct hostile bad_full[] = {
		{ "@\"2020-10-01\"", CBOR_E_TYPE, "full-date" },
		{ "@0(\"2020-10-01\")", CBOR_E_TYPE, "full-date" },
		{ "1004(@\"2020-10-01T13:30:02Z\")", CBOR_E_RANGE,
		    "full-date" },
	};
	struct blob b = BLOB_INIT, want = BLOB_INIT;
	struct cbor_writer w;

	(void)state;
	cbor_writer_init(&w, &b);
	date_write(&w, 1601559002);
	assert_int_equal(w.error, CBOR_OK);
	diag("0(\"2020-10-01T13:30:02Z\")", &want);
	assert_true(bytes_equal(blob_bytes(&b), blob_bytes(&want)));
	hostile_sweep(blob_bytes(&b), read_date);
	hostile_check(bad, nitems(bad), read_date);
	date_write(&w, INT64_MAX);
	assert_int_equal(w.error, CBOR_E_RANGE);
	assert_int_equal(b.len, want.len);

	blob_clear(&b);
	cbor_writer_init(&w, &b);
	date_write_full(&w, bytes_str("2020-10-01"));
	diag("1004(\"2020-10-01\")", &want);
	assert_true(bytes_equal(blob_bytes(&b), blob_bytes(&want)));
	hostile_sweep(blob_bytes(&b), read_full);
	hostile_check(bad_full, nitems(bad_full), read_full);
	blob_reset(&b);
	blob_reset(&want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_bad),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_cbor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
