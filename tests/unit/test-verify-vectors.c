/* SPDX-License-Identifier: BSD-3-Clause */
/* All self-made vectors: each is accepted, or refused by the layer it names. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <mdoc/verify.h>

#include "mdoc/crypto/ctx.h"
#include "tests/support/case.h"
#include "tests/support/vectors.h"

struct run {
	mdoc_ctx *ctx;
	mdoc_trust *issuers;
	mdoc_trust *readers;
	mdoc_verifier *verifiers[2][2]; /* issuers or readers; strict */
	struct blob transcript;
	size_t wrong;
};

static void
trust_load(struct run *run, const char *name, mdoc_trust **ret)
{
	struct blob pem = BLOB_INIT;
	mdoc_buf der = MDOC_BUF_INIT;
	char path[256];

	assert_true((size_t)snprintf(path, sizeof(path), "%s/tests/vectors/%s",
			getenv("abs_top_srcdir") == NULL
			    ? "."
			    : getenv("abs_top_srcdir"),
			name) < sizeof(path));
	assert_int_equal(mdoc_trust_new(run->ctx, ret), MDOC_OK);
	assert_int_equal(mdoc_trust_add_source(*ret, path), MDOC_OK);
	assert_int_equal(mdoc_trust_count(*ret), 1);
	blob_reset(&pem);
	mdoc_buf_reset(&der);
}

static int
setup(void **state)
{
	static struct run run;
	mdoc_trust *trust;

	run = (struct run){ NULL };
	assert_int_equal(mdoc_ctx_new(&run.ctx), MDOC_OK);
	trust_load(&run, "certs/iaca.pem", &run.issuers);
	trust_load(&run, "certs/reader-ca.pem", &run.readers);
	for (int who = 0; who < 2; who++) {
		trust = who == 0 ? run.issuers : run.readers;
		for (int strict = 0; strict < 2; strict++) {
			assert_int_equal(mdoc_verifier_new(run.ctx, trust,
					     &run.verifiers[who][strict]),
			    MDOC_OK);
			mdoc_verifier_set_strict(run.verifiers[who][strict],
			    strict);
		}
	}
	assert_true(vectors_read_own("tests/vectors/transcript.hex",
	    &run.transcript));
	*state = &run;
	return 0;
}

static int
teardown(void **state)
{
	struct run *run = *state;

	for (int who = 0; who < 2; who++) {
		for (int strict = 0; strict < 2; strict++)
			mdoc_verifier_free(&run->verifiers[who][strict]);
	}
	mdoc_trust_free(&run->issuers);
	mdoc_trust_free(&run->readers);
	blob_reset(&run->transcript);
	mdoc_ctx_free(&run->ctx);
	return 0;
}

static mdoc_key *
ereader_key(struct run *run, const struct test_case *c)
{
	struct blob pem = BLOB_INIT;
	mdoc_key *key = NULL;
	char path[256];

	if (strcmp(c->ereader, "none") == 0)
		return NULL;
	if (c->ereader_key.len > 0) {
		assert_true(blob_append_bytes(&pem,
		    blob_bytes(&c->ereader_key)));
	} else {
		(void)snprintf(path, sizeof(path), "tests/vectors/keys/%s.pem",
		    c->ereader[0] == '\0' ? "ereader" : c->ereader);
		assert_true(vectors_read_own(path, &pem));
	}
	assert_int_equal(mdoc_key_from_bytes(run->ctx,
			     to_public(blob_bytes(&pem)), &key),
	    MDOC_OK);
	blob_reset(&pem);
	return key;
}

/* A verifier of its own where the trust anchors are special. */
static mdoc_verifier *
verifier_for(struct run *run, const struct test_case *c, mdoc_trust **trust)
{
	const bool request = strcmp(c->input, "request") == 0;
	mdoc_verifier *v = NULL;

	*trust = NULL;
	if (c->trust[0] == '\0' && c->trust_certificate.len == 0)
		return run->verifiers[request][c->strict];
	if (c->trust_certificate.len > 0) {
		assert_int_equal(mdoc_trust_new(run->ctx, trust), MDOC_OK);
		assert_int_equal(
		    mdoc_trust_add(*trust,
			to_public(blob_bytes(&c->trust_certificate))),
		    MDOC_OK);
	}
	assert_int_equal(mdoc_verifier_new(run->ctx, *trust, &v), MDOC_OK);
	mdoc_verifier_set_strict(v, c->strict);
	return v;
}

