/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * devices: all devices of p11-mdoc.conf, from one C_Initialize to its
 * C_Finalize. The order is that of the file, and the place of a device is what
 * the high byte of its handles says: one that could not be opened keeps it.
 */
#ifndef MODULE_DEVICES_H
#define MODULE_DEVICES_H

#include "module/device/device.h"
#include "module/device/event.h"
#include "module/state/conf.h"

struct devices {
	atomic_uint refs;
	struct events events;
	size_t n;
	struct device *v[];
};

/*
 * Opens all that c names, whose devices are taken over (and c is reset). A
 * device that cannot be opened is closed, and the others are used, unless it
 * is the only one, there is no other left, or it is critical: then the answer
 * is its own. One reference. ops: outlives the devices.
 */
CK_RV devices_open(struct conf *c, const struct lock_ops *ops,
    struct devices **ret) NODISCARD;
/* Wakes who waits for events and finalises the devices. */
CK_RV devices_finalize(struct devices *all);

static inline void
devices_ref(struct devices *all)
{
	atomic_fetch_add_explicit(&all->refs, 1, memory_order_relaxed);
}

/* NULL is fine. */
void devices_unref(struct devices *all);

#endif
