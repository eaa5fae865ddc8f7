/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * state: the one state of the library. It belongs to the process that called
 * C_Initialize: after fork() the child has none, and what it inherited is
 * neither used nor freed, for other threads of the parent may have been
 * writing to it (and the devices' sessions are the parent's).
 */
#ifndef MODULE_STATE_H
#define MODULE_STATE_H

#include "common/table.h"
#include "module/device/devices.h"
#include "module/state/lock.h"

struct state {
	pthread_mutex_t life; /* C_Initialize and C_Finalize, one at a time */
	atomic_bool initialised;
	struct lock_ops ops;
	/*
	 * Guards what follows; never held while a device is called or a
	 * session's lock is taken.
	 */
	struct rwlock lock;
	struct devices *devices;
	bool threads;          /* we may make some */
	struct table sessions; /* of struct session */

	/* Which process this belongs to. */
	atomic_uint *mark;
	pid_t pid; /* 0: the mark tells */
	struct state *inherited;
};

/*
 * Locked for reading, initialised and of this process: otherwise
 * CKR_CRYPTOKI_NOT_INITIALIZED. Give back with rwlock_give(&s->lock).
 */
CK_RV state_read(struct state **ret) NODISCARD;

CK_RV state_initialize(const CK_C_INITIALIZE_ARGS *args) NODISCARD;
CK_RV state_finalize(void) NODISCARD;

#endif
