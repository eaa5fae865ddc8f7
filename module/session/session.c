/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include "common/race.h"
#include "module/device/downstream.h"
#include "module/device/login.h"
#include "module/guard/guard.h"
#include "module/object/object.h"
#include "module/session/session.h"
#include "module/state/state.h"
#include "module/store/store.h"
#include "vendor-ext/hasher.h"

/* What was begun with handles of private objects. */
static void
forget(struct session *s)
{
	for (size_t i = 0; i < OPERATION_KINDS; i++)
		operation_drop(&s->operation[i]);
	find_drop(&s->find);
}

void
session_unref(struct session *s)
{
	if (s == NULL || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	forget(s);
	hasher_free(&s->hasher);
	lock_destroy(&s->lock);
	device_unref(s->device);
	free(s);
}

static CK_RV
session_new(const struct state *state, const struct session_request *r,
    struct session **ret)
{
	struct session *s;
	CK_RV rv;

	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return CKR_HOST_MEMORY;
	rv = lock_init(&s->lock, &state->ops);
	if (rv != CKR_OK) {
		free(s);
		return rv;
	}
	atomic_init(&s->refs, 1); /* the caller's */
	atomic_init(&s->gone, true);
	s->device = r->device;
	device_ref(s->device);
	s->slot = r->slot;
	s->down_slot = r->down_slot;
	s->flags = r->flags;
	s->app = r->app;
	s->notify = r->notify;
	*ret = s;
	return CKR_OK;
}

/* The device knows its own handle; the application knows ours. */
static CK_RV
notify(CK_SESSION_HANDLE down, CK_NOTIFICATION event, void *app)
{
	const struct session *s = app;

	(void)down;
	return s->notify(s->handle, event, s->app);
}

/* The table gets a reference of its own. */
static CK_RV
session_add(struct state *state, struct session *s)
{
	bool added = false;
	CK_RV rv;

	rv = rwlock_write(&state->lock);
	if (rv != CKR_OK)
		return rv;
	/* C_Finalize may have been faster. */
	if (atomic_load(&state->initialised))
		added = table_add(&state->sessions, s, &s->handle);
	else
		rv = CKR_CRYPTOKI_NOT_INITIALIZED;
	if (added)
		atomic_fetch_add(&s->refs, 1);
	rwlock_give(&state->lock);
	return added || rv != CKR_OK ? rv : CKR_HOST_MEMORY;
}

void
session_remove(struct state *state, struct session *s)
{
	bool removed;

	atomic_store(&s->gone, true);
	if (rwlock_write(&state->lock) != CKR_OK)
		return;
	removed = table_get(&state->sessions, s->handle) == s &&
	    table_remove(&state->sessions, s->handle) != NULL;
	rwlock_give(&state->lock);
	if (!removed)
		return;
	/* Its objects are gone with it. */
	note_drop_session(s->device, s->down_slot, s->handle);
	expect_forget(&s->device->expect);
	session_unref(s);
}

/* The device has opened it: from now on it can be used. */
static CK_RV
session_begin(struct session *s, CK_SESSION_HANDLE down)
{
	CK_RV rv;

	rv = lock_take(&s->lock);
	if (rv != CKR_OK) {
		(void)downstream_functions()->C_CloseSession(down);
		return rv;
	}
	s->down = down;
	RACE_GIVE(&s->gone);
	atomic_store(&s->gone, false);
	lock_give(&s->lock);
	return CKR_OK;
}

CK_RV
session_open(struct state *state, const struct session_request *r,
    CK_SESSION_HANDLE *ret)
{
	CK_SESSION_HANDLE down;
	struct session *s;
	CK_RV rv;

	/* Not left to the device: p11-kit takes it for a programming error. */
	if (ret == NULL)
		return CKR_ARGUMENTS_BAD;
	rv = session_new(state, r, &s);
	if (rv != CKR_OK)
		return rv;
	rv = session_add(state, s);
	if (rv != CKR_OK)
		goto out;
	rv = downstream_functions()->C_OpenSession(r->down_slot, r->flags,
	    r->notify != NULL ? s : r->app, r->notify != NULL ? notify : NULL,
	    &down);
	if (rv == CKR_OK) {
		login_user(s->device, down);
		rv = session_begin(s, down);
	}
	if (rv != CKR_OK) {
		session_remove(state, s);
		goto out;
	}
	*ret = s->handle;
out:
	session_unref(s);
	return rv;
}

/* Whoever sets it closes the session below, and nobody else. */
static bool
mark_gone(struct session *s)
{
	bool was = atomic_exchange(&s->gone, true);

	RACE_TAKE(&s->gone);
	return !was;
}

CK_RV
session_close(struct state *state, struct session *s)
{
	CK_RV rv;

	if (!mark_gone(s))
		return CKR_SESSION_HANDLE_INVALID;
	rv = downstream_functions()->C_CloseSession(s->down);
	if (rv == CKR_OK || rv == CKR_SESSION_HANDLE_INVALID ||
	    rv == CKR_SESSION_CLOSED)
		session_remove(state, s);
	else
		atomic_store(&s->gone, false);
	return rv;
}

/* With a reference each; *ret is to be freed. */
static CK_RV
sessions_on(struct state *state, CK_SLOT_ID slot, struct session ***ret,
    size_t *ret_n)
{
	struct session **found, *s;
	size_t pos = 0, n = 0;
	CK_RV rv;

	rv = rwlock_read(&state->lock);
	if (rv != CKR_OK)
		return rv;
	found = calloc(state->sessions.used + 1, sizeof(struct session *));
	while (found != NULL &&
	    (s = table_next(&state->sessions, &pos, NULL)) != NULL) {
		if (s->slot != slot || atomic_load(&s->gone))
			continue;
		atomic_fetch_add(&s->refs, 1);
		found[n++] = s;
	}
	rwlock_give(&state->lock);
	*ret = found;
	*ret_n = n;
	return found != NULL ? CKR_OK : CKR_HOST_MEMORY;
}

/*
 * One by one: p11-kit loses track of a session whose handle the device gives
 * out again at once, and a session left open keeps the login alive. Then the
 * device is asked too, for its answer, unless others use it behind our back.
 */
CK_RV
session_close_all(struct state *state, struct device *d, CK_SLOT_ID slot,
    CK_SLOT_ID down_slot)
{
	CK_FUNCTION_LIST *f = downstream_functions();
	struct session **open;
	CK_SLOT_INFO info;
	size_t n;
	CK_RV rv;

	if (f->C_GetSlotInfo(down_slot, &info) == CKR_SLOT_ID_INVALID)
		return CKR_SLOT_ID_INVALID;
	rv = sessions_on(state, slot, &open, &n);
	if (rv != CKR_OK)
		return rv;
	for (size_t i = 0; i < n; i++) {
		if (mark_gone(open[i]))
			(void)f->C_CloseSession(open[i]->down);
		session_remove(state, open[i]);
		session_unref(open[i]);
	}
	free(open);
	return device_is_shared(d) ? CKR_OK : f->C_CloseAllSessions(down_slot);
}

/* What was known of its objects: no handle is good any more. */
static void
slot_forget(struct device *d, CK_SLOT_ID slot)
{
	object_forget(d, slot);
	guard_forget(d);
	note_drop_slot(d, slot);
	expect_forget(&d->expect);
	store_forget(d->store);
}

void
session_logged_out(struct state *state, const struct session *session)
{
	struct session *s;
	size_t pos = 0;

	slot_forget(session->device, session->down_slot);
	if (rwlock_read(&state->lock) != CKR_OK)
		return;
	while ((s = table_next(&state->sessions, &pos, NULL)) != NULL)
		if (s->slot == session->slot)
			atomic_store(&s->logged_out, true);
	rwlock_give(&state->lock);
}

/* Some of a device's, taken out of the table with its references. */
static size_t
sessions_take(struct state *state, const struct device *d,
    struct session *taken[], size_t max)
{
	CK_SESSION_HANDLE handle;
	struct session *s;
	size_t pos = 0, n = 0;

	if (rwlock_write(&state->lock) != CKR_OK)
		return 0;
	while (n < max &&
	    (s = table_next(&state->sessions, &pos, &handle)) != NULL) {
		if (s->device != d)
			continue;
		atomic_store(&s->gone, true);
		(void)table_remove(&state->sessions, handle);
		taken[n++] = s;
	}
	rwlock_give(&state->lock);
	return n;
}

void
session_drop_all(struct state *state, struct device *d)
{
	struct session *taken[32];
	size_t n;

	while ((n = sessions_take(state, d, taken, nitems(taken))) > 0) {
		for (size_t i = 0; i < n; i++) {
			slot_forget(d, taken[i]->down_slot);
			session_unref(taken[i]);
		}
	}
	/* Of keys that were used in sessions closed before. */
	guard_forget(d);
	expect_forget(&d->expect);
}

bool
session_shut(struct session *s)
{
	return mark_gone(s);
}

bool
session_is_idle(const struct session *s)
{
	return atomic_load(&s->refs) == 1;
}

void
session_end(struct session *s)
{
	struct downstream_scope before;

	before = downstream_enter(s->device, s->down_slot);
	(void)downstream_functions()->C_CloseSession(s->down);
	downstream_leave(before);
	session_unref(s);
}

CK_RV
session_find(struct state *state, CK_SESSION_HANDLE handle,
    struct session **ret)
{
	struct session *s;

	s = table_get(&state->sessions, handle);
	if (s == NULL || atomic_load_explicit(&s->gone, memory_order_acquire))
		return CKR_SESSION_HANDLE_INVALID;
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	*ret = s;
	return CKR_OK;
}

CK_RV
session_enter(struct session *s)
{
	CK_RV rv;

	rv = lock_take(&s->lock);
	if (rv != CKR_OK)
		return rv;
	if (atomic_load_explicit(&s->gone, memory_order_acquire)) {
		lock_give(&s->lock);
		return CKR_SESSION_HANDLE_INVALID;
	}
	if (atomic_load_explicit(&s->logged_out, memory_order_relaxed)) {
		atomic_store(&s->logged_out, false);
		forget(s);
	}
	return CKR_OK;
}
