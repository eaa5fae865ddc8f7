/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <mdoc/types.h>

#include "mdoc/model/doctype.h"
#include "tests/support/failmalloc.h"

#define MDL "org.iso.18013.5.1"

static struct doctypes *
all(void)
{
	struct doctypes *d = NULL;
	struct doctypes_error e;

	if (doctypes_new(&d, &e) != MDOC_OK)
		fail_msg("%s", e.text);
	return d;
}

static const struct json_cbor_rule *
rule(const struct doctype *d, const char *name_space, const char *element)
{
	return doctype_element(d, bytes_str(name_space), bytes_str(element));
}

static void
test_shipped(void **state)
{
	static const char *const ids[] = { "org.iso.18013.5.1.mDL",
		"org.iso.23220.photoid.1", "org.iso.23220.photoID.1",
		"eu.europa.ec.eudi.pid.1", "eu.europa.ec.av.1",
		"org.iso.7367.1.mVRC" };
	struct doctypes *d = all();
	const struct doctype *t;
	const struct json_cbor_rule *r;

	(void)state;
	for (size_t i = 0; i < nitems(ids); i++) {
		t = doctypes_find(d, bytes_str(ids[i]));
		assert_non_null(t);
		assert_string_equal(t->id, ids[i]);
		assert_non_null(t->title);
	}
	assert_ptr_equal(doctypes_find(d, bytes_str("org.iso.23220.photoID")),
	    doctypes_find(d, bytes_str("org.iso.23220.photoID.1")));
	assert_null(doctypes_find(d, bytes_str("org.iso.18013.5.1")));
	assert_null(doctypes_find(d, BYTES_NULL));
	assert_non_null(doctypes_at(d, nitems(ids) - 1));
	assert_null(doctypes_at(d, nitems(ids)));

	t = doctypes_find(d, bytes_str("org.iso.18013.5.1.mDL"));
	r = rule(t, MDL, "family_name");
	assert_int_equal(r->type, JSON_CBOR_TSTR);
	assert_true(r->mandatory && r->latin1);
	assert_int_equal(r->max_length, 150);
	assert_int_equal(rule(t, MDL, "birth_date")->type, JSON_CBOR_FULL_DATE);
	assert_int_equal(rule(t, MDL, "issue_date")->type, JSON_CBOR_DATE);
	assert_int_equal(rule(t, MDL, "portrait")->type, JSON_CBOR_BSTR);
	assert_false(rule(t, MDL, "height")->mandatory);
	r = rule(t, MDL, "sex");
	assert_int_equal(r->values_n, 4);
	assert_int_equal(r->values[3], 9);
	r = rule(t, MDL, "driving_privileges");
	assert_int_equal(r->type, JSON_CBOR_ARRAY);
	assert_int_equal(r->members[0].type, JSON_CBOR_MAP);
	assert_string_equal(r->members[0].members[0].id,
	    "vehicle_category_code");
	assert_non_null(rule(t, MDL ".aamva", "DHS_compliance"));
	assert_null(rule(t, MDL ".aamva", "family_name"));
	assert_null(rule(t, MDL, "familyname"));
	doctypes_free(&d);
	assert_null(d);
	doctypes_free(&d);
	doctypes_free(NULL);
}

static void
test_patterns(void **state)
{
	struct doctypes *d = all();
	const struct doctype *t =
	    doctypes_find(d, bytes_str("org.iso.18013.5.1.mDL"));

	(void)state;
	assert_int_equal(rule(t, MDL, "age_over_18")->type, JSON_CBOR_BOOL);
	assert_non_null(rule(t, MDL, "age_over_99"));
	assert_null(rule(t, MDL, "age_over_1"));
	assert_null(rule(t, MDL, "age_over_180"));
	assert_null(rule(t, MDL, "age_over_1a"));
	assert_null(rule(t, MDL, "age_over_"));
	assert_int_equal(rule(t, MDL, "biometric_template_face")->type,
	    JSON_CBOR_BSTR);
	assert_non_null(rule(t, MDL, "biometric_template_f"));
	assert_null(rule(t, MDL, "biometric_template_"));
	/* What is named comes before what only fits. */
	t = doctypes_find(d, bytes_str("eu.europa.ec.av.1"));
	assert_true(rule(t, "eu.europa.ec.av.1", "age_over_18")->mandatory);
	assert_false(rule(t, "eu.europa.ec.av.1", "age_over_21")->mandatory);
	doctypes_free(&d);
}

