/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "module/api/api.h"
#include "module/device/slot.h"

/* The state's lock is given back: no call holds it while a device works. */
static void
entered(struct api_call *c, struct device *d, CK_SLOT_ID slot)
{
	rwlock_give(&c->state->lock);
	c->device = d;
	c->slot = slot;
	c->f = downstream_functions();
	c->before = downstream_enter(d, slot);
}

CK_RV
api_enter(struct api_call *c)
{
	CK_RV rv;

	c->state = NULL;
	c->devices = NULL;
	c->session = NULL;
	rv = state_read(&c->state);
	if (rv != CKR_OK)
		return rv;
	c->devices = c->state->devices;
	devices_ref(c->devices);
	entered(c, NULL, 0);
	return CKR_OK;
}

CK_RV
api_enter_slot(struct api_call *c, CK_SLOT_ID slot)
{
	struct device *d;
	CK_SLOT_ID down;
	CK_RV rv;

	c->state = NULL;
	c->devices = NULL;
	c->session = NULL;
	rv = state_read(&c->state);
	if (rv != CKR_OK)
		return rv;
	rv = slot_find(c->state->devices, slot, &d, &down);
	if (rv != CKR_OK) {
		rwlock_give(&c->state->lock);
		c->state = NULL;
		return rv;
	}
	device_ref(d);
	entered(c, d, down);
	return CKR_OK;
}

CK_RV
api_enter_session(struct api_call *c, CK_SESSION_HANDLE h)
{
	struct session *s;
	CK_RV rv;

	c->state = NULL;
	c->devices = NULL;
	c->session = NULL;
	rv = state_read(&c->state);
	if (rv != CKR_OK)
		return rv;
	rv = session_find(c->state, h, &s);
	if (rv != CKR_OK) {
		rwlock_give(&c->state->lock);
		c->state = NULL;
		return rv;
	}
	entered(c, s->device, s->down_slot);
	c->session = s;
	rv = session_enter(s);
	if (rv != CKR_OK) {
		downstream_leave(c->before);
		session_unref(s);
		c->state = NULL;
		return rv;
	}
	c->down = s->down;
	return CKR_OK;
}

CK_RV
api_leave(struct api_call *c, CK_RV rv)
{
	if (c->state == NULL)
		return rv;
	downstream_leave(c->before);
	if (c->session == NULL) {
		device_unref(c->device);
		devices_unref(c->devices);
		return rv;
	}
	/* Its handle may soon denote another session of the device. */
	if (rv == CKR_SESSION_HANDLE_INVALID)
		session_remove(c->state, c->session);
	lock_give(&c->session->lock);
	session_unref(c->session);
	return rv;
}
