/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "module/api/api.h"
#include "module/session/mech.h"
#include "vendor-ext/mechanism.h"

/* Room for more mechanisms than there are. */
#define MAX_OURS 32

/* The device's own list; *ret is to be freed. */
static CK_RV
list_down(const struct api_call *c, CK_MECHANISM_TYPE **ret, CK_ULONG *ret_n)
{
	CK_MECHANISM_TYPE *all = NULL;
	CK_ULONG n;
	CK_RV rv;

	do {
		free(all);
		all = NULL;
		rv = c->f->C_GetMechanismList(c->slot, NULL, &n);
		if (rv != CKR_OK)
			break;
		all = calloc(n + MAX_OURS, sizeof(*all));
		if (all == NULL)
			return CKR_HOST_MEMORY;
		rv = c->f->C_GetMechanismList(c->slot, all, &n);
	} while (rv == CKR_BUFFER_TOO_SMALL);
	if (rv != CKR_OK) {
		free(all);
		return rv;
	}
	*ret = all;
	*ret_n = n;
	return CKR_OK;
}

static bool
is_listed(const CK_MECHANISM_TYPE *list, CK_ULONG n, CK_MECHANISM_TYPE type)
{
	for (CK_ULONG i = 0; i < n; i++)
		if (list[i] == type)
			return true;
	return false;
}

/* Which of ours work on this slot? list has room for MAX_OURS more. */
static CK_ULONG
list_ours(const struct api_call *c, CK_MECHANISM_TYPE *list, CK_ULONG n)
{
	struct token t = { c->f, CK_INVALID_HANDLE, c->slot };
	const struct mechanism *m;
	CK_ULONG down = n;

	for (size_t i = 0; i < MAX_OURS; i++) {
		m = mechanism_at(i);
		if (m == NULL)
			break;
		if (!is_listed(list, down, mechanism_type(m)) &&
		    mechanism_works(m, &t))
			list[n++] = mechanism_type(m);
	}
	return n;
}

CK_RV
mech_list(struct api_call *c, CK_MECHANISM_TYPE *list, CK_ULONG *n)
{
	CK_MECHANISM_TYPE *all;
	CK_ULONG n_all;
	CK_RV rv;

	if (n == NULL)
		return c->f->C_GetMechanismList(c->slot, list, n);
	rv = list_down(c, &all, &n_all);
	if (rv != CKR_OK)
		return rv;
	n_all = list_ours(c, all, n_all);
	if (list != NULL && *n < n_all)
		rv = CKR_BUFFER_TOO_SMALL;
	else if (list != NULL)
		memcpy(list, all, n_all * sizeof(*all));
	*n = n_all;
	free(all);
	return rv;
}

CK_RV
mech_info(struct api_call *c, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
	struct token t = { c->f, CK_INVALID_HANDLE, c->slot };
	const struct mechanism *m = mechanism_find(type);
	CK_RV rv;

	rv = c->f->C_GetMechanismInfo(c->slot, type, info);
	if (m == NULL || info == NULL)
		return rv;
	if (rv == CKR_OK) {
		mechanism_widen(m, c->device->conf.weakest, info);
	} else if (rv == CKR_MECHANISM_INVALID && mechanism_works(m, &t)) {
		mechanism_info(m, &t, info);
		rv = CKR_OK;
	}
	return rv;
}
