/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench-module: what p11-mdoc.so costs on the way to SoftHSMv2. Prints lines
 * "OP floor_us our_us ratio", the floor being SoftHSMv2 called directly, in
 * CPU time; both sides take turns, and medians of the rounds are shown.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/util.h"
#include "tests/support/module.h"

#define ROUNDS 15

struct side {
	CK_FUNCTION_LIST *f;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
};

static void
die(const char *what, CK_RV rv)
{
	fprintf(stderr, "bench-module: %s: 0x%lx\n", what, rv);
	exit(1);
}

static double
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
op_sign(const struct side *s)
{
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
	CK_BYTE digest[32] = { 1 }, signature[64];
	CK_ULONG len = sizeof(signature);
	CK_RV rv;

	rv = s->f->C_SignInit(s->session, &ecdsa, s->key);
	if (rv == CKR_OK)
		rv = s->f->C_Sign(s->session, digest, sizeof(digest), signature,
		    &len);
	if (rv != CKR_OK)
		die("C_Sign", rv);
}

static void
op_trivial(const struct side *s)
{
	CK_SESSION_INFO info;
	CK_RV rv;

	rv = s->f->C_GetSessionInfo(s->session, &info);
	if (rv != CKR_OK)
		die("C_GetSessionInfo", rv);
}

static void
op_attribute(const struct side *s)
{
	CK_KEY_TYPE type;
	CK_ATTRIBUTE a = { CKA_KEY_TYPE, &type, sizeof(type) };
	CK_RV rv;

	rv = s->f->C_GetAttributeValue(s->session, s->key, &a, 1);
	if (rv != CKR_OK)
		die("C_GetAttributeValue", rv);
}

static double
run(const struct side *s, void (*op)(const struct side *), int n)
{
	double before = cpu_us();

	for (int i = 0; i < n; i++)
		op(s);
	return (cpu_us() - before) / n;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
median(double *v)
{
	qsort(v, ROUNDS, sizeof(*v), compare);
	return v[ROUNDS / 2];
}

static void
measure(const char *name, const struct side *sides,
    void (*op)(const struct side *), int n)
{
	double floor[ROUNDS], ours[ROUNDS], ratio[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		/* Who is first changes, too. */
		if (i % 2 == 0)
			floor[i] = run(&sides[0], op, n);
		ours[i] = run(&sides[1], op, n);
		if (i % 2 == 1)
			floor[i] = run(&sides[0], op, n);
		ratio[i] = floor[i] / ours[i];
	}
	printf("%s %.3f %.3f %.3f\n", name, median(floor), median(ours),
	    median(ratio));
}

int
main(int argc, char **argv)
{
	struct side sides[2] = { { NULL, 0, 0 }, { NULL, 0, 0 } };
	struct softhsm s;
	struct softhsm_key key = {
		.d = bytes_str("0123456789abcdef0123456789abcdef"),
		.token = true
	};
	CK_RV rv;

	if (!softhsm_new(&s, "bench") || !softhsm_start(&s, "bench") ||
	    !module_configure(&s, NULL))
		return 1;
	sides[0].f = s.f;
	sides[1].f = module_open(argc > 1 ? argv[1] : BENCH_MODULE);
	if (sides[1].f == NULL)
		return 1;
	rv = sides[1].f->C_Initialize(NULL);
	if (rv == CKR_OK)
		rv = softhsm_session(&s, &sides[0].session);
	if (rv == CKR_OK)
		rv = sides[1].f->C_OpenSession(s.slot,
		    CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
		    &sides[1].session);
	if (rv == CKR_OK)
		rv = softhsm_import(s.f, sides[0].session, &key, &sides[0].key,
		    NULL);
	if (rv != CKR_OK)
		die("setting up", rv);
	sides[1].key = sides[0].key;
	measure("module_sign", sides, op_sign, 300);
	measure("module_attribute", sides, op_attribute, 3000);
	measure("module_trivial", sides, op_trivial, 50000);
	sides[1].f->C_Finalize(NULL);
	softhsm_stop(&s);
	return 0;
}
