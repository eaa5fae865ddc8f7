/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * note: by which key path a key of the device was derived, which the device
 * cannot tell. A note goes with its object, with the session that the object
 * belongs to, and with a logout: no handle is trusted for longer.
 */
#ifndef MODULE_NOTE_H
#define MODULE_NOTE_H

#include <stdbool.h>

#include <p11-kit/pkcs11.h>

#include "common/util.h"

struct api_call;
struct device;

/* Of a device; the lock of its aliases guards them. */
struct notes {
	struct note *v;
	size_t n;
	size_t cap;
};

/* About an object of the caller's session. */
CK_RV note_add(const struct api_call *c, CK_OBJECT_HANDLE object,
    CK_ULONG path) NODISCARD;
/* false: there is none. */
bool note_find(const struct api_call *c, CK_OBJECT_HANDLE object,
    CK_ULONG *ret_path);
void note_drop(const struct api_call *c, CK_OBJECT_HANDLE object);
/* slot: the device's. session: ours, which is not given out again soon. */
void
note_drop_session(struct device *d, CK_SLOT_ID slot, CK_SESSION_HANDLE session);
void note_drop_slot(struct device *d, CK_SLOT_ID slot);
void note_free(struct notes *n);

#endif
