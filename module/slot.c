/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "module/downstream.h"
#include "module/handle.h"
#include "module/slot.h"

/* In memory of its owner. */
struct slots {
	CK_SLOT_ID *v;
	CK_ULONG n;
};

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

/* All slots of the device; ret->v is to be freed. */
static CK_RV
list_down(CK_BBOOL present, struct slots *ret)
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

static CK_RV
list_device(struct device *d, CK_BBOOL present, struct slots *ret)
{
	struct downstream_scope before;
	struct slots down;
	CK_RV rv;

	if (!device_is_open(d))
		return CKR_OK;
	before = downstream_enter(d, 0);
	rv = list_down(present, &down);
	downstream_leave(before);
	if (rv != CKR_OK)
		return rv;
	rv = slots_add(d, &down, ret);
	free(down.v);
	return rv;
}

/* One that cannot say what it has takes nothing from the others. */
static CK_RV
list_all(struct devices *all, CK_BBOOL present, struct slots *ret)
{
	CK_RV rv, first = CKR_OK;
	size_t failed = 0;

	for (size_t i = 0; i < all->n; i++) {
		rv = list_device(all->v[i], present, ret);
		if (rv == CKR_HOST_MEMORY)
			return rv;
		if (rv != CKR_OK && failed++ == 0)
			first = rv;
	}
	return failed < all->n ? CKR_OK : first;
}

/* All slots of the one device are shown: its answer is the answer. */
static CK_RV
list_one(struct device *d, CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *n)
{
	struct downstream_scope before = downstream_enter(d, 0);
	CK_RV rv;

	rv = downstream_functions()->C_GetSlotList(present, list, n);
	downstream_leave(before);
	return rv;
}

CK_RV
slot_list(struct devices *all, CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *n)
{
	struct slots slots = { NULL, 0 };
	CK_RV rv;

	if (all->n == 1 && (all->v[0]->conf.slots == NULL || n == NULL))
		return list_one(all->v[0], present, list, n);
	if (n == NULL)
		return CKR_ARGUMENTS_BAD;
	rv = list_all(all, present, &slots);
	if (rv == CKR_OK) {
		if (list != NULL && *n < slots.n)
			rv = CKR_BUFFER_TOO_SMALL;
		else if (list != NULL)
			memcpy(list, slots.v, slots.n * sizeof(*list));
		*n = slots.n;
	}
	free(slots.v);
	return rv;
}
