/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include "common/log.h"
#include "module/device/ending.h"
#include "module/device/task.h"
#include "module/session/session.h"

/* How long a running call may take to return, and then the end itself. */
#define CALLS_MS 3000
#define END_MS   5000

enum stage {
	STAGE_CALLS,  /* waits for running calls */
	STAGE_DEVICE, /* in the device's C_Finalize */
	STAGE_LEFT    /* nobody waits any more: hands off the device */
};

struct ending {
	struct task task;
	struct device *device;
	struct session **sessions;
	size_t n;
	struct timespec calls_until;
	atomic_int stage;
	CK_RV rv;
};

static struct ending *
ending_of(struct task *t)
{
	/* It comes first. */
	return (struct ending *)(void *)t;
}

static void
ending_free(struct task *t)
{
	struct ending *e = ending_of(t);

	for (size_t i = 0; i < e->n; i++)
		session_unref(e->sessions[i]);
	free(e->sessions);
	device_unref(e->device);
	free(e);
}

static bool
is_past(const struct timespec *until)
{
	struct timespec now = task_time_after(0);

	return now.tv_sec > until->tv_sec ||
	    (now.tv_sec == until->tv_sec && now.tv_nsec >= until->tv_nsec);
}

static void
pause_a_little(void)
{
	(void)nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
}

/* false: a call is still in one of them; the others are closed. */
static bool
sessions_end(struct ending *e)
{
	size_t left = 0;

	for (size_t i = 0; i < e->n; i++) {
		while (!session_is_idle(e->sessions[i]) &&
		    !is_past(&e->calls_until))
			pause_a_little();
		if (session_is_idle(e->sessions[i]))
			session_end(e->sessions[i]);
		else
			e->sessions[left++] = e->sessions[i];
	}
	e->n = left;
	return left == 0;
}

/* Nobody is in it but us, and the devices' own reference. */
static bool
becomes_quiet(struct ending *e)
{
	while (atomic_load(&e->device->refs) > 2 && !is_past(&e->calls_until))
		pause_a_little();
	return atomic_load(&e->device->refs) <= 2;
}

static void
ending_run(struct task *t)
{
	struct ending *e = ending_of(t);
	int calls = STAGE_CALLS;

	if (sessions_end(e) && becomes_quiet(e) &&
	    atomic_compare_exchange_strong(&e->stage, &calls, STAGE_DEVICE))
		e->rv = device_finalize(e->device);
	else
		device_close(e->device);
}

static CK_RV
ending_new(struct device *d, size_t max, struct ending **ret)
{
	struct ending *e;

	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return CKR_HOST_MEMORY;
	e->sessions = calloc(max + 1, sizeof(struct session *));
	if (e->sessions == NULL ||
	    !task_init(&e->task, ending_run, ending_free)) {
		free(e->sessions);
		free(e);
		return CKR_HOST_MEMORY;
	}
	device_ref(d);
	e->device = d;
	e->calls_until = task_time_after(CALLS_MS);
	atomic_init(&e->stage, STAGE_CALLS);
	e->rv = CKR_FUNCTION_FAILED;
	*ret = e;
	return CKR_OK;
}

/* Each to its device's, but for those that somebody else is closing. */
static void
sessions_share(struct ending **v, size_t n, struct table *sessions)
{
	struct session *s;
	size_t pos = 0, i;

	while ((s = table_next(sessions, &pos, NULL)) != NULL) {
		for (i = 0; i < n; i++)
			if (v[i] != NULL && v[i]->device == s->device)
				break;
		if (session_shut(s) && i < n)
			v[i]->sessions[v[i]->n++] = s;
		else
			session_unref(s);
	}
	table_reset(sessions);
}

static CK_RV
ending_result(struct ending *e, const struct timespec *until)
{
	int calls = STAGE_CALLS;
	CK_RV rv;

	if (task_wait(&e->task, until)) {
		rv = e->rv;
	} else {
		rv = CKR_FUNCTION_FAILED;
		(void)atomic_compare_exchange_strong(&e->stage, &calls,
		    STAGE_LEFT);
		device_close(e->device);
	}
	if (rv == CKR_FUNCTION_FAILED)
		log_printf(LOG_ERROR, "device",
		    "[device %s] hangs: it is not finalised",
		    e->device->conf.name);
	return rv;
}

CK_RV
ending_all(struct devices *all, struct table *sessions, bool threads)
{
	struct ending *v[CONF_MAX_DEVICES] = { NULL };
	struct timespec until;
	CK_RV rv, first = CKR_OK;

	for (size_t i = 0; i < all->n; i++)
		if (ending_new(all->v[i], sessions->used, &v[i]) != CKR_OK)
			first = CKR_HOST_MEMORY;
	sessions_share(v, all->n, sessions);
	events_end(&all->events);
	for (size_t i = 0; i < all->n; i++)
		if (v[i] != NULL)
			task_start(&v[i]->task, threads);
	until = task_time_after(END_MS);
	for (size_t i = 0; i < all->n; i++) {
		rv = v[i] != NULL ? ending_result(v[i], &until)
				  : device_finalize(all->v[i]);
		if (first == CKR_OK)
			first = rv;
		if (v[i] != NULL)
			task_unref(&v[i]->task);
	}
	return first;
}
