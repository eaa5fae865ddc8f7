/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <mdoc/types.h>

#include "mdoc/codec/json-cbor.h"
#include "tests/support/diag.h"

static char id_a[] = "a", id_b[] = "b";
static int64_t some_values[] = { 0, 1, 9 };
static struct json_cbor_rule map_members[] = {
	{ .id = id_a, .type = JSON_CBOR_FULL_DATE, .mandatory = true },
	{ .id = id_b, .type = JSON_CBOR_BSTR, .max_length = 3 },
};
static struct json_cbor_rule array_members[] = {
	{ .type = JSON_CBOR_MAP, .members = map_members, .members_n = 2 },
};

static const struct json_cbor_rule tstr = { .type = JSON_CBOR_TSTR };
static const struct json_cbor_rule short_tstr = { .type = JSON_CBOR_TSTR,
	.max_length = 3,
	.latin1 = true };
static const struct json_cbor_rule unsigned_int = { .type = JSON_CBOR_UINT };
static const struct json_cbor_rule few = { .type = JSON_CBOR_UINT,
	.values = some_values,
	.values_n = 3 };
static const struct json_cbor_rule integer = { .type = JSON_CBOR_INT };
static const struct json_cbor_rule number = { .type = JSON_CBOR_NUMBER };
static const struct json_cbor_rule boolean = { .type = JSON_CBOR_BOOL };
static const struct json_cbor_rule bstr = { .type = JSON_CBOR_BSTR };
static const struct json_cbor_rule full_date = { .type = JSON_CBOR_FULL_DATE };
static const struct json_cbor_rule tdate = { .type = JSON_CBOR_TDATE };
static const struct json_cbor_rule date = { .type = JSON_CBOR_DATE };
static const struct json_cbor_rule array = { .type = JSON_CBOR_ARRAY,
	.members = array_members,
	.members_n = 1 };
static const struct json_cbor_rule plain_array = { .type = JSON_CBOR_ARRAY };
static const struct json_cbor_rule map = { .type = JSON_CBOR_MAP,
	.members = map_members,
	.members_n = 2 };
static const struct json_cbor_rule date_or_map = { .type = JSON_CBOR_FULL_DATE,
	.members = map_members,
	.members_n = 2 };

static int
encode(const char *json, const struct json_cbor_rule *rule, struct json_cbor *j,
    struct blob *out)
{
	json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
	struct cbor_writer w;
	int r;

	if (value == NULL)
		fail_msg("not JSON: %s", json);
	blob_clear(out);
	cbor_writer_init(&w, out);
	snprintf(j->pointer, sizeof(j->pointer), "/x");
	r = json_cbor_write(j, value, rule, &w);
	assert_int_equal(w.error, CBOR_OK);
	assert_string_equal(j->pointer, "/x");
	json_decref(value);
	return r;
}