struct seen {
	bool aamva;
	size_t missing;
	bool has_portrait;
};

static bool
has(void *arg, const char *name_space, const char *element)
{
	const struct seen *s = arg;

	if (element == NULL)
		return s->aamva;
	assert_non_null(name_space);
	return strcmp(element, "portrait") != 0;
}

static void
missing(void *arg, const char *name_space, const char *element)
{
	struct seen *s = arg;

	assert_string_equal(name_space, MDL);
	assert_string_equal(element, "portrait");
	s->missing++;
}

static void
count(void *arg, const char *name_space, const char *element)
{
	struct seen *s = arg;

	assert_non_null(name_space);
	assert_non_null(element);
	s->missing++;
}

static bool
has_none(void *arg, const char *name_space, const char *element)
{
	(void)name_space;
	return element == NULL && ((const struct seen *)arg)->aamva;
}

static void
test_missing(void **state)
{
	struct doctypes *d = all();
	const struct doctype *t =
	    doctypes_find(d, bytes_str("org.iso.18013.5.1.mDL"));
	struct seen s = { .aamva = true };
	const struct doctype_missing one = { has, missing, &s };
	const struct doctype_missing none = { has_none, count, &s };

	(void)state;
	doctype_find_missing(t, &one);
	assert_int_equal(s.missing, 1);
	s = (struct seen){ .aamva = false };
	doctype_find_missing(t, &none);
	assert_int_equal(s.missing, 11);
	s = (struct seen){ .aamva = true };
	doctype_find_missing(t, &none);
	assert_int_equal(s.missing, 15);
	doctypes_free(&d);
}

#define HEAD    "{\"docType\": \"d\", \"title\": \"t\", "
#define RULE(x) HEAD "\"namespaces\": {\"n\": {\"e\": {" x "}}}}"

struct bad {
	const char *json;
	const char *error; /* its start */
};

static void
check_bad(const struct bad *bad, size_t n)
{
	struct doctypes *d = all();
	struct doctypes_error e;

	for (size_t i = 0; i < n; i++) {
		if (doctypes_add(d, bytes_str(bad[i].json), "f", &e) !=
		    MDOC_E_JSON)
			fail_msg("accepted: %s", bad[i].json);
		if (strncmp(e.text, bad[i].error, strlen(bad[i].error)) != 0)
			fail_msg("%s: \"%s\"", bad[i].json, e.text);
	}
	assert_null(doctypes_find(d, bytes_str("d")));
	doctypes_free(&d);
}

static void
test_bad(void **state)
{
	static const struct bad bad[] = {
		{ "", "f: line 1" },
		{ "{\n\"docType\": 1,\n\"docType\": 2}", "f: line 3, column" },
		{ "[]", "f: /: an object expected" },
		{ "{}", "f: /: \"docType\" is missing" },
		{ "{\"docType\": \"d\"}", "f: /: \"title\" is missing" },
		{ HEAD "\"aliases\": []}", "f: /: \"namespaces\" is missing" },
		{ HEAD "\"namespaces\": {}}", "f: /namespaces: an object" },
		{ HEAD "\"namespaces\": {\"n\": {}}}",
		    "f: /namespaces/n: an " },
		{ HEAD "\"namespaces\": {\"n\": []}}",
		    "f: /namespaces/n: an " },
		{ HEAD "\"namespaces\": {\"n\": {\"e\": 1}}}",
		    "f: /namespaces/n/e: an object expected" },
		{ "{\"docType\": \"\", \"title\": \"t\", \"namespaces\": {}}",
		    "f: /docType: a string expected" },
		{ HEAD "\"aliases\": [1], \"namespaces\": 1}",
		    "f: /aliases: a" },
		{ HEAD "\"x\": 1, \"namespaces\": 1}", "f: /x: not a known" },
	};

	check_bad(bad, nitems(bad));
	(void)state;
}

