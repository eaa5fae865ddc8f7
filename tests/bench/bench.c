/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench: CPU time per operation, the floor and ours interleaved in one run.
 * Prints "OP floor_us our_us ratio", ratio = floor / ours; medians of rounds.
 * bench [SECONDS-PER-OP [OP...]]
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/floor.h"
#include "tests/bench/input.h"

#define ROUNDS 9

static struct input in;
static mdoc_verifier *cold, *warm;
static mdoc_buf out;

#define NEED(x)                                                \
	do {                                                   \
		int r_ = (x);                                  \
		if (r_ != MDOC_OK) {                           \
			fprintf(stderr, "bench: %s: %s\n", #x, \
			    mdoc_ctx_error(in.ctx));           \
			abort();                               \
		}                                              \
	} while (0)

static mdoc_bytes
span(const mdoc_buf *b)
{
	return (mdoc_bytes){ b->ptr, b->len };
}

static void
run_issue(void)
{
	NEED(mdoc_issuer_sign(in.issuer, in.ds, in.x5chain, 1, &out));
}

static void
present(enum mdoc_device_auth mode)
{
	mdoc_present_params p = { .size = sizeof p,
		.request = span(&in.request),
		.transcript = span(&in.transcript),
		.mode = mode };

	NEED(mdoc_present(in.ctx, &in.credential, 1, &p, &out, NULL));
}

static void
run_present_sig(void)
{
	present(MDOC_DEVICE_AUTH_SIGNATURE);
}

static void
run_present_mac(void)
{
	present(MDOC_DEVICE_AUTH_MAC);
}

static void
verify(mdoc_verifier *verifier, const mdoc_buf *response, mdoc_key *key)
{
	mdoc_verify_params p = { .size = sizeof p,
		.transcript = span(&in.transcript),
		.ereader_key = key };
	mdoc_report *report;

	NEED(mdoc_verify_response(verifier, span(response), &p, &report));
	if (!mdoc_report_is_trusted(report)) {
		const mdoc_check *k = mdoc_report_failure(report);

		fprintf(stderr, "bench: verdict %s (%s: %s)\n",
		    mdoc_report_verdict(report), k ? k->id : "",
		    k ? k->detail : "");
		abort();
	}
	mdoc_report_free(&report);
}

static void
run_verify_sig(void)
{
	verify(cold, &in.response_sig, NULL);
}

static void
run_verify_sig_cached(void)
{
	verify(warm, &in.response_sig, NULL);
}

static void
run_verify_mac(void)
{
	verify(cold, &in.response_mac, in.ereader);
}

static void
run_verify_1000(void)
{
	verify(cold, &in.response_1000, NULL);
}

static void
run_verify_1m(void)
{
	verify(cold, &in.response_1m, NULL);
}

/* The mdoc's side: everything from SessionEstablishment to SessionData. */
static void
run_session(void)
{
	mdoc_session *session;
	mdoc_event event;

	NEED(mdoc_session_new_device(in.ctx, in.edevice, &session));
	NEED(mdoc_session_receive(session, span(&in.establishment), &event));
	if (event.type != MDOC_EVENT_REQUEST)
		abort();
	NEED(mdoc_session_send(session, span(&in.response_sig), &out));
	mdoc_session_free(&session);
}

struct operation {
	const char *name;
	void (*run)(void);
	const mdoc_buf *response; /* whose items are hashed */
	struct floor_work work;
};

