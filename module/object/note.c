/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include "module/api/api.h"
#include "module/object/note.h"

struct note {
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session; /* ours */
	CK_OBJECT_HANDLE object;
	CK_ULONG path;
};

static struct note *
find(struct notes *n, CK_SLOT_ID slot, CK_OBJECT_HANDLE object)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->v[i].object == object && n->v[i].slot == slot)
			return &n->v[i];
	return NULL;
}

static bool
reserve(struct notes *n)
{
	size_t cap = n->cap == 0 ? 8 : 2 * n->cap;
	struct note *more;

	if (n->n < n->cap)
		return true;
	more = reallocarray(n->v, cap, sizeof(*more));
	if (more == NULL)
		return false;
	n->v = more;
	n->cap = cap;
	return true;
}

CK_RV
note_add(const struct api_call *c, CK_OBJECT_HANDLE object, CK_ULONG path)
{
	const struct note new = { c->slot, c->session->handle, object, path };
	struct notes *n = &c->device->notes;
	struct note *old;
	CK_RV rv;

	rv = lock_take(device_alias_lock(c->device));
	if (rv != CKR_OK)
		return rv;
	/* The device has given an old number to a new object. */
	old = find(n, c->slot, object);
	if (old != NULL)
		*old = new;
	else if (reserve(n))
		n->v[n->n++] = new;
	else
		rv = CKR_HOST_MEMORY;
	lock_give(device_alias_lock(c->device));
	return rv;
}

bool
note_find(const struct api_call *c, CK_OBJECT_HANDLE object, CK_ULONG *ret_path)
{
	const struct note *note;

	if (lock_take(device_alias_lock(c->device)) != CKR_OK)
		return false;
	note = find(&c->device->notes, c->slot, object);
	if (note != NULL)
		*ret_path = note->path;
	lock_give(device_alias_lock(c->device));
	return note != NULL;
}

void
note_drop(const struct api_call *c, CK_OBJECT_HANDLE object)
{
	struct notes *n = &c->device->notes;
	struct note *note;

	if (lock_take(device_alias_lock(c->device)) != CKR_OK)
		return;
	note = find(n, c->slot, object);
	if (note != NULL)
		*note = n->v[--n->n];
	lock_give(device_alias_lock(c->device));
}

/* Those on a slot, or of one session only. */
static void
drop_all(struct device *d, CK_SLOT_ID slot, const CK_SESSION_HANDLE *session)
{
	struct notes *n = &d->notes;

	if (lock_take(device_alias_lock(d)) != CKR_OK)
		return;
	for (size_t i = n->n; i > 0; i--)
		if (n->v[i - 1].slot == slot &&
		    (session == NULL || n->v[i - 1].session == *session))
			n->v[i - 1] = n->v[--n->n];
	lock_give(device_alias_lock(d));
}

void
note_drop_session(struct device *d, CK_SLOT_ID slot, CK_SESSION_HANDLE session)
{
	drop_all(d, slot, &session);
}

void
note_drop_slot(struct device *d, CK_SLOT_ID slot)
{
	drop_all(d, slot, NULL);
}

void
note_free(struct notes *n)
{
	free(n->v);
	*n = (struct notes){ NULL, 0, 0 };
}
