/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * event: C_WaitForSlotEvent. One device is asked as the application asks us.
 * Several cannot be waited for at once, so they are asked in turn, again and
 * again, without blocking; C_Finalize ends the pauses.
 */
#ifndef MODULE_EVENT_H
#define MODULE_EVENT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include <p11-kit/pkcs11.h>

#include "common/util.h"

struct devices;

struct events {
	pthread_mutex_t lock; /* never held while a device is asked */
	pthread_cond_t changed;
	bool ended;
	unsigned asking;    /* threads that ask the devices now */
	atomic_size_t next; /* the device to be asked first */
};

CK_RV events_init(struct events *e) NODISCARD;
void events_destroy(struct events *e);
/* For C_Finalize, before the devices end: wakes who waits. */
void events_end(struct events *e);

/* C_WaitForSlotEvent; no state is held. */
CK_RV event_wait(struct devices *all, CK_FLAGS flags, CK_SLOT_ID *ret,
    void *reserved) NODISCARD;

#endif
