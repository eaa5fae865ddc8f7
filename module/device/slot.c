/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "module/device/downstream.h"
#include "module/device/handle.h"
#include "module/device/slot-query.h"
#include "module/device/slot.h"
#include "module/state/state.h"

static bool
is_shown(const struct device *d, CK_SLOT_ID down)
{
	bool found = d->conf.slots == NULL;

	for (size_t i = 0; !found && i < d->conf.n_slots; i++)
		found = d->conf.slots[i] == down;
	return found;
}

bool
slot_ours(const struct device *d, CK_SLOT_ID down, CK_SLOT_ID *ret)
{
	if (!is_shown(d, down))
		return false;
	/* Slot 0 is a slot like any other, unlike handle 0. */
	if ((down & d->prefix_mask) != 0)
		return handle_refuse(d, down) == CKR_OK;
	*ret = down | d->prefix;
	return true;
}

CK_RV
slot_find(const struct devices *all, CK_SLOT_ID slot, struct device **ret,
    CK_SLOT_ID *ret_down)
{
	size_t i = all->n > 1 ? HANDLE_INDEX(slot) : 0;
	struct device *d;
	CK_SLOT_ID down;

	if (i >= all->n)
		return CKR_SLOT_ID_INVALID;
	d = all->v[i];
	down = slot & ~d->prefix_mask;
	if (!is_shown(d, down))
		return CKR_SLOT_ID_INVALID;
	*ret = d;
	*ret_down = down;
	return CKR_OK;
}

/* Adds those that are shown to ret, by our numbers. */
static CK_RV
slots_add(const struct device *d, const struct slots *down, struct slots *ret)
{
	CK_SLOT_ID *more;

	more = reallocarray(ret->v, ret->n + down->n + 1, sizeof(*more));
	if (more == NULL)
		return CKR_HOST_MEMORY;
	ret->v = more;
	for (CK_ULONG i = 0; i < down->n; i++)
		if (slot_ours(d, down->v[i], &ret->v[ret->n]))
			ret->n++;
	return CKR_OK;
}

/* One that cannot say what it has takes nothing from the others. */
static CK_RV
list_all(struct state *s, struct devices *all, CK_BBOOL present,
    struct slots *ret)
{
	struct slot_query *q[CONF_MAX_DEVICES];
	bool threads = all->n > 1 && s->threads;
	CK_RV rv, first = CKR_OK;
	size_t failed = 0;

	/* All at once, so that those that hang are waited for together. */
	for (size_t i = 0; i < all->n; i++)
		q[i] = slot_query_start(s, all->v[i], present, threads);
	for (size_t i = 0; i < all->n; i++) {
		struct slots down = { NULL, 0 };

		rv = slot_query_end(q[i], &down);
		if (rv == CKR_OK)
			rv = slots_add(all->v[i], &down, ret);
		free(down.v);
		if (rv != CKR_OK && failed++ == 0)
			first = rv;
	}
	return failed < all->n ? CKR_OK : first;
}

/* All slots of the one device are shown: its answer is the answer. */
static CK_RV
list_one(struct state *s, struct device *d, CK_BBOOL present, CK_SLOT_ID *list,
    CK_ULONG *n)
{
	CK_ULONG room = n != NULL ? *n : 0;
	struct downstream_scope before;
	CK_RV rv;

	device_ref(d);
	before = downstream_enter(d, 0);
	for (;;) {
		rv = downstream_functions()->C_GetSlotList(present, list, n);
		if (n == NULL || !device_life_list_again(s, d, rv, *n))
			break;
		*n = room;
	}
	downstream_leave(before);
	device_unref(d);
	return rv;
}

CK_RV
slot_list(struct state *s, struct devices *all, CK_BBOOL present,
    CK_SLOT_ID *list, CK_ULONG *n)
{
	struct slots slots = { NULL, 0 };
	CK_RV rv;

	if (all->n == 1 && (all->v[0]->conf.slots == NULL || n == NULL))
		return list_one(s, all->v[0], present, list, n);
	if (n == NULL)
		return CKR_ARGUMENTS_BAD;
	rv = list_all(s, all, present, &slots);
	if (rv == CKR_OK) {
		if (list != NULL && *n < slots.n)
			rv = CKR_BUFFER_TOO_SMALL;
		else if (list != NULL && slots.n > 0)
			memcpy(list, slots.v, slots.n * sizeof(*list));
		*n = slots.n;
	}
	free(slots.v);
	return rv;
}
