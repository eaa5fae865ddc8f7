/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session: our handles of the devices' sessions, and what we keep for one:
 * operations of the vendor mechanisms and searches for vendor objects.
 *
 * Life: the table holds one reference, every call in the session another, so
 * that closing a session under a running call is harmless. The lock is held
 * for the length of a call: calls in one session are made one at a time.
 */
#ifndef MODULE_SESSION_H
#define MODULE_SESSION_H

#include "common/table.h"
#include "module/device/device.h"
#include "module/object/find.h"
#include "module/session/operation.h"
#include "module/state/lock.h"

struct hasher;
struct state;

struct session {
	atomic_uint refs;
	atomic_bool gone;       /* closed, or the device says so */
	atomic_bool logged_out; /* since somebody last looked */
	struct lock lock;
	CK_SESSION_HANDLE handle;
	struct device *device;
	CK_SLOT_ID slot;      /* ours */
	CK_SLOT_ID down_slot; /* the device's */
	CK_SESSION_HANDLE down;
	CK_FLAGS flags; /* of C_OpenSession */
	void *app;
	CK_NOTIFY notify;
	struct operation operation[OPERATION_KINDS];
	/* Of what was begun in the device by C_SignRecoverInit, ... */
	CK_OBJECT_HANDLE recover_key;
	CK_OBJECT_HANDLE message_key; /* ... by C_MessageSignInit */
	struct find find;
	struct hasher *hasher; /* made when first needed */
};

struct session_request {
	struct device *device;
	CK_SLOT_ID slot;
	CK_SLOT_ID down_slot;
	CK_FLAGS flags;
	void *app;
	CK_NOTIFY notify;
};

/* Inside the device's scope; the state must not be held. */
CK_RV session_open(struct state *s, const struct session_request *r,
    CK_SESSION_HANDLE *ret) NODISCARD;
/* Closes an entered session. */
CK_RV session_close(struct state *s, struct session *session) NODISCARD;
/* Its handle is invalid from now on; a caller's reference stays good. */
void session_remove(struct state *state, struct session *s);
/* All sessions on a slot, inside the device's scope. */
CK_RV session_close_all(struct state *s, struct device *d, CK_SLOT_ID slot,
    CK_SLOT_ID down_slot) NODISCARD;
/* Handles of private objects have become invalid on this session's slot. */
void session_logged_out(struct state *s, const struct session *session);
/* A device's, without asking it: it has lost them. */
void session_drop_all(struct state *s, struct device *d);

/*
 * For C_Finalize, of sessions that are in no table any more, each with one
 * reference. Shut: no call begins in it now; false: somebody else has shut it.
 */
bool session_shut(struct session *s) NODISCARD;
/* Has the last call returned? */
bool session_is_idle(const struct session *s);
/* Closes it below, for a device may be another's too and not end now. */
void session_end(struct session *s);

/*
 * From handle to session, with a reference. s is held for reading.
 * CKR_SESSION_HANDLE_INVALID.
 */
CK_RV session_find(struct state *s, CK_SESSION_HANDLE handle,
    struct session **ret) NODISCARD;
void session_unref(struct session *s);
/* Takes the lock; CKR_SESSION_HANDLE_INVALID if it was closed meanwhile. */
CK_RV session_enter(struct session *s) NODISCARD;

#endif
