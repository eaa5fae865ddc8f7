/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <time.h>

#include "module/device/devices.h"
#include "module/device/downstream.h"
#include "module/device/event.h"
#include "module/device/slot-query.h"
#include "module/device/slot.h"

/* A card that is put in is noticed that much later. */
#define PAUSE_MS 200
/* How long C_Finalize waits for a device that is being asked. */
#define END_MS 2000
/* Of slots that the configuration leaves out, in one go. */
#define MAX_LEFT_OUT 64

CK_RV
events_init(struct events *e)
{
	pthread_condattr_t attr;
	bool good;

	if (pthread_condattr_init(&attr) != 0)
		return CKR_HOST_MEMORY;
	/* Not the time of day, which may be set. */
	good = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
	    pthread_cond_init(&e->changed, &attr) == 0;
	pthread_condattr_destroy(&attr);
	if (!good)
		return CKR_HOST_MEMORY;
	if (pthread_mutex_init(&e->lock, NULL) != 0) {
		pthread_cond_destroy(&e->changed);
		return CKR_HOST_MEMORY;
	}
	e->ended = false;
	e->asking = 0;
	atomic_init(&e->next, 0);
	return CKR_OK;
}

void
events_destroy(struct events *e)
{
	pthread_cond_destroy(&e->changed);
	pthread_mutex_destroy(&e->lock);
}

static struct timespec
time_after(long ms)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000L;
	if (t.tv_nsec >= 1000000000L) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000L;
	}
	return t;
}

void
events_end(struct events *e)
{
	struct timespec limit = time_after(END_MS);

	pthread_mutex_lock(&e->lock);
	e->ended = true;
	pthread_cond_broadcast(&e->changed);
	while (e->asking > 0 &&
	    pthread_cond_timedwait(&e->changed, &e->lock, &limit) == 0)
		;
	pthread_mutex_unlock(&e->lock);
}

static bool
has_ended(struct events *e)
{
	bool ended;

	pthread_mutex_lock(&e->lock);
	ended = e->ended;
	pthread_mutex_unlock(&e->lock);
	return ended;
}

/* Slots that are left out have no events. */
static CK_RV
ask(struct device *d, CK_FLAGS flags, CK_SLOT_ID *ret, void *reserved)
{
	bool counts = (flags & CKF_DONT_BLOCK) != 0;
	struct downstream_scope before;
	CK_SLOT_ID down = 0;
	CK_RV rv;
	int n = 0;

	/* Who waits does not keep a lost device from being ended. */
	if (counts)
		device_ref(d);
	before = downstream_enter(d, 0);
	do {
		rv = downstream_functions()->C_WaitForSlotEvent(flags,
		    ret != NULL ? &down : NULL, reserved);
		if (rv != CKR_OK || ret == NULL || slot_ours(d, down, ret))
			break;
		rv = CKR_NO_EVENT;
	} while (!(flags & CKF_DONT_BLOCK) || ++n < MAX_LEFT_OUT);
	downstream_leave(before);
	if (counts)
		device_unref(d);
	return rv;
}

/* As if the device were used directly, but for what C_Finalize does. */
static CK_RV
wait_for_one(struct devices *all, CK_FLAGS flags, CK_SLOT_ID *ret,
    void *reserved)
{
	CK_RV rv;

	rv = ask(all->v[0], flags, ret, reserved);
	if (rv != CKR_OK && has_ended(&all->events))
		rv = CKR_CRYPTOKI_NOT_INITIALIZED;
	return rv;
}

/* What to say when no device has an event: least first. */
static CK_RV
more_telling(CK_RV a, CK_RV b)
{
	if (a == CKR_NO_EVENT || b == CKR_NO_EVENT)
		return CKR_NO_EVENT;
	return a == CKR_FUNCTION_NOT_SUPPORTED ? b : a;
}

/* Each in turn, beginning after the one that had an event last. */
static CK_RV
ask_all(struct devices *all, CK_SLOT_ID *ret)
{
	CK_RV rv, told = CKR_FUNCTION_NOT_SUPPORTED;
	size_t at = atomic_load(&all->events.next);

	for (size_t i = 0; i < all->n; i++, at++) {
		struct device *d = all->v[at % all->n];

		/* One that is closed may come back. */
		rv = device_is_open(d) && !slot_query_hangs(d)
		    ? ask(d, CKF_DONT_BLOCK, ret, NULL)
		    : CKR_NO_EVENT;
		if (rv == CKR_OK) {
			atomic_store(&all->events.next, (at + 1) % all->n);
			return CKR_OK;
		}
		told = more_telling(told, rv);
	}
	return told;
}

CK_RV
event_wait(struct devices *all, CK_FLAGS flags, CK_SLOT_ID *ret, void *reserved)
{
	struct events *e = &all->events;
	CK_RV rv = CKR_CRYPTOKI_NOT_INITIALIZED;
	struct timespec until;

	if (all->n == 1)
		return wait_for_one(all, flags, ret, reserved);
	if (ret == NULL || reserved != NULL)
		return CKR_ARGUMENTS_BAD;
	pthread_mutex_lock(&e->lock);
	while (!e->ended) {
		e->asking++;
		pthread_mutex_unlock(&e->lock);
		rv = ask_all(all, ret);
		pthread_mutex_lock(&e->lock);
		e->asking--;
		if (rv != CKR_NO_EVENT || (flags & CKF_DONT_BLOCK))
			break;
		until = time_after(PAUSE_MS);
		while (!e->ended &&
		    pthread_cond_timedwait(&e->changed, &e->lock, &until) == 0)
			;
	}
	if (e->ended) {
		rv = CKR_CRYPTOKI_NOT_INITIALIZED;
		pthread_cond_broadcast(&e->changed);
	}
	pthread_mutex_unlock(&e->lock);
	return rv;
}