static void
test_good(void **state)
{
	static const struct {
		const struct json_cbor_rule *rule;
		const char *json;
		const char *diag;
	} good[] = {
		{ &tstr, "\"\\u00fc\"", "\"\\u00fc\"" },
		{ &short_tstr, "\"\\u00fc\\u00ff~\"", "\"\\u00fc\\u00ff~\"" },
		{ &unsigned_int, "9223372036854775807", "9223372036854775807" },
		{ &few, "9", "9" },
		{ &integer, "-7", "-7" },
		{ &number, "1.5", "1.5" },
		{ &number, "2", "2" },
		{ &boolean, "true", "true" },
		{ &boolean, "false", "false" },
		{ &bstr, "\"AQID\"", "h'010203'" },
		{ &bstr, "\"-_-_\"", "h'fbffbf'" },
		{ &bstr, "{\"hex\": \"01 02\"}", "h'0102'" },
		{ &bstr, "{\"base64\": \"AQ==\"}", "h'01'" },
		{ &bstr, "{\"cbor\": \"82 01 02\"}", "[1, 2]" },
		{ &tstr, "{\"cbor\": \"f6\"}", "null" },
		{ &full_date, "\"2020-02-29\"", "1004(\"2020-02-29\")" },
		{ &tdate, "\"2020-02-29T01:02:03Z\"",
		    "0(\"2020-02-29T01:02:03Z\")" },
		{ &date, "\"2020-02-29\"", "1004(\"2020-02-29\")" },
		{ &date, "\"2020-02-29T01:02:03Z\"",
		    "0(\"2020-02-29T01:02:03Z\")" },
		{ &array, "[]", "[]" },
		{ &array,
		    "[{\"a\": \"2020-01-01\"}, {\"c\": [1, {\"hex\": \"00\"}], "
		    "\"b\": \"AQID\", \"a\": \"2021-01-01\"}]",
		    "[{\"a\": 1004(\"2020-01-01\")}, {\"c\": [1, h'00'], "
		    "\"b\": h'010203', \"a\": 1004(\"2021-01-01\")}]" },
		{ &plain_array, "[[\"x\"], null, -1.5]",
		    "[[\"x\"], null, -1.5]" },
		{ &map, "{\"a\": \"2020-01-01\", \"hex\": \"x\"}",
		    "{\"a\": 1004(\"2020-01-01\"), \"hex\": \"x\"}" },
		{ &map, "{\"cbor\": \"a0\"}", "{}" },
		{ &date_or_map, "\"2020-01-01\"", "1004(\"2020-01-01\")" },
		{ &date_or_map, "{\"a\": \"2020-01-01\"}",
		    "{\"a\": 1004(\"2020-01-01\")}" },
		{ NULL,
		    "{\"a\": {\"b\": []}, \"c\": \"2020-01-01\", \"d\": {}}",
		    "{\"a\": {\"b\": []}, \"c\": \"2020-01-01\", \"d\": {}}" },
		{ NULL, "{\"base64\": \"AQ\"}", "h'01'" },
		{ NULL, "{\"base64\": 1}", "{\"base64\": 1}" },
		{ NULL, "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
		    "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]" },
	};
	struct blob b = BLOB_INIT, want = BLOB_INIT;
	struct json_cbor j = { NULL };

	(void)state;
	for (size_t i = 0; i < nitems(good); i++) {
		if (encode(good[i].json, good[i].rule, &j, &b) != MDOC_OK)
			fail_msg("%s: %s", good[i].json, j.error);
		diag(good[i].diag, &want);
		if (!bytes_equal(blob_bytes(&b), blob_bytes(&want)))
			fail_msg("%s: not %s", good[i].json, good[i].diag);
	}
	blob_reset(&b);
	blob_reset(&want);
}

