/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench-module-load: many of everything, directly on SoftHSMv2 and through
 * p11-mdoc.so, and what is left behind of it. Prints lines "WHAT floor_us
 * our_us ratio floor_left our_left": CPU time for one, and the bytes of the
 * heap in use afterwards that were not in use before. Everything is done once
 * beforehand, so that what grows once and is kept is not counted.
 */
#include "config.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/util.h"
#include "tests/bench/sides.h"

#define SESSIONS   10000
#define FOUND      100000
#define CHUNK      250
#define OPERATIONS 1000000
#define MAX_ROUNDS 5

static double
heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return (double)(m.uordblks + m.hblkhd);
}

static void
sessions(const struct sides *s, const struct side *side)
{
	CK_SESSION_HANDLE *h = calloc(SESSIONS, sizeof(*h));
	CK_SESSION_INFO info;

	need(h != NULL ? CKR_OK : CKR_HOST_MEMORY, "memory");
	for (int i = 0; i < SESSIONS; i++)
		h[i] = side_session(s, side);
	for (int i = 0; i < SESSIONS; i++)
		need(side->f->C_GetSessionInfo(h[i], &info), "session");
	for (int i = 0; i < SESSIONS; i++)
		need(side->f->C_CloseSession(h[i]), "C_CloseSession");
	free(h);
}

static void
find(const struct sides *s, const struct side *side)
{
	CK_OBJECT_HANDLE h[CHUNK];
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_ATTRIBUTE t = { CKA_CLASS, &class, sizeof(class) };
	CK_ULONG n, sum = 0;

	(void)s;
	need(side->f->C_FindObjectsInit(side->session, &t, 1), "find");
	do {
		need(side->f->C_FindObjects(side->session, h, CHUNK, &n),
		    "C_FindObjects");
		sum += n;
	} while (n > 0);
	need(side->f->C_FindObjectsFinal(side->session), "find");
	need(sum == FOUND ? CKR_OK : CKR_GENERAL_ERROR, "all are found");
}

static void
operation(const struct sides *s, const struct side *side, int i)
{
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
	CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 };
	CK_BYTE data[32] = { 1 }, out[64];
	CK_ULONG len = sizeof(out);
	CK_KEY_TYPE type;
	CK_ATTRIBUTE a = { CKA_KEY_TYPE, &type, sizeof(type) };
	CK_FUNCTION_LIST *f = side->f;
	CK_SESSION_INFO info;

	switch (i % 8) {
	case 0:
		need(f->C_SignInit(side->session, &ecdsa, side->key), "sign");
		need(f->C_Sign(side->session, data, sizeof(data), out, &len),
		    "sign");
		break;
	case 1:
		need(f->C_DigestInit(side->session, &sha256), "digest");
		need(f->C_Digest(side->session, data, sizeof(data), out, &len),
		    "digest");
		break;
	case 2:
		need(f->C_GetAttributeValue(side->session, side->key, &a, 1),
		    "attribute");
		break;
	case 3:
		need(f->C_CloseSession(side_session(s, side)), "close");
		break;
	case 4:
		need(f->C_GenerateRandom(side->session, out, sizeof(out)),
		    "random");
		break;
	default:
		need(f->C_GetSessionInfo(side->session, &info), "info");
	}
}

static void
million(const struct sides *s, const struct side *side)
{
	for (int i = 0; i < OPERATIONS; i++)
		operation(s, side, i);
}

static void
some(const struct sides *s, const struct side *side)
{
	for (int i = 0; i < OPERATIONS / 100; i++)
		operation(s, side, i);
}

struct load {
	const char *name;
	int n;         /* in a round */
	size_t rounds; /* at most MAX_ROUNDS */
	void (*first)(const struct sides *s, const struct side *side);
	void (*run)(const struct sides *s, const struct side *side);
};

static void
measure(const struct sides *s, const struct load *l)
{
	double us[SIDES][MAX_ROUNDS], left[SIDES] = { 0 }, before, at;
	double floor, ours;

	for (size_t i = 0; i < SIDES; i++)
		l->first(s, &s->side[i]);
	for (size_t r = 0; r < l->rounds; r++) {
		for (size_t i = 0; i < SIDES; i++) {
			before = heap();
			at = cpu_us();
			l->run(s, &s->side[i]);
			us[i][r] = (cpu_us() - at) / l->n;
			left[i] += heap() - before;
		}
	}
	floor = quantile(us[DIRECT], l->rounds, 0.5);
	ours = quantile(us[OURS], l->rounds, 0.5);
	printf("%s %.3f %.3f %.3f %.0f %.0f%s\n", l->name, floor, ours,
	    floor / ours, left[DIRECT], left[OURS],
	    left[OURS] > left[DIRECT] + 1024 ? "  # GROWN" : "");
}

static void
fill(const struct sides *s)
{
	const struct side *side = &s->side[DIRECT];
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_ATTRIBUTE t[] = { { CKA_CLASS, &class, sizeof(class) } };
	CK_OBJECT_HANDLE h;

	for (int i = 0; i < FOUND; i++)
		need(side->f->C_CreateObject(side->session, t, nitems(t), &h),
		    "C_CreateObject");
}

static const struct load loads[] = {
	{ "load_sessions_10000", SESSIONS, MAX_ROUNDS, sessions, sessions },
	{ "load_operations_1000000", OPERATIONS, 1, some, million },
	{ "load_find_100000", FOUND, MAX_ROUNDS, find, find },
};

int
main(int argc, char **argv)
{
	struct sides s;

	sides_open(&s, argc > 1 ? argv[1] : NULL);
	measure(&s, &loads[0]);
	measure(&s, &loads[1]);
	fill(&s);
	measure(&s, &loads[2]);
	sides_close(&s);
	return 0;
}
