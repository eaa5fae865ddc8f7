/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * slot-query: which slots a device has, asked in a way that one device cannot
 * keep the others waiting: what it said before is said again if it hangs. A
 * device that is lost is tried again.
 */
#ifndef MODULE_SLOT_QUERY_H
#define MODULE_SLOT_QUERY_H

#include "module/device/device.h"

struct slot_query;
struct state;

/*
 * NULL: out of memory. threads: whether the device may be asked in one. It may
 * be closed.
 */
struct slot_query *slot_query_start(struct state *s, struct device *d,
    CK_BBOOL present, bool threads) NODISCARD;
/*
 * Ends the query (NULL: CKR_HOST_MEMORY) with the device's answer, or with what
 * was known before. *ret is to be freed. A device that was closed and is has no
 * slots.
 */
CK_RV slot_query_end(struct slot_query *q, struct slots *ret) NODISCARD;

/* Does the device owe somebody an answer for longer than was waited for? */
bool slot_query_hangs(const struct device *d);

#endif
