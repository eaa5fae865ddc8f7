/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * device-life: devices that are lost and come back. A device is lost when a
 * call about one of its slots fails as of a device that is not there, and
 * C_GetSlotList fails as well: a card that was pulled out is not a lost
 * device, and its codes are handed up as they are.
 *
 * A lost device is closed: calls answer CKR_DEVICE_REMOVED and do not reach
 * it, its sessions are no more. Once the last call in it has returned, it is
 * ended and initialised again, by one thread, for which nobody waits; if that
 * fails, again later. Other devices are not touched.
 */
#ifndef MODULE_DEVICE_LIFE_H
#define MODULE_DEVICE_LIFE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <p11-kit/pkcs11.h>

#include "common/util.h"

struct device;
struct state;

/* By the device's numbers, in memory of the owner. */
struct slots {
	CK_SLOT_ID *v;
	CK_ULONG n;
};

/* Part of a device. */
struct device_life {
	atomic_bool busy;        /* a thread is reviving it */
	atomic_uint failures;    /* to revive it, in a row */
	atomic_llong not_before; /* ms: when to try it again */
	/* slot-query.c: */
	atomic_int late;       /* answers that are waited for no more */
	pthread_mutex_t lock;  /* of: */
	struct slots known[2]; /* all slots; those with a token */
};

CK_RV device_life_init(struct device_life *life) NODISCARD;
void device_life_reset(struct device_life *life);

/*
 * A call about a slot answered rv; may it be made again? Yes, once the device
 * was lost and is back. Inside of the device's scope, with one reference to
 * it and outside of its sessions.
 */
bool device_life_again(struct state *s, struct device *d, CK_RV rv) NODISCARD;
/* The same for C_GetSlotList, which found n slots. */
bool device_life_list_again(struct state *s, struct device *d, CK_RV rv,
    CK_ULONG n) NODISCARD;

/*
 * What to say for a device that answers CKR_CRYPTOKI_NOT_INITIALIZED. Where
 * C_Finalize has ended it, the same. Else somebody else has, and an application
 * must not take it for a word about us: CKR_DEVICE_REMOVED.
 */
CK_RV device_life_answer(const struct device *d);

#endif
