/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench-module: what p11-mdoc.so costs on the way to SoftHSMv2. Prints lines
 * "OP floor_us our_us ratio noise", the floor being SoftHSMv2 called directly,
 * in CPU time for one thread and by the wall for two. In every round the floor
 * is measured before and after ours: ratio is the median of floor / ours, and
 * noise is how far the two floors of a round are apart, in half of the rounds.
 */
#include "config.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>

#include "common/util.h"
#include "tests/bench/sides.h"

#define ROUNDS  31
#define THREADS 2

static void
op_sign(const struct side *s)
{
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
	CK_BYTE digest[32] = { 1 }, signature[64];
	CK_ULONG len = sizeof(signature);

	need(s->f->C_SignInit(s->session, &ecdsa, s->key), "C_SignInit");
	need(s->f->C_Sign(s->session, digest, sizeof(digest), signature, &len),
	    "C_Sign");
}

static void
op_trivial(const struct side *s)
{
	CK_SESSION_INFO info;

	need(s->f->C_GetSessionInfo(s->session, &info), "C_GetSessionInfo");
}

static void
op_attribute(const struct side *s)
{
	CK_KEY_TYPE type;
	CK_ATTRIBUTE a = { CKA_KEY_TYPE, &type, sizeof(type) };

	need(s->f->C_GetAttributeValue(s->session, s->key, &a, 1),
	    "C_GetAttributeValue");
}

static void
op_random(const struct side *s)
{
	CK_BYTE random[16];

	need(s->f->C_GenerateRandom(s->session, random, sizeof(random)),
	    "C_GenerateRandom");
}

static void
op_digest(const struct side *s)
{
	CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 };
	CK_BYTE data[64] = { 1 }, digest[32];
	CK_ULONG len = sizeof(digest);

	need(s->f->C_DigestInit(s->session, &sha256), "C_DigestInit");
	need(s->f->C_Digest(s->session, data, sizeof(data), digest, &len),
	    "C_Digest");
}

static void
op_find(const struct side *s)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE found;
	CK_ULONG n;

	need(s->f->C_FindObjectsInit(s->session, &t, 1), "C_FindObjectsInit");
	need(s->f->C_FindObjects(s->session, &found, 1, &n), "C_FindObjects");
	need(s->f->C_FindObjectsFinal(s->session), "C_FindObjectsFinal");
}

static void
op_session(const struct side *s)
{
	CK_SESSION_INFO info;
	CK_SESSION_HANDLE h;

	need(s->f->C_GetSessionInfo(s->session, &info), "C_GetSessionInfo");
	need(s->f->C_OpenSession(info.slotID, CKF_SERIAL_SESSION, NULL, NULL,
		 &h),
	    "C_OpenSession");
	need(s->f->C_CloseSession(h), "C_CloseSession");
}

struct op {
	const char *name;
	void (*run)(const struct side *);
	int n; /* in a round */
	bool threads;
};

static const struct op ops[] = {
	{ "module_sign", op_sign, 200, false },
	{ "module_attribute", op_attribute, 2000, false },
	{ "module_find", op_find, 300, false },
	{ "module_digest", op_digest, 3000, false },
	{ "module_random", op_random, 10000, false },
	{ "module_session", op_session, 10000, false },
	{ "module_trivial", op_trivial, 50000, false },
	{ "module_sign_2_threads", op_sign, 400, true },
	{ "module_attribute_2_threads", op_attribute, 4000, true },
	{ "module_trivial_2_threads", op_trivial, 50000, true },
};

/* One thread, with a session of its own. */
struct worker {
	pthread_t thread;
	pthread_barrier_t *start;
	struct side side;
	const struct op *op;
	double from;
	double until;
};

static void *
work(void *arg)
{
	struct worker *w = arg;

	(void)pthread_barrier_wait(w->start);
	w->from = wall_us();
	for (int i = 0; i < w->op->n; i++)
		w->op->run(&w->side);
	w->until = wall_us();
	return NULL;
}

