/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include "common/log.h"
#include "module/device/devices.h"

/* Room for the devices, and who waits for them; there is none yet. */
static CK_RV
devices_new(size_t n, struct devices **ret)
{
	struct devices *all;
	CK_RV rv;

	all = calloc(1, sizeof(*all) + n * sizeof(struct device *));
	if (all == NULL)
		return CKR_HOST_MEMORY;
	rv = events_init(&all->events);
	if (rv != CKR_OK) {
		free(all);
		return rv;
	}
	atomic_init(&all->refs, 1);
	*ret = all;
	return CKR_OK;
}

/* Closed, each with its number. */
static CK_RV
devices_fill(struct devices *all, struct conf *c, const struct lock_ops *ops)
{
	CK_RV rv = CKR_OK;

	for (size_t i = 0; rv == CKR_OK && i < c->n_devices; i++) {
		rv = device_new(&c->devices[i], ops, &all->v[i]);
		if (rv != CKR_OK)
			break;
		all->n++;
		if (c->n_devices > 1)
			device_number(all->v[i], i);
	}
	return rv;
}

static CK_RV
devices_start(struct devices *all)
{
	CK_RV rv, first = CKR_OK;
	size_t open = 0;

	for (size_t i = 0; i < all->n; i++) {
		rv = device_open(all->v[i]);
		if (rv == CKR_OK) {
			open++;
			continue;
		}
		if (all->v[i]->conf.critical)
			return rv;
		if (first == CKR_OK)
			first = rv;
	}
	if (open == 0)
		return first;
	if (open < all->n)
		log_printf(LOG_ERROR, "device", "%zu of %zu devices are used",
		    open, all->n);
	return CKR_OK;
}

CK_RV
devices_open(struct conf *c, const struct lock_ops *ops, struct devices **ret)
{
	struct devices *all;
	CK_RV rv;

	rv = devices_new(c->n_devices, &all);
	if (rv != CKR_OK)
		return rv;
	rv = devices_fill(all, c, ops);
	conf_reset(c);
	if (rv == CKR_OK)
		rv = devices_start(all);
	if (rv != CKR_OK) {
		(void)devices_finalize(all);
		devices_unref(all);
		return rv;
	}
	*ret = all;
	return CKR_OK;
}

CK_RV
devices_finalize(struct devices *all)
{
	CK_RV rv, first = CKR_OK;

	events_end(&all->events);
	for (size_t i = 0; i < all->n; i++) {
		rv = device_finalize(all->v[i]);
		if (first == CKR_OK)
			first = rv;
	}
	return first;
}

void
devices_unref(struct devices *all)
{
	if (all == NULL || atomic_fetch_sub(&all->refs, 1) != 1)
		return;
	for (size_t i = 0; i < all->n; i++)
		device_unref(all->v[i]);
	events_destroy(&all->events);
	free(all);
}
