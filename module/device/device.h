/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * device: a downstream PKCS#11 module: loading, life cycle, and what its
 * section of p11-mdoc.conf says. Its functions are called through downstream.h.
 */
#ifndef MODULE_DEVICE_H
#define MODULE_DEVICE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "module/api/pkcs11-3.h"
#include "module/device/device-life.h"
#include "module/device/expect.h"
#include "module/guard/guard.h"
#include "module/object/note.h"
#include "module/object/object.h"
#include "module/state/conf.h"
#include "module/state/lock.h"

/* Slots share these locks where "lock = slot". */
#define DEVICE_LOCKS 16

struct store;

struct device {
	atomic_uint refs;
	struct conf_device conf;
	/* handle.h: of object handles; both 0 where it is the only device. */
	CK_ULONG prefix;
	CK_ULONG prefix_mask;
	/* CKR_OK: it is open. Else calls answer this and do not reach it. */
	_Atomic CK_RV closed;
	atomic_bool pin_refused;   /* login.c */
	void *library;             /* of dlopen() */
	CK_FUNCTION_LIST *f;       /* for downstream.c only */
	CK_FUNCTION_LIST_3_0 *f3;  /* for downstream-3.c; NULL: none */
	CK_FUNCTION_LIST_3_2 *f32; /* for downstream-3.c; NULL: none */
	bool managed;              /* p11-kit keeps its life cycle */
	bool initialised;          /* by us: ours to finalise */
	bool trace;                /* LOG_DEBUG is on */
	size_t n_locks;            /* of locks, for calls */
	size_t made;               /* of locks */
	const struct lock_ops *ops;
	struct lock locks[DEVICE_LOCKS + 1];
	struct object_aliases aliases; /* object.c; the last lock guards it */
	struct notes notes;            /* note.c; the same lock */
	struct expect expect;
	struct device_life life;
	struct guard guard;  /* guard.c */
	struct store *store; /* store.c; NULL: in the token */
	/* Tests only: what is not CKR_OK is returned instead of the call. */
	CK_RV (*fault)(const char *function);
};

/*
 * Closed: calls answer CKR_DEVICE_REMOVED. c is taken over (and reset) on
 * success. One reference. ops: for the locks, outlives the device.
 */
CK_RV device_new(struct conf_device *c, const struct lock_ops *ops,
    struct device **ret) NODISCARD;
/* It is one of several: gives it its prefix. */
void device_number(struct device *d, size_t index);
/*
 * Loads and initialises its module. If that fails, the log says why, and it
 * is closed as before. One thread at a time.
 */
CK_RV device_open(struct device *d) NODISCARD;
/* Ends it and opens it anew; nobody is in it. One thread at a time. */
CK_RV device_reopen(struct device *d) NODISCARD;
/*
 * Does the module that c names have this version of the interface "PKCS 11"?
 * Loads it, without initialising it.
 */
bool device_offers(const struct conf_device *c, CK_VERSION version);
/* For good: no call that comes now reaches it. */
void device_close(struct device *d);
/* Closes it; finalises the module, if that is ours to do. */
CK_RV device_finalize(struct device *d);

static inline bool
device_is_open(const struct device *d)
{
	return atomic_load_explicit(&d->closed, memory_order_acquire) == CKR_OK;
}

static inline struct lock *
device_alias_lock(struct device *d)
{
	return &d->locks[DEVICE_LOCKS];
}

/* Loaded directly, and initialised by somebody else in this process. */
static inline bool
device_is_shared(const struct device *d)
{
	return !d->managed && !d->initialised;
}

/*
 * Who is in the device has one, directly or by a session. Taken before it is
 * asked whether it is open: device-life.c closes it, and then counts.
 */
static inline void
device_ref(struct device *d)
{
	atomic_fetch_add(&d->refs, 1);
}

/* The last one unloads. NULL is fine. */
void device_unref(struct device *d);

#endif