/* Microseconds for an operation of one thread, from first to last. */
static double
run_threads(const struct sides *s, const struct side *side, const struct op *op)
{
	struct worker w[THREADS];
	pthread_barrier_t start;
	double from, until;

	if (pthread_barrier_init(&start, NULL, THREADS) != 0)
		need(CKR_HOST_MEMORY, "barrier");
	for (size_t i = 0; i < THREADS; i++) {
		w[i] =
		    (struct worker){ .start = &start, .side = *side, .op = op };
		w[i].side.session = side_session(s, side);
		if (pthread_create(&w[i].thread, NULL, work, &w[i]) != 0)
			need(CKR_HOST_MEMORY, "thread");
	}
	for (size_t i = 0; i < THREADS; i++)
		(void)pthread_join(w[i].thread, NULL);
	from = fmin(w[0].from, w[1].from);
	until = fmax(w[0].until, w[1].until);
	for (size_t i = 0; i < THREADS; i++)
		need(side->f->C_CloseSession(w[i].side.session),
		    "C_CloseSession");
	(void)pthread_barrier_destroy(&start);
	return (until - from) / op->n;
}

static double
run(const struct sides *s, const struct side *side, const struct op *op)
{
	double before;

	if (op->threads)
		return run_threads(s, side, op);
	before = cpu_us();
	for (int i = 0; i < op->n; i++)
		op->run(side);
	return (cpu_us() - before) / op->n;
}

struct result {
	double floor;
	double ours;
	double ratio;
	double added;
	double noise;
};

static struct result
measure(const struct sides *s, const struct op *op)
{
	double floor[ROUNDS], ours[ROUNDS], ratio[ROUNDS], added[ROUNDS];
	double noise[ROUNDS], before, after;
	struct result r;

	for (size_t i = 0; i < ROUNDS; i++) {
		before = run(s, &s->side[DIRECT], op);
		ours[i] = run(s, &s->side[OURS], op);
		after = run(s, &s->side[DIRECT], op);
		floor[i] = (before + after) / 2;
		ratio[i] = floor[i] / ours[i];
		added[i] = ours[i] - floor[i];
		noise[i] = fabs(before - after) / floor[i];
	}
	r.floor = quantile(floor, ROUNDS, 0.5);
	r.ours = quantile(ours, ROUNDS, 0.5);
	r.ratio = quantile(ratio, ROUNDS, 0.5);
	r.added = quantile(added, ROUNDS, 0.5);
	r.noise = quantile(noise, ROUNDS, 0.5);
	printf("%s %.3f %.3f %.3f %.3f\n", op->name, r.floor, r.ours, r.ratio,
	    r.noise);
	return r;
}

/* More than the noise of this run may hide is asked of nobody. */
static void
goal(const char *what, double got, double wanted, bool at_most, double noise)
{
	bool met = at_most ? got <= wanted : got >= wanted;
	bool near = at_most ? got <= wanted + noise : got >= wanted - noise;

	printf("# %-46s %s %.3f  got %.3f  %s\n", what,
	    at_most ? "<=" : ">=", wanted, got,
	    met        ? "met"
		: near ? "within the noise"
		       : "MISSED");
}

int
main(int argc, char **argv)
{
	struct result r[nitems(ops)];
	struct sides s;

	sides_open(&s, argc > 1 ? argv[1] : NULL);
	for (size_t i = 0; i < nitems(ops); i++)
		r[i] = measure(&s, &ops[i]);
	goal("sign, token key: of the device's speed", r[0].ratio, 0.97, false,
	    r[0].noise);
	goal("a trivial call: microseconds added", r[6].added, 0.1, true,
	    r[6].noise * r[6].floor);
	goal("sign, two threads: of the device's speed", r[7].ratio, 1.0, false,
	    r[7].noise);
	goal("attribute, two threads: of the device's speed", r[8].ratio, 1.0,
	    false, r[8].noise);
	goal("a trivial call, two threads: us added", r[9].added, 0.1, true,
	    r[9].noise * r[9].floor);
	sides_close(&s);
	return 0;
}
