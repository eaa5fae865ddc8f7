/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "report-text.h"

#define VALUE_MAX 64 /* longer strings of claims are shortened for a person */

int
report_exit(const mdoc_report *report)
{
	if (mdoc_report_is_trusted(report))
		return CLI_OK;
	if (!strcmp(mdoc_report_verdict(report), "expired"))
		return CLI_EXPIRED;
	return CLI_TRUST;
}

static const char *
mark(enum mdoc_result result)
{
	static const char *const marks[] = {
		[MDOC_PASS] = "ok  ",
		[MDOC_WARN] = "warn",
		[MDOC_FAIL] = "FAIL",
		[MDOC_NOT_DONE] = "-   ",
		[MDOC_UNDETERMINED] = "?   ",
	};

	return (size_t)result < sizeof marks / sizeof marks[0] ? marks[result]
							       : "?   ";
}

/* Checks of many alike (digests) that pass are one line. */
static bool
is_repeated_pass(const mdoc_check *k)
{
	return k->result == MDOC_PASS && k->number >= 0;
}

static void
check_text(const mdoc_check *k, FILE *f)
{
	cli_print(f, "  %s %s", mark(k->result), k->id);
	if (k->number >= 0)
		cli_print(f, ".%lld", (long long)k->number);
	if (*k->clause != '\0')
		cli_print(f, " (%s)", k->clause);
	if (k->result != MDOC_PASS && *k->expected != '\0')
		cli_print(f, ": expected %s", k->expected);
	if (*k->actual != '\0')
		cli_print(f, "%s %s",
		    k->result != MDOC_PASS && *k->expected ? ", got" : ":",
		    k->actual);
	if (*k->detail != '\0')
		cli_print(f, ": %s", k->detail);
	if (k->offset != SIZE_MAX && k->result == MDOC_FAIL)
		cli_print(f, " [offset 0x%zx]", k->offset);
	fputc('\n', f);
}

static void
checks_text(const mdoc_report *report, int document, FILE *f)
{
	const char *last = NULL;
	size_t passed = 0;

	for (size_t i = 0;; i++) {
		const mdoc_check *k = mdoc_report_check(report, i);
		bool repeated =
		    k != NULL && k->document == document && is_repeated_pass(k);

		if (last != NULL &&
		    (k == NULL ||
			(k->document == document &&
			    (!repeated || strcmp(k->id, last))))) {
			cli_print(f, "  ok   %s: %zu passed\n", last, passed);
			last = NULL;
			passed = 0;
		}
		if (k == NULL)
			break;
		if (k->document != document)
			continue;
		if (repeated) {
			last = k->id;
			passed++;
		} else {
			check_text(k, f);
		}
	}
}

void
report_text(const struct cli *c, const mdoc_report *report, FILE *f)
{
	(void)c;
	checks_text(report, -1, f);
	for (size_t d = 0; d < mdoc_report_documents(report); d++) {
		cli_print(f, "document %zu: ", d);
		cli_put_text(f, mdoc_report_doc_type(report, d));
		cli_print(f, ": %s\n", mdoc_report_document_verdict(report, d));
		checks_text(report, (int)d, f);
	}
}

static void
claims_text(const struct cli *c, const mdoc_report *report, size_t d)
{
	mdoc_bytes last = { NULL, 0 };
	mdoc_buf text = MDOC_BUF_INIT;
	mdoc_claim claim;

	for (size_t i = 0; mdoc_report_claim(report, d, i, &claim); i++) {
		if (last.ptr == NULL || last.len != claim.name_space.len ||
		    memcmp(last.ptr, claim.name_space.ptr, last.len) != 0) {
			fputs("claims of ", stdout);
			cli_put_text(stdout, claim.name_space);
			putchar('\n');
		}
		last = claim.name_space;
		if (mdoc_value_text(c->ctx, claim.value, VALUE_MAX, &text) !=
		    MDOC_OK)
			continue;
		fputs("  ", stdout);
		cli_put_text(stdout, claim.element);
		printf(" = %.*s%s%s\n", (int)text.len, (const char *)text.ptr,
		    claim.digest_id < 0 ? "  (device-signed)" : "",
		    claim.digest == MDOC_FAIL ? "  NOT AUTHENTIC" : "");
	}
	mdoc_buf_reset(&text);
}

