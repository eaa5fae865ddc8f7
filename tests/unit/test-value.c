/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/util.h"
#include "mdoc/codec/value.h"

static const struct {
	const char *hex;
	size_t max;
	const char *text;
	const char *json;
} values[] = {
	{ "6a4d75737465726d616e6e", 0, "Mustermann", "\"Mustermann\"" },
	{ "6a4d75737465726d616e6e", 6, "Muster...", "\"Mustermann\"" },
	{ "62c3a9", 1, "...", "\"\xc3\xa9\"" },
	{ "18ff", 0, "255", "255" },
	{ "3903e7", 0, "-1000", "-1000" },
	{ "3bffffffffffffffff", 0, "-18446744073709551616",
	    "-18446744073709551616" },
	{ "f5", 0, "true", "true" },
	{ "f6", 0, "null", "null" },
	{ "f90000", 0, "0", "0" },
	{ "f97e00", 0, "nan", "null" },
	{ "d903ec6a313939342d30382d3132", 0, "1994-08-12", "\"1994-08-12\"" },
	{ "42ffd8", 0, "h'ffd8'", "\"_9g\"" },
	{ "45ffd8ffe000", 4, "<5 bytes, JPEG>", "\"_9j_4AA\"" },
	{ "80", 0, "[]", "[]" },
	{ "a0", 0, "{}", "{}" },
	{ "82a161610102", 0, "[{\"a\": 1}, 2]", "[{\"a\": 1}, 2]" },
	{ "a201820203f520", 0, "{\"1\": [2, 3], \"true\": -1}",
	    "{\"1\": [2, 3], \"true\": -1}" },
	/* an escape sequence must not reach a terminal */
	{ "641b5b326a", 0, "\\u001b[2j", "\"\\u001b[2j\"" },
	{ "62c29b", 0, "\\u009b", "\"\\u009b\"" },
};

static bool
write_hex(const char *hex, enum value_style style, size_t max, struct blob *out,
    enum cbor_error *ret_error)
{
	uint8_t buf[128];
	struct cbor_reader r;
	size_t len;
	bool ok;

	assert_true(strlen(hex) <= 2 * sizeof buf);
	assert_true(bytes_from_hex(bytes_str(hex), buf, &len));
	cbor_reader_init(&r, bytes_of(buf, len));
	ok = value_write(&r, style, max, out);
	*ret_error = r.error;
	return ok && cbor_at_end(&r);
}

static void
test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < nitems(values); i++) {
		struct blob text = BLOB_INIT, json = BLOB_INIT;
		enum cbor_error error;

		assert_true(write_hex(values[i].hex, VALUE_TEXT, values[i].max,
		    &text, &error));
		assert_true(write_hex(values[i].hex, VALUE_JSON, values[i].max,
		    &json, &error));
		assert_true(blob_append_u8(&text, 0));
		assert_true(blob_append_u8(&json, 0));
		assert_string_equal((char *)text.ptr, values[i].text);
		assert_string_equal((char *)json.ptr, values[i].json);
		blob_reset(&text);
		blob_reset(&json);
	}
}

static void
test_refused(void **state)
{
	static const struct {
		const char *hex;
		enum cbor_error error;
	} bad[] = {
		{ "", CBOR_E_TRUNCATED },
		{ "6161", CBOR_OK }, /* the one that is good */
		{ "820118", CBOR_E_TRUNCATED },
		{ "a18001", CBOR_E_TYPE },
		{ "9f01ff", CBOR_E_INDEFINITE },
	};

	(void)state;
	for (size_t i = 0; i < nitems(bad); i++) {
		struct blob out = BLOB_INIT;
		enum cbor_error error;
		bool ok = write_hex(bad[i].hex, VALUE_JSON, 0, &out, &error);

		assert_int_equal(ok, bad[i].error == CBOR_OK);
		assert_int_equal(error, bad[i].error);
		blob_reset(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