static void
verify(struct run *run, const struct test_case *c, mdoc_verifier *v,
    mdoc_report **ret)
{
	mdoc_key *key = ereader_key(run, c);
	mdoc_verify_params params = {
		.size = sizeof(params),
		.at = c->at,
		.ereader_key = key,
		.issuer_signed_only = strcmp(c->input, "issuer-signed") == 0,
	};
	const mdoc_bytes data = to_public(blob_bytes(&c->data));
	int r;

	if (!c->has_transcript)
		params.transcript = to_public(blob_bytes(&run->transcript));
	else if (c->transcript.len > 0)
		params.transcript = to_public(blob_bytes(&c->transcript));
	r = strcmp(c->input, "request") == 0
	    ? mdoc_verify_request(v, data, &params, ret)
	    : mdoc_verify_response(v, data, &params, ret);
	if (r != MDOC_OK)
		fail_msg("%s: %d: %s", c->name, r, mdoc_ctx_error(run->ctx));
	mdoc_key_free(&key);
}

static void
print_report(const mdoc_report *report)
{
	const mdoc_check *c;

	for (size_t i = 0; (c = mdoc_report_check(report, i)) != NULL; i++)
		print_message("#   %s [%s] %s: %s; expected %s; actual %s\n",
		    c->id, c->layer, mdoc_result_name(c->result), c->detail,
		    c->expected, c->actual);
}

static void
wrong(struct run *run, const struct test_case *c, const mdoc_report *report)
{
	const mdoc_check *f = mdoc_report_failure(report);

	run->wrong++;
	print_message("# %s: expected %s %s %s, got %s, %s\n", c->name,
	    c->expect, c->check, c->warn, mdoc_report_verdict(report),
	    f == NULL ? "no failure" : f->id);
	print_report(report);
}

static void
negative(const struct test_case *c, void *arg)
{
	struct run *run = arg;
	mdoc_report *report = NULL;
	mdoc_trust *trust;
	mdoc_verifier *v = verifier_for(run, c, &trust);
	const mdoc_check *f;

	verify(run, c, v, &report);
	f = mdoc_report_failure(report);
	if (f == NULL || strcmp(f->layer, c->expect) != 0 ||
	    strcmp(f->id, c->check) != 0 || mdoc_report_is_trusted(report) ||
	    f->detail[0] == '\0')
		wrong(run, c, report);
	mdoc_report_free(&report);
	if (v != run->verifiers[strcmp(c->input, "request") == 0][c->strict])
		mdoc_verifier_free(&v);
	mdoc_trust_free(&trust);
}

static bool
has_warning(const mdoc_report *report, const char *id)
{
	const mdoc_check *c;

	for (size_t i = 0; (c = mdoc_report_check(report, i)) != NULL; i++) {
		if (c->result == MDOC_WARN &&
		    (id[0] == '\0' || strcmp(c->id, id) == 0))
			return true;
	}
	return false;
}

static void
positive(const struct test_case *c, void *arg)
{
	struct run *run = arg;
	mdoc_report *report = NULL;
	mdoc_trust *trust;
	mdoc_verifier *v = verifier_for(run, c, &trust);

	verify(run, c, v, &report);
	if (strcmp(mdoc_report_verdict(report), c->expect) != 0 ||
	    mdoc_report_failure(report) != NULL ||
	    has_warning(report, c->warn) != (c->warn[0] != '\0'))
		wrong(run, c, report);
	mdoc_report_free(&report);
	if (v != run->verifiers[strcmp(c->input, "request") == 0][c->strict])
		mdoc_verifier_free(&v);
	mdoc_trust_free(&trust);
}

static void
test_negative(void **state)
{
	struct run *run = *state;

	run->wrong = 0;
	assert_true(case_each("negative", negative, run) >= 200);
	assert_int_equal(run->wrong, 0);
}

static void
test_positive(void **state)
{
	struct run *run = *state;

	run->wrong = 0;
	assert_true(case_each("positive", positive, run) >= 70);
	assert_int_equal(run->wrong, 0);
}

/* Once more, with what the cache has learned; the result is the same. */
static void
test_again(void **state)
{
	test_positive(state);
	test_negative(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_positive),
		cmocka_unit_test(test_negative),
		cmocka_unit_test(test_again),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
