/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "module/downstream.h"
#include "module/slot.h"

bool
slot_ours(const struct device *d, CK_SLOT_ID down, CK_SLOT_ID *ret)
{
	bool found = d->conf.slots == NULL;

	for (size_t i = 0; !found && i < d->conf.n_slots; i++)
		found = d->conf.slots[i] == down;
	if (found)
		*ret = down;
	return found;
}

CK_RV
slot_find(const struct state *s, CK_SLOT_ID slot, struct device **ret,
    CK_SLOT_ID *ret_down)
{
	CK_SLOT_ID same;

	if (!slot_ours(s->device, slot, &same))
		return CKR_SLOT_ID_INVALID;
	*ret = s->device;
	*ret_down = same;
	return CKR_OK;
}

/* All slots of the device; *ret is to be freed. */
static CK_RV
list_all(CK_BBOOL present, CK_SLOT_ID **ret, CK_ULONG *ret_n)
{
	CK_FUNCTION_LIST *f = downstream_functions();
	CK_SLOT_ID *all = NULL;
	CK_ULONG n;
	CK_RV rv;

	/* Slots may come between the two calls. */
	do {
		free(all);
		all = NULL;
		rv = f->C_GetSlotList(present, NULL, &n);
		if (rv != CKR_OK)
			break;
		all = calloc(n + 1, sizeof(*all));
		if (all == NULL)
			return CKR_HOST_MEMORY;
		rv = f->C_GetSlotList(present, all, &n);
	} while (rv == CKR_BUFFER_TOO_SMALL);
	if (rv != CKR_OK) {
		free(all);
		return rv;
	}
	*ret = all;
	*ret_n = n;
	return CKR_OK;
}

CK_RV
slot_list(const struct device *d, CK_BBOOL present, CK_SLOT_ID *list,
    CK_ULONG *n)
{
	CK_SLOT_ID *all;
	CK_ULONG n_all, kept = 0;
	CK_RV rv;

	/* All are shown: the device's answer is the answer. */
	if (d->conf.slots == NULL || n == NULL)
		return downstream_functions()->C_GetSlotList(present, list, n);
	rv = list_all(present, &all, &n_all);
	if (rv != CKR_OK)
		return rv;
	for (CK_ULONG i = 0; i < n_all; i++)
		if (slot_ours(d, all[i], &all[kept]))
			kept++;
	if (list != NULL && *n < kept)
		rv = CKR_BUFFER_TOO_SMALL;
	else if (list != NULL)
		memcpy(list, all, kept * sizeof(*all));
	*n = kept;
	free(all);
	return rv;
}

CK_RV
slot_wait(const struct device *d, CK_FLAGS flags, CK_SLOT_ID *ret,
    void *reserved)
{
	CK_RV rv;

	do {
		rv = downstream_functions()->C_WaitForSlotEvent(flags, ret,
		    reserved);
	} while (rv == CKR_OK && ret != NULL && !slot_ours(d, *ret, ret));
	return rv;
}