static json_t *
check_json(const mdoc_check *k)
{
	json_t *o = json_pack("{s:s,s:s,s:s}", "id", k->id, "layer", k->layer,
	    "result", mdoc_result_name(k->result));
	static const char *const names[] = { "clause", "expected", "actual",
		"detail" };
	const char *const texts[] = { k->clause, k->expected, k->actual,
		k->detail };

	for (size_t i = 0; i < 4; i++) {
		if (*texts[i] != '\0')
			json_object_set_new(o, names[i], json_string(texts[i]));
	}
	if (k->number >= 0)
		json_object_set_new(o, "number", json_integer(k->number));
	if (k->offset != SIZE_MAX)
		json_object_set_new(o, "offset",
		    json_integer((json_int_t)k->offset));
	return o;
}

static json_t *
checks_json(const mdoc_report *report, int document)
{
	json_t *a = json_array();
	const mdoc_check *k;

	for (size_t i = 0; (k = mdoc_report_check(report, i)) != NULL; i++) {
		if (k->document == document)
			json_array_append_new(a, check_json(k));
	}
	return a;
}

/* A key of a JSON object. With a NUL it would become another name: none. */
static char *
claim_name(mdoc_bytes name)
{
	if (name.len > 0 && memchr(name.ptr, '\0', name.len) != NULL)
		return NULL;
	return strndup((const char *)name.ptr, name.len);
}

static json_t *
claims_json(const struct cli *c, const mdoc_report *report, size_t d)
{
	json_t *all = json_object();
	mdoc_buf text = MDOC_BUF_INIT;
	mdoc_claim claim;

	for (size_t i = 0; mdoc_report_claim(report, d, i, &claim); i++) {
		char *key = claim_name(claim.name_space);
		char *element = claim_name(claim.element);
		json_t *space = key ? json_object_get(all, key) : NULL;
		json_t *value = NULL;

		if (mdoc_value_json(c->ctx, claim.value, &text) == MDOC_OK)
			value = json_loadb((const char *)text.ptr, text.len,
			    JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		if (space == NULL && key != NULL) {
			space = json_object();
			json_object_set_new(all, key, space);
		}
		/* A claim that is not authentic is not a claim. */
		if (element != NULL && claim.digest != MDOC_FAIL)
			json_object_set_new(space, element, value);
		else
			json_decref(value);
		free(key);
		free(element);
	}
	mdoc_buf_reset(&text);
	return all;
}

json_t *
report_json(const struct cli *c, const mdoc_report *report)
{
	json_t *docs = json_array();

	for (size_t d = 0; d < mdoc_report_documents(report); d++)
		json_array_append_new(docs,
		    json_pack("{s:o,s:s,s:o,s:o}", "docType",
			cli_json_text(mdoc_report_doc_type(report, d)),
			"result", mdoc_report_document_verdict(report, d),
			"checks", checks_json(report, (int)d), "claims",
			claims_json(c, report, d)));
	return json_pack("{s:s,s:o,s:o}", "result", mdoc_report_verdict(report),
	    "checks", checks_json(report, -1), "documents", docs);
}

int
report_print(const struct cli *c, const mdoc_report *report)
{
	int code = report_exit(report);

	if (c->json)
		return cli_json(report_json(c, report), code);
	report_text(c, report, stdout);
	for (size_t d = 0; d < mdoc_report_documents(report); d++)
		claims_text(c, report, d);
	printf("result: %s\n", mdoc_report_verdict(report));
	return code;
}
