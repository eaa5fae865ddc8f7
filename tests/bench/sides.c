/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/bench/sides.h"

void
need(CK_RV rv, const char *what)
{
	if (rv == CKR_OK)
		return;
	fprintf(stderr, "bench: %s: 0x%lx\n", what, rv);
	exit(1);
}

static double
clock_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

double
cpu_us(void)
{
	return clock_us(CLOCK_PROCESS_CPUTIME_ID);
}

double
wall_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double
quantile(double *v, size_t n, double part)
{
	qsort(v, n, sizeof(*v), compare);
	return v[(size_t)((double)(n - 1) * part + 0.5)];
}

CK_SESSION_HANDLE
side_session(const struct sides *s, const struct side *side)
{
	CK_SESSION_HANDLE session = CK_INVALID_HANDLE;

	need(side->f->C_OpenSession(s->softhsm.slot,
		 CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session),
	    "C_OpenSession");
	return session;
}

void
sides_open(struct sides *s, const char *module)
{
	struct softhsm_key key = {
		.d = bytes_str("0123456789abcdef0123456789abcdef"),
		.token = true
	};
	struct side *direct = &s->side[DIRECT], *ours = &s->side[OURS];
	CK_C_INITIALIZE_ARGS threads = { .flags = CKF_OS_LOCKING_OK };

	*s = (struct sides){ 0 };
	if (!softhsm_new(&s->softhsm, "bench") ||
	    !softhsm_start(&s->softhsm, "bench") ||
	    !module_configure(&s->softhsm, NULL))
		exit(1);
	direct->name = "direct";
	direct->f = s->softhsm.f;
	ours->name = "ours";
	ours->f = module_open(module != NULL ? module : BENCH_MODULE);
	if (ours->f == NULL)
		exit(1);
	/* Found the slot; now with the locks that threads need. */
	softhsm_stop(&s->softhsm);
	need(direct->f->C_Initialize(&threads), "C_Initialize");
	need(ours->f->C_Initialize(&threads), "C_Initialize");
	need(softhsm_session(&s->softhsm, &direct->session), "C_Login");
	ours->session = side_session(s, ours);
	need(softhsm_import(direct->f, direct->session, &key, &direct->key,
		 NULL),
	    "C_CreateObject");
	ours->key = direct->key;
}

void
sides_close(struct sides *s)
{
	need(s->side[OURS].f->C_Finalize(NULL), "C_Finalize");
	softhsm_stop(&s->softhsm);
}