static void
test_bad_rule(void **state)
{
	static const struct bad bad[] = {
		{ RULE(""), "f: /namespaces/n/e: \"type\" is missing" },
		{ RULE("\"type\": \"text\""),
		    "f: /namespaces/n/e/type: tstr," },
		{ RULE("\"type\": 1"), "f: /namespaces/n/e/type: tstr," },
		{ RULE("\"type\": \"any\", \"presence\": \"X\""),
		    "f: /namespaces/n/e/presence: M, O" },
		{ RULE("\"type\": \"any\", \"presence\": \"MO\""),
		    "f: /namespaces/n/e/presence: M, O" },
		{ RULE("\"type\": \"any\", \"presence\": \"\""),
		    "f: /namespaces/n/e/presence: M, O" },
		{ RULE("\"type\": \"tstr\", \"maxLength\": 0"),
		    "f: /namespaces/n/e/maxLength: a number" },
		{ RULE("\"type\": \"tstr\", \"latin1\": 1"),
		    "f: /namespaces/n/e/latin1: true or" },
		{ RULE("\"type\": \"uint\", \"values\": []"),
		    "f: /namespaces/n/e/values: an array of int" },
		{ RULE("\"type\": \"uint\", \"values\": [1, \"2\"]"),
		    "f: /namespaces/n/e/values: an array of int" },
		{ RULE("\"type\": \"uint\", \"maxLength\": 3"),
		    "f: /namespaces/n/e: maxLength," },
		{ RULE("\"type\": \"bstr\", \"latin1\": true"),
		    "f: /namespaces/n/e: maxLength," },
		{ RULE("\"type\": \"tstr\", \"values\": [1]"),
		    "f: /namespaces/n/e: maxLength," },
		{ RULE("\"type\": \"map\", \"items\": {\"type\": \"any\"}"),
		    "f: /namespaces/n/e: maxLength," },
		{ RULE("\"type\": \"array\", \"members\": {\"a\": {\"type\": "
		       "\"any\"}}"),
		    "f: /namespaces/n/e: maxLength," },
		{ RULE("\"type\": \"array\", \"items\": {\"type\": \"any\"}, "
		       "\"members\": {\"a\": {\"type\": \"any\"}}"),
		    "f: /namespaces/n/e/members: items or" },
		{ RULE("\"type\": \"map\", \"members\": {\"a\": {\"type\": "
		       "\"any\"}}, \"items\": {\"type\": \"any\"}"),
		    "f: /namespaces/n/e/items: items or" },
		{ RULE("\"type\": \"map\", \"members\": {}"),
		    "f: /namespaces/n/e/members: an object" },
		{ RULE("\"type\": \"array\", \"items\": {\"type\": \"x\"}"),
		    "f: /namespaces/n/e/items/type: tstr," },
		{ RULE("\"type\": \"any\", \"extra\": 1"),
		    "f: /namespaces/n/e/extra: not a known" },
		{ RULE("\"type\": \"any\", \"comment\": 1"),
		    "f: /namespaces/n/e/comment: a string" },
	};

	check_bad(bad, nitems(bad));
	(void)state;
}

