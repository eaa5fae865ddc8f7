/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <time.h>

#include "common/log.h"
#include "module/device/device-life.h"
#include "module/device/downstream.h"
#include "module/session/session.h"
#include "module/state/state.h"
#include "vendor-ext/token.h"

/* After an attempt, and at most after many that failed. */
#define PAUSE_MS     1000
#define MAX_DOUBLING 5
/* How long calls that are running may take to return. */
#define QUIET_MS 500

CK_RV
device_life_init(struct device_life *life)
{
	return pthread_mutex_init(&life->lock, NULL) == 0 ? CKR_OK
							  : CKR_HOST_MEMORY;
}

void
device_life_reset(struct device_life *life)
{
	for (size_t i = 0; i < nitems(life->known); i++)
		free(life->known[i].v);
	pthread_mutex_destroy(&life->lock);
}

static long long
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Answers of devices that are not there. */
static bool
is_trouble(CK_RV rv)
{
	static const CK_RV codes[] = { CKR_DEVICE_ERROR, CKR_DEVICE_REMOVED,
		CKR_CRYPTOKI_NOT_INITIALIZED };

	for (size_t i = 0; i < nitems(codes); i++)
		if (rv == codes[i])
			return true;
	return false;
}

/* A connection that does not stand yet, or no more, has no slots. */
static bool
is_lost(const struct device *d)
{
	CK_ULONG n = 0;
	CK_RV rv;

	if (!device_is_open(d))
		return true;
	rv = downstream_functions()->C_GetSlotList(CK_FALSE, NULL, &n);
	return rv != CKR_OK || (n == 0 && d->conf.remote);
}

/* The device's own reference and the caller's are left: nobody is in it. */
static bool
is_quiet(struct device *d)
{
	const struct timespec pause = { 0, 1000000 };
	long long until = now_ms() + QUIET_MS;

	while (atomic_load(&d->refs) > 2) {
		if (now_ms() >= until)
			return false;
		(void)nanosleep(&pause, NULL);
	}
	return true;
}

static bool
is_time(struct device_life *life)
{
	return now_ms() >= atomic_load(&life->not_before);
}

static void
note(struct device_life *life, bool good)
{
	unsigned failures = good ? 0 : atomic_load(&life->failures) + 1;
	unsigned doubling = failures < MAX_DOUBLING ? failures : MAX_DOUBLING;

	atomic_store(&life->failures, failures);
	atomic_store(&life->not_before,
	    now_ms() + ((long long)PAUSE_MS << doubling) / 2);
}

/* New calls stay out; false: C_Finalize was here. */
static bool
shut(struct device *d)
{
	CK_RV open = CKR_OK;

	if (atomic_compare_exchange_strong(&d->closed, &open,
		CKR_DEVICE_REMOVED))
		log_printf(LOG_INFO, "device", "[device %s] is lost",
		    d->conf.name);
	return open == CKR_OK || open == CKR_DEVICE_REMOVED;
}

static bool
revive(struct state *s, struct device *d)
{
	bool good = false;
	CK_RV rv;

	if (!shut(d))
		return false;
	session_drop_all(s, d);
	/* A call that hangs in it is waited for, but not by us. */
	if (!is_quiet(d)) {
		note(&d->life, false);
		return false;
	}
	rv = device_reopen(d);
	good = rv == CKR_OK && !is_lost(d);
	if (rv == CKR_OK && !good)
		(void)shut(d);
	log_printf(LOG_INFO, "device", "[device %s] %s", d->conf.name,
	    good               ? "is back"
		: rv == CKR_OK ? "has no slots"
			       : token_rv_name(rv));
	note(&d->life, good);
	return good;
}

static bool
try_to_revive(struct state *s, struct device *d)
{
	bool good;

	if (!is_time(&d->life) || atomic_exchange(&d->life.busy, true))
		return false;
	/* Somebody may have done it while we looked. */
	good = is_lost(d) ? revive(s, d) : true;
	atomic_store(&d->life.busy, false);
	return good;
}

CK_RV
device_life_answer(const struct device *d)
{
	return device_is_open(d) ? CKR_DEVICE_REMOVED
				 : CKR_CRYPTOKI_NOT_INITIALIZED;
}

bool
device_life_again(struct state *s, struct device *d, CK_RV rv)
{
	return is_trouble(rv) && is_lost(d) && try_to_revive(s, d);
}

bool
device_life_list_again(struct state *s, struct device *d, CK_RV rv, CK_ULONG n)
{
	if (rv == CKR_OK && (n > 0 || !d->conf.remote))
		return false;
	return (rv == CKR_OK || is_trouble(rv)) && is_lost(d) &&
	    try_to_revive(s, d);
}
