/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * api: what every entry point does first and last. An entry point is
 *
 *	rv = api_enter_session(&call, session);
 *	if (rv == CKR_OK)
 *		rv = ...;
 *	return api_leave(&call, rv);
 *
 * and the work is done elsewhere.
 */
#ifndef MODULE_API_H
#define MODULE_API_H

#include "module/device/downstream.h"
#include "module/session/session.h"
#include "module/state/state.h"

struct api_call {
	struct state *state;     /* NULL: entering failed */
	struct devices *devices; /* of api_enter(); else NULL */
	struct device *device;   /* of all others */
	struct session *session; /* locked; NULL outside of sessions */
	CK_FUNCTION_LIST *f;     /* reaches the device, until api_leave() */
	CK_SLOT_ID slot;         /* the device's number */
	CK_SESSION_HANDLE down;  /* the device's handle */
	struct downstream_scope before;
};

/* Functions about the library, or about all devices: none is reached by f. */
CK_RV api_enter(struct api_call *c) NODISCARD;
CK_RV api_enter_slot(struct api_call *c, CK_SLOT_ID slot) NODISCARD;
CK_RV api_enter_session(struct api_call *c, CK_SESSION_HANDLE h) NODISCARD;

/*
 * For calls about a slot: its device was lost and is back, so that the call,
 * which was answered with rv, may be made again.
 */
static inline NODISCARD bool
api_again(const struct api_call *c, CK_RV rv)
{
	return rv != CKR_OK && device_life_again(c->state, c->device, rv);
}

/* Undoes what entering did, also where that failed. Returns rv. */
CK_RV api_leave(struct api_call *c, CK_RV rv);

#endif