static void
test_bad(void **state)
{
	static const struct {
		const struct json_cbor_rule *rule;
		const char *json;
		const char *error; /* its start */
	} bad[] = {
		{ &tstr, "1", "/x: a string expected (tstr), not an integer" },
		{ &tstr, "{\"hex\": \"00\"}", "/x: a string expected (tstr)" },
		{ &short_tstr, "\"abcd\"", "/x: 4 characters, at most 3" },
		{ &short_tstr, "\"\\u0100\"", "/x: a character outside" },
		{ &unsigned_int, "-1", "/x: a number below 0" },
		{ &unsigned_int, "1.0",
		    "/x: an integer expected (uint), not a real" },
		{ &few, "2", "/x: a value that is not allowed" },
		{ &integer, "\"1\"", "/x: an integer expected (int)" },
		{ &number, "null", "/x: an integer expected (number)" },
		{ &boolean, "1", "/x: true or false expected (bool)" },
		{ &bstr, "\"A\"", "/x: not base64" },
		{ &bstr, "7", "/x: base64, {\"file\": NAME} or" },
		{ &bstr, "{\"hex\": \"0\"}", "/x: not hex digits" },
		{ &bstr, "{\"base64\": \"*\"}", "/x: not base64" },
		{ &bstr, "{\"cbor\": \"zz\"}", "/x: not hex digits" },
		{ &bstr, "{\"cbor\": \"a2010101\"}", "/x: not CBOR: " },
		{ &bstr, "{\"cbor\": \"0101\"}",
		    "/x: not CBOR: trailing bytes at offset 1" },
		{ &bstr, "{\"file\": \"no/such\"}", "/x: no/such: " },
		{ &full_date, "\"2021-02-29\"", "/x: not a date that exists" },
		{ &full_date, "7", "/x: \"YYYY-MM-DD\" expected" },
		{ &tdate, "\"2021-01-01\"", "/x: not a date that exists" },
		{ &tdate, "\"2021-01-01T00:00:00.5Z\"",
		    "/x: a date with a fraction" },
		{ &tdate, "\"2021-01-01T00:00:00+01:00\"",
		    "/x: a date with a fraction" },
		{ &tdate, "true", "/x: \"YYYY-MM-DDThh:mm:ssZ\" expected" },
		{ &date, "\"2021-1-1\"", "/x: not a date that exists" },
		{ &array, "{}", "/x: an array expected (array), not an obj" },
		{ &map, "[]", "/x: an object expected (map), not an array" },
		{ &map, "{}", "/x: \"a\" is missing" },
		{ &map, "{\"a\": \"2020-01-01\", \"b\": \"AQIDBA==\"}",
		    "/x/b: 4 bytes, at most 3" },
		{ &array, "[{\"a\": \"2020-01-01\"}, {\"a\": 1}]",
		    "/x/1/a: \"YYYY-MM-DD\" expected" },
		{ NULL, "{\"~/\": [{\"cbor\": \"\"}]}", "/x/~0~1/0: not CBOR" },
		{ NULL, "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]",
		    "/x/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0: nested deeper" },
	};
	struct blob b = BLOB_INIT;
	struct json_cbor j = { NULL };
	int r;

	(void)state;
	for (size_t i = 0; i < nitems(bad); i++) {
		r = encode(bad[i].json, bad[i].rule, &j, &b);
		assert_int_equal(r,
		    strstr(bad[i].json, "file") != NULL ? MDOC_E_IO
							: MDOC_E_JSON);
		if (strncmp(j.error, bad[i].error, strlen(bad[i].error)) != 0)
			fail_msg("%s: %s", bad[i].json, j.error);
	}
	blob_reset(&b);
}

static void
test_file(void **state)
{
	char folder[] = "/tmp/test-json-cbor-XXXXXX", path[64], json[128];
	struct blob b = BLOB_INIT;
	struct json_cbor j = { NULL };
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/p", folder);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fwrite("\1\2\3", 1, 3, f), 3);
	assert_int_equal(fclose(f), 0);
	j.folder = folder;
	assert_int_equal(encode("{\"file\": \"p\"}", &bstr, &j, &b), MDOC_OK);
	assert_int_equal(b.len, 4);
	assert_memory_equal(b.ptr, "\x43\1\2\3", 4);
	/* An absolute name stays what it is. */
	snprintf(json, sizeof(json), "{\"file\": \"%s\"}", path);
	assert_int_equal(encode(json, NULL, &j, &b), MDOC_OK);
	assert_int_equal(encode("{\"file\": \"q\"}", &bstr, &j, &b), MDOC_E_IO);
	assert_non_null(strstr(j.error, "/q: No such file"));
	assert_int_equal(encode("{\"file\": \".\"}", &bstr, &j, &b), MDOC_E_IO);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	blob_reset(&b);
}

/* A pointer that does not fit is cut; the text stays a string. */
static void
test_pointer(void **state)
{
	struct json_cbor j = { NULL };
	char name[600];

	(void)state;
	memset(name, '/', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	json_cbor_enter(&j, "a");
	json_cbor_enter(&j, name);
	assert_in_range(strlen(j.pointer), 500, sizeof(j.pointer) - 1);
	json_cbor_enter(&j, "b");
	json_cbor_enter(&j, "");
	json_cbor_enter(&j, "");
	json_cbor_enter(&j, "");
	assert_in_range(strlen(j.pointer), 500, sizeof(j.pointer) - 1);
	json_cbor_leave(&j, 2);
	assert_string_equal(j.pointer, "/a");
	assert_string_equal(json_cbor_type_name(JSON_CBOR_MAP), "map");
	assert_null(json_cbor_type_name((enum json_cbor_type)99));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_pointer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