/* TBS ~500 B, DeviceAuthentication 330 B; complete() adds the items. */
static struct operation operations[] = {
	{ "issue", run_issue, NULL, { .signs = 1, .random = 800 } },
	{ "present_sig", run_present_sig, NULL,
	    { .signs = 1, .hashes = { 330 }, .hashes_n = 1 } },
	{ "present_mac", run_present_mac, NULL,
	    { .agreements = 1,
		.hkdfs = 1,
		.hmacs = 1,
		.hashes = { 205 },
		.hashes_n = 1 } },
	{ "verify_sig", run_verify_sig, &in.response_sig,
	    { .verifies = 3, .hashes = { 500, 330 }, .hashes_n = 2 } },
	{ "verify_sig_cached", run_verify_sig_cached, &in.response_sig,
	    { .verifies = 2, .hashes = { 330 }, .hashes_n = 1 } },
	{ "verify_mac", run_verify_mac, &in.response_mac,
	    { .verifies = 2,
		.agreements = 1,
		.hkdfs = 1,
		.hmacs = 1,
		.hashes = { 500, 205 },
		.hashes_n = 2 } },
	{ "verify_1000", run_verify_1000, &in.response_1000,
	    { .verifies = 3, .hashes = { 500, 330 }, .hashes_n = 2 } },
	{ "verify_1m", run_verify_1m, &in.response_1m,
	    { .verifies = 3, .hashes = { 500, 330 }, .hashes_n = 2 } },
	{ "session", run_session, NULL,
	    { .agreements = 1, .hkdfs = 2, .hashes = { 205 }, .hashes_n = 1 } },
};

/* What depends on the input: items and the MSO are hashed. */
static void
complete(struct operation *o)
{
	struct floor_work *w = &o->work;
	size_t mso;

	if (o->response != NULL) {
		w->hashes_n += input_items(span(o->response),
		    w->hashes + w->hashes_n, FLOOR_MAX_HASHES - 8, &mso);
		w->hashes[w->hashes_n++] = mso + 20;
	} else if (o->run == run_issue) {
		w->hashes_n = input_issued_items(span(&in.issued), w->hashes,
		    FLOOR_MAX_HASHES - 1, &mso);
		w->hashes[w->hashes_n++] = mso + 20;
	} else if (o->run == run_session) {
		w->open = in.request.len;
		w->seal = in.response_sig.len;
	}
}

static double
cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double
time_floor(struct floor *f, const struct floor_work *w, unsigned n)
{
	double start = cpu();

	for (unsigned i = 0; i < n; i++)
		floor_run(f, w);
	return (cpu() - start) / n;
}

static double
time_ours(void (*run)(void), unsigned n)
{
	double start = cpu();

	for (unsigned i = 0; i < n; i++)
		run();
	return (cpu() - start) / n;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *v)
{
	qsort(v, ROUNDS, sizeof *v, compare);
	return v[ROUNDS / 2];
}

static void
measure(struct floor *f, struct operation *o, double seconds)
{
	double floors[ROUNDS], ours[ROUNDS], once;
	unsigned n;

	complete(o);
	o->run();
	once = time_ours(o->run, 10) + time_floor(f, &o->work, 10);
	n = (unsigned)(seconds * 1e6 / ROUNDS / once) + 1;
	for (int i = 0; i < ROUNDS; i++) {
		floors[i] = time_floor(f, &o->work, n);
		ours[i] = time_ours(o->run, n);
	}
	once = median(floors);
	printf("%-18s %8.1f %8.1f %6.3f\n", o->name, once, median(ours),
	    once / median(ours));
	fflush(stdout);
}

static bool
wanted(const char *name, int argc, char **argv)
{
	if (argc < 3)
		return true;
	for (int i = 2; i < argc; i++) {
		if (!strcmp(argv[i], name))
			return true;
	}
	return false;
}

int
main(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 1.0;
	struct floor *f = floor_new();

	input_make(&in);
	NEED(mdoc_verifier_new(in.ctx, in.trust, &cold));
	NEED(mdoc_verifier_new(in.ctx, in.trust, &warm));
	mdoc_verifier_set_cache(cold, 0);
	mdoc_verifier_set_cache(warm, 1);
	for (size_t i = 0; i < nitems(operations); i++) {
		if (wanted(operations[i].name, argc, argv))
			measure(f, &operations[i], seconds);
	}
	mdoc_verifier_free(&cold);
	mdoc_verifier_free(&warm);
	mdoc_buf_reset(&out);
	input_free(&in);
	floor_free(&f);
	return 0;
}
