/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * down: the inside of downstream.c and downstream-3.c: what each of their
 * functions does before and after the device's own.
 */
#ifndef MODULE_DOWN_H
#define MODULE_DOWN_H

#include "common/log.h"
#include "module/device/downstream.h"
#include "module/device/handle.h"
#include "module/device/mechparam.h"
#include "vendor-ext/token.h"

extern __thread struct downstream_scope downstream_scope;

/* What a call needs from its beginning to its end. */
struct down {
	struct device *device;
	struct lock *lock; /* held, or NULL */
	const char *name;
};

/* Anything but CKR_OK: the call must not be made. */
static inline CK_RV
down_begin(struct down *c, const char *name)
{
	struct device *d = downstream_scope.device;
	CK_RV rv;

	c->device = d;
	c->lock = NULL;
	c->name = name;
	if (d == NULL)
		return CKR_GENERAL_ERROR;
	rv = atomic_load_explicit(&d->closed, memory_order_acquire);
	if (rv == CKR_OK && d->fault != NULL)
		rv = d->fault(name);
	if (rv == CKR_OK && d->n_locks > 0) {
		c->lock = &d->locks[downstream_scope.slot % d->n_locks];
		rv = lock_take(c->lock);
		if (rv != CKR_OK)
			c->lock = NULL;
	}
	return rv;
}

/* Where codes of devices that misbehave are mapped. */
static inline CK_RV
down_end(const struct down *c, CK_RV rv)
{
	if (rv == CKR_CRYPTOKI_NOT_INITIALIZED)
		rv = device_life_answer(c->device);
	if (c->lock != NULL)
		lock_give(c->lock);
	if (c->device != NULL && c->device->trace)
		log_printf(LOG_DEBUG, "downstream", "%s: %s: %s",
		    c->device->conf.name, c->name, token_rv_name(rv));
	return rv;
}

/* In args: a handle of an object as the device knows it. */
#define DOWN_OBJECT(h) handle_down(c.device, h)

/* n new handles; the application may have given no place for them. */
static inline CK_RV
down_objects(const struct down *c, CK_OBJECT_HANDLE *o, CK_ULONG n, CK_RV rv)
{
	if (c->device == NULL || c->device->prefix_mask == 0)
		return rv;
	for (CK_ULONG i = 0; rv == CKR_OK && o != NULL && i < n; i++)
		rv = handle_up(c->device, &o[i]);
	return rv;
}

/* A device may have no such list, or one with holes. */
#define DOWN_TRY(list, name, args)                                  \
	(c.device->list != NULL && c.device->list->C_##name != NULL \
		? c.device->list->C_##name args                     \
		: CKR_FUNCTION_NOT_SUPPORTED)

/*
 * down_NAME(), which calls C_NAME of the device's list f and answers result,
 * where rv is what the device answered and c is this call.
 */
#define DOWN_CALL(list, name, params, args, result)      \
	static CK_RV down_##name params                  \
	{                                                \
		struct down c;                           \
		CK_RV rv;                                \
                                                         \
		rv = down_begin(&c, "C_" #name);         \
		if (rv == CKR_OK)                        \
			rv = DOWN_TRY(list, name, args); \
		return down_end(&c, result);             \
	}

/* The same, with a mechanism m, which is DOWN_MECHANISM in args. */
#define DOWN_CALL_MECHANISM(list, name, params, args, result)    \
	static CK_RV down_##name params                          \
	{                                                        \
		struct mechparam mp;                             \
		struct down c;                                   \
		CK_RV rv;                                        \
                                                                 \
		rv = down_begin(&c, "C_" #name);                 \
		if (rv == CKR_OK) {                              \
			rv = mechparam_down(c.device, m, &mp);   \
			if (rv == CKR_OK)                        \
				rv = DOWN_TRY(list, name, args); \
			rv = mechparam_up(c.device, &mp, rv);    \
		}                                                \
		return down_end(&c, result);                     \
	}

#define DOWN_MECHANISM mp.m

#endif
