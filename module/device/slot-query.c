/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "module/device/downstream.h"
#include "module/device/slot-query.h"
#include "module/device/task.h"
#include "module/state/state.h"

/* A reader with a slow card takes seconds to look at it. */
#define WAIT_MS 5000

enum phase {
	PHASE_ASKED,
	PHASE_ANSWERED,
	PHASE_LATE
};

struct slot_query {
	struct task task;
	struct state *state;
	struct device *device;
	CK_BBOOL present;
	bool was_open;
	struct timespec until;
	atomic_int phase;
	CK_RV rv;
	struct slots slots;
};

static struct slot_query *
query_of(struct task *t)
{
	/* It comes first. */
	return (struct slot_query *)(void *)t;
}

static void
query_free(struct task *t)
{
	struct slot_query *q = query_of(t);

	free(q->slots.v);
	device_unref(q->device);
	free(q);
}

static CK_RV
ask(CK_BBOOL present, struct slots *ret)
{
	CK_FUNCTION_LIST *f = downstream_functions();
	struct slots all = { NULL, 0 };
	CK_RV rv;

	/* Slots may come between the two calls. */
	do {
		free(all.v);
		all.v = NULL;
		rv = f->C_GetSlotList(present, NULL, &all.n);
		if (rv != CKR_OK)
			break;
		all.v = calloc(all.n + 1, sizeof(*all.v));
		if (all.v == NULL)
			return CKR_HOST_MEMORY;
		rv = f->C_GetSlotList(present, all.v, &all.n);
	} while (rv == CKR_BUFFER_TOO_SMALL);
	if (rv != CKR_OK) {
		free(all.v);
		return rv;
	}
	*ret = all;
	return CKR_OK;
}

static bool
copy(const struct slots *from, struct slots *ret)
{
	struct slots s = { calloc(from->n + 1, sizeof(*s.v)), from->n };

	if (s.v == NULL)
		return false;
	if (from->n > 0)
		memcpy(s.v, from->v, from->n * sizeof(*s.v));
	*ret = s;
	return true;
}

/* For the next time that it says nothing. */
static void
remember(struct slot_query *q)
{
	struct device_life *life = &q->device->life;
	struct slots mine, *known = &life->known[q->present ? 1 : 0];

	if (!copy(&q->slots, &mine))
		return;
	pthread_mutex_lock(&life->lock);
	free(known->v);
	*known = mine;
	pthread_mutex_unlock(&life->lock);
}

static CK_RV
recall(struct slot_query *q, struct slots *ret)
{
	struct device_life *life = &q->device->life;
	bool good;

	pthread_mutex_lock(&life->lock);
	good = copy(&life->known[q->present ? 1 : 0], ret);
	pthread_mutex_unlock(&life->lock);
	return good ? CKR_OK : CKR_HOST_MEMORY;
}

static void
query_run(struct task *t)
{
	struct slot_query *q = query_of(t);
	struct downstream_scope before = downstream_enter(q->device, 0);

	do {
		free(q->slots.v);
		q->slots = (struct slots){ NULL, 0 };
		q->rv = ask(q->present, &q->slots);
	} while (device_life_list_again(q->state, q->device, q->rv,
	    q->slots.n));
	downstream_leave(before);
	if (q->rv == CKR_OK)
		remember(q);
	if (atomic_exchange(&q->phase, PHASE_ANSWERED) == PHASE_LATE)
		atomic_fetch_sub(&q->device->life.late, 1);
}

struct slot_query *
slot_query_start(struct state *s, struct device *d, CK_BBOOL present,
    bool threads)
{
	struct slot_query *q;

	q = calloc(1, sizeof(*q));
	if (q == NULL || !task_init(&q->task, query_run, query_free)) {
		free(q);
		return NULL;
	}
	device_ref(d);
	q->state = s;
	q->device = d;
	q->present = present;
	q->was_open = device_is_open(d);
	q->until = task_time_after(WAIT_MS);
	atomic_init(&q->phase, PHASE_ASKED);
	if (slot_query_hangs(d))
		atomic_store(&q->phase, PHASE_LATE);
	else
		task_start(&q->task, threads);
	return q;
}

/* From now on nobody waits for this device, until it answers. */
static void
give_up(struct slot_query *q)
{
	int asked = PHASE_ASKED;

	if (!atomic_compare_exchange_strong(&q->phase, &asked, PHASE_LATE))
		return;
	atomic_fetch_add(&q->device->life.late, 1);
	log_printf(LOG_ERROR, "device", "[device %s] does not answer",
	    q->device->conf.name);
}

CK_RV
slot_query_end(struct slot_query *q, struct slots *ret)
{
	CK_RV rv;

	if (q == NULL)
		return CKR_HOST_MEMORY;
	if (atomic_load(&q->phase) == PHASE_LATE) {
		rv = recall(q, ret);
	} else if (task_wait(&q->task, &q->until)) {
		rv = q->rv;
		if (rv == CKR_OK) {
			*ret = q->slots;
			q->slots.v = NULL;
		} else if (!q->was_open && !device_is_open(q->device)) {
			rv = copy(&(struct slots){ NULL, 0 }, ret)
			    ? CKR_OK
			    : CKR_HOST_MEMORY;
		}
	} else {
		give_up(q);
		rv = recall(q, ret);
	}
	task_unref(&q->task);
	return rv;
}

bool
slot_query_hangs(const struct device *d)
{
	return atomic_load(&d->life.late) > 0;
}
