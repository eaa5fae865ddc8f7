/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * slot-events MODULE: prints TAP. A card is among the slots; the commands in
 * REMOVE and INSERT do what they say, while a thread waits for events.
 */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/module.h"

/* A card reader looks for its card now and then. */
#define PATIENCE 8.0

static CK_FUNCTION_LIST *f;
static CK_SLOT_ID card;
static int count, failures;

static void
check(bool good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++count, what);
	fflush(stdout);
	failures += !good;
}

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct waiter {
	pthread_t thread;
	CK_SLOT_ID slot;
	CK_RV rv;
	atomic_bool done;
};

static void *
wait_for_event(void *p)
{
	struct waiter *w = p;

	w->rv = f->C_WaitForSlotEvent(0, &w->slot, NULL);
	atomic_store(&w->done, true);
	return NULL;
}

static bool
wait_begin(struct waiter *w)
{
	memset(w, 0, sizeof(*w));
	if (pthread_create(&w->thread, NULL, wait_for_event, w) != 0)
		return false;
	/* Until it is inside. */
	usleep(300000);
	return true;
}

/* Joins it if it has come back in time. */
static bool
wait_end(struct waiter *w, double seconds)
{
	double end = now() + seconds;

	while (!atomic_load(&w->done)) {
		if (now() > end)
			return false;
		usleep(1000);
	}
	pthread_join(w->thread, NULL);
	return true;
}

/* The slot with a PIV card; events that were there before are forgotten. */
static bool
card_find(void)
{
	CK_SLOT_ID slots[32];
	CK_ULONG n = 32;
	CK_TOKEN_INFO info;
	CK_SLOT_ID any;
	bool found = false;

	if (f->C_GetSlotList(CK_TRUE, slots, &n) != CKR_OK)
		return false;
	for (CK_ULONG i = 0; i < n; i++) {
		if (f->C_GetTokenInfo(slots[i], &info) != CKR_OK)
			return false;
		if (memcmp(info.model, "PKCS#15 emulated", 16) == 0) {
			card = slots[i];
			found = true;
		}
		printf("# slot 0x%lx: %.16s\n", slots[i],
		    (const char *)info.model);
	}
	for (int i = 0; i < 20; i++)
		if (f->C_WaitForSlotEvent(CKF_DONT_BLOCK, &any, NULL) ==
		    CKR_NO_EVENT)
			return found;
	return false;
}

/* command is run while a thread waits: the event must be the card's. */
static void
event(const char *command, CK_RV token, const char *what)
{
	CK_TOKEN_INFO info;
	struct waiter w;
	char text[128];
	bool good;

	good = wait_begin(&w) && !atomic_load(&w.done) &&
	    system(command) == 0 && wait_end(&w, PATIENCE);
	(void)snprintf(text, sizeof(text), "%s: an event", what);
	check(good && w.rv == CKR_OK, text);
	(void)snprintf(text, sizeof(text), "%s: of the card's slot", what);
	check(good && w.slot == card, text);
	(void)snprintf(text, sizeof(text), "%s: the token says so", what);
	check(f->C_GetTokenInfo(card, &info) == token, text);
}

static void
finalize(void)
{
	struct waiter w;
	bool good = wait_begin(&w) && !atomic_load(&w.done);
	double begin = now();

	check(f->C_Finalize(NULL) == CKR_OK, "C_Finalize while a thread waits");
	good = good && wait_end(&w, PATIENCE);
	check(good && w.rv == CKR_CRYPTOKI_NOT_INITIALIZED,
	    "it is woken and told");
	printf("# after %.3f s\n", now() - begin);
	check(now() - begin < 1.5, "at once");
}

int
main(int argc, char **argv)
{
	const char *removed = secure_getenv("REMOVE");
	const char *insert = secure_getenv("INSERT");

	if (argc != 2 || removed == NULL || insert == NULL ||
	    (f = module_open(argv[1])) == NULL)
		return 2;
	check(f->C_Initialize(NULL) == CKR_OK, "C_Initialize");
	check(card_find(), "the card is there");
	event(removed, CKR_TOKEN_NOT_PRESENT, "removed");
	event(insert, CKR_OK, "put back");
	finalize();
	printf("1..%d\n", count);
	return failures == 0 ? 0 : 1;
}