static void
test_deep(void **state)
{
	struct doctypes *d = all();
	struct doctypes_error e;
	struct blob b = BLOB_INIT;

	(void)state;
	for (int depth = 6; depth <= 9; depth += 3) {
		blob_clear(&b);
		assert_true(blob_append_bytes(&b,
		    bytes_str(HEAD "\"namespaces\": {\"n\": {\"e\": ")));
		for (int i = 0; i < depth; i++)
			assert_true(blob_append_bytes(&b,
			    bytes_str("{\"type\": \"array\", \"items\": ")));
		assert_true(blob_append_bytes(&b,
		    bytes_str("{\"type\": \"any\"}")));
		for (int i = 0; i < depth; i++)
			assert_true(blob_append_u8(&b, '}'));
		assert_true(blob_append_bytes(&b, bytes_str("}}}")));
		assert_int_equal(doctypes_add(d, blob_bytes(&b), "f", &e),
		    depth == 6 ? MDOC_OK : MDOC_E_JSON);
	}
	assert_non_null(strstr(e.text, "nested deeper"));
	blob_reset(&b);
	doctypes_free(&d);
}

static void
write_file(const char *folder, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* Files add and replace, a broken one is an error that names it. */
static void
test_folder(void **state)
{
	char top[] = "/tmp/test-doctype-XXXXXX", folder[64], command[96];
	struct doctypes_error e;
	struct doctypes *d;

	(void)state;
	assert_non_null(mkdtemp(top));
	snprintf(folder, sizeof(folder), "%s/doctypes", top);
	assert_int_equal(setenv("P11_MDOC_PROFILES", top, 1), 0);
	d = all();
	doctypes_free(&d);
	assert_int_equal(mkdir(folder, 0700), 0);
	write_file(folder, "own.json", RULE("\"type\": \"bstr\""));
	write_file(folder, "mdl.json",
	    "{\"docType\": \"org.iso.18013.5.1.mDL\", \"title\": \"mine\", "
	    "\"comment\": \"short\", \"namespaces\": {\"n\": {\"e\": "
	    "{\"type\": \"any\"}}}}");
	write_file(folder, "readme.txt", "not a profile");
	write_file(folder, ".hidden.json", "not a profile");
	d = all();
	assert_string_equal(doctypes_find(d, bytes_str("d"))->id, "d");
	assert_string_equal(doctypes_find(d, bytes_str("org.iso.18013.5.1.mDL"))
				->title,
	    "mine");
	doctypes_free(&d);
	write_file(folder, "bad.json", "{");
	assert_int_equal(doctypes_new(&d, &e), MDOC_E_JSON);
	assert_null(d);
	assert_non_null(strstr(e.text, "/doctypes/bad.json: line 1"));
	assert_int_equal(unsetenv("P11_MDOC_PROFILES"), 0);
	snprintf(command, sizeof(command), "rm -r '%s'", top);
	assert_int_equal(system(command), 0);
}

static void
test_no_memory(void **state)
{
	static const char json[] = HEAD
	    "\"aliases\": [\"x\"], \"namespaces\": {\"n\": {\"e\": {\"type\": "
	    "\"array\", \"items\": {\"type\": \"map\", \"members\": {\"m\": "
	    "{\"type\": \"uint\", \"values\": [1, 2]}}}}}}}";
	struct doctypes_error e;
	struct doctypes *d = all();
	unsigned long n;
	int r;

	(void)state;
	for (n = 1;; n++) {
		failmalloc_arm(n);
		r = doctypes_add(d, bytes_str(json), "f", &e);
		if (!failmalloc_disarm())
			break;
		assert_int_equal(r, MDOC_E_MEMORY);
		assert_null(doctypes_find(d, bytes_str("d")));
	}
	assert_int_equal(r, MDOC_OK);
	assert_true(n > 8);
	doctypes_free(&d);
	for (n = 1; n < 40; n += 3) {
		failmalloc_arm(n);
		assert_int_equal(doctypes_new(&d, &e), MDOC_E_MEMORY);
		assert_true(failmalloc_disarm());
		assert_null(d);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shipped),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_bad_rule),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_folder),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
