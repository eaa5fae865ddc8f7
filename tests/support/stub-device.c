/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/race.h"
#include "common/util.h"
#include "tests/support/stub-device.h"

#define EXPORT       __attribute__((visibility("default")))
#define MAX_SESSIONS 256

EXPORT struct stub stub;

struct entry {
	bool open;
	CK_SLOT_ID slot;
	void *app;
	CK_NOTIFY notify;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;
static bool running;
/* Handle h is entry h - 1: handles are given out again at once. */
static struct entry entries[MAX_SESSIONS];

static void
most_note(atomic_uint *most, unsigned now)
{
	unsigned old = atomic_load(most);

	while (old < now && !atomic_compare_exchange_weak(most, &old, now))
		;
}

static void
call_begin(CK_SLOT_ID slot)
{
	atomic_fetch_add(&stub.calls, 1);
	most_note(&stub.most, atomic_fetch_add(&stub.inside, 1) + 1);
	most_note(&stub.most_of,
	    atomic_fetch_add(&stub.inside_of[slot], 1) + 1);
	if (stub.work)
		nanosleep(&(struct timespec){ 0, 200000 }, NULL);
}

static CK_RV
call_end(CK_SLOT_ID slot, CK_RV rv)
{
	atomic_fetch_sub(&stub.inside_of[slot], 1);
	atomic_fetch_sub(&stub.inside, 1);
	return rv;
}

static void
hang_while(atomic_bool *hang)
{
	atomic_fetch_add(&stub.hanging, 1);
	while (atomic_load(hang))
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	atomic_fetch_sub(&stub.hanging, 1);
}

/* Does it answer nothing but one code? */
static bool
is_lost(CK_RV *ret)
{
	CK_RV rv = atomic_load(&stub.lost);

	if (rv != CKR_OK)
		*ret = rv;
	return rv != CKR_OK;
}

static CK_RV
stub_initialize(void *p)
{
	const CK_C_INITIALIZE_ARGS *args = p;

	if (stub.cannot_lock && args != NULL &&
	    (args->flags & CKF_OS_LOCKING_OK))
		return CKR_CANT_LOCK;
	if (stub.initialize != CKR_OK)
		return stub.initialize;
	if (running)
		return CKR_CRYPTOKI_ALREADY_INITIALIZED;
	if (args != NULL && args->pReserved != NULL)
		(void)snprintf(stub.init_args, sizeof(stub.init_args), "%s",
		    (const char *)args->pReserved);
	if (atomic_load(&stub.comes_back)) {
		atomic_store(&stub.lost, CKR_OK);
		atomic_store(&stub.empty, false);
	}
	running = true;
	atomic_fetch_add(&stub.initialized, 1);
	return CKR_OK;
}

static CK_RV
stub_finalize(void *reserved)
{
	(void)reserved;
	hang_while(&stub.hang_end);
	pthread_mutex_lock(&lock);
	running = false;
	memset(entries, 0, sizeof(entries));
	atomic_store(&stub.sessions, 0);
	pthread_cond_broadcast(&ended);
	pthread_mutex_unlock(&lock);
	atomic_fetch_add(&stub.finalized, 1);
	RACE_GIVE(&stub);
	return CKR_OK;
}

static CK_RV
stub_info(CK_INFO *info)
{
	memset(info, ' ', sizeof(*info));
	info->cryptokiVersion = (CK_VERSION){ 2, 20 };
	memcpy(info->manufacturerID, "stub", 4);
	info->flags = 0;
	return CKR_OK;
}

static CK_RV
stub_slots(CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *n)
{
	CK_RV rv = atomic_load(&stub.list_answer);

	(void)present;
	hang_while(&stub.hang_list);
	if (is_lost(&rv) || rv != CKR_OK)
		return rv;
	if (atomic_load(&stub.empty)) {
		*n = 0;
		return CKR_OK;
	}
	if (list != NULL && *n < STUB_SLOTS)
		rv = CKR_BUFFER_TOO_SMALL;
	for (CK_SLOT_ID i = 0; list != NULL && rv == CKR_OK && i < STUB_SLOTS;
	     i++)
		list[i] = stub.listed_from + i;
	*n = STUB_SLOTS;
	return rv;
}

static CK_RV
stub_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
	CK_RV rv = CKR_OK;

	if (is_lost(&rv))
		return rv;
	if (slot >= STUB_SLOTS)
		return CKR_SLOT_ID_INVALID;
	call_begin(slot);
	memset(info, ' ', sizeof(*info));
	info->flags = CKF_TOKEN_PRESENT;
	return call_end(slot, CKR_OK);
}

static CK_RV
stub_wait(CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved)
{
	CK_RV rv = CKR_OK;

	(void)reserved;
	if (is_lost(&rv))
		return rv;
	if (flags & CKF_DONT_BLOCK) {
		atomic_fetch_add(&stub.waits, 1);
		*slot = 1;
		return atomic_load(&stub.wait_answer);
	}
	pthread_mutex_lock(&lock);
	while (running)
		pthread_cond_wait(&ended, &lock);
	pthread_mutex_unlock(&lock);
	return CKR_CRYPTOKI_NOT_INITIALIZED;
}

static CK_RV
stub_open(CK_SLOT_ID slot, CK_FLAGS flags, void *app, CK_NOTIFY notify,
    CK_SESSION_HANDLE *ret)
{
	unsigned long max = atomic_load(&stub.max_sessions);
	CK_RV rv = CKR_SESSION_COUNT;

	(void)flags;
	if (is_lost(&rv))
		return rv;
	if (slot >= STUB_SLOTS)
		return CKR_SLOT_ID_INVALID;
	call_begin(slot);
	pthread_mutex_lock(&lock);
	for (size_t i = 0; rv != CKR_OK && i < nitems(entries); i++) {
		if (entries[i].open ||
		    (max > 0 && atomic_load(&stub.sessions) >= max))
			continue;
		entries[i] = (struct entry){ true, slot, app, notify };
		*ret = i + 1;
		stub.last = i + 1;
		atomic_fetch_add(&stub.sessions, 1);
		rv = CKR_OK;
	}
	pthread_mutex_unlock(&lock);
	return call_end(slot, rv);
}

/* A copy, so that the session may be closed meanwhile. */
static bool
entry_get(CK_SESSION_HANDLE s, struct entry *ret)
{
	bool found;

	pthread_mutex_lock(&lock);
	found = s > 0 && s <= nitems(entries) && entries[s - 1].open;
	if (found)
		*ret = entries[s - 1];
	pthread_mutex_unlock(&lock);
	return found;
}

/* At once: handles are given out again, to somebody else maybe. */
static CK_RV
entry_close(CK_SESSION_HANDLE s, CK_SLOT_ID slot, bool any_slot)
{
	struct entry *e = &entries[s - 1];
	bool open;

	pthread_mutex_lock(&lock);
	open = e->open && (any_slot || e->slot == slot);
	if (open) {
		e->open = false;
		atomic_fetch_sub(&stub.sessions, 1);
	}
	pthread_mutex_unlock(&lock);
	return open ? CKR_OK : CKR_SESSION_HANDLE_INVALID;
}

static CK_RV
stub_close(CK_SESSION_HANDLE s)
{
	CK_RV rv = atomic_load(&stub.close_answer);
	struct entry e;

	if (is_lost(&rv))
		return rv;
	if (!entry_get(s, &e))
		return CKR_SESSION_HANDLE_INVALID;
	return rv != CKR_OK ? rv : entry_close(s, 0, true);
}

static CK_RV
stub_close_all(CK_SLOT_ID slot)
{
	CK_RV rv = CKR_OK;

	if (is_lost(&rv))
		return rv;
	if (slot >= STUB_SLOTS)
		return CKR_SLOT_ID_INVALID;
	for (CK_SESSION_HANDLE s = 1; s <= nitems(entries); s++)
		(void)entry_close(s, slot, false);
	return CKR_OK;
}

static CK_RV
stub_session_info(CK_SESSION_HANDLE s, CK_SESSION_INFO *info)
{
	CK_RV rv = atomic_load(&stub.session_answer);
	struct entry e;

	hang_while(&stub.hang_session);
	if (is_lost(&rv))
		return rv;
	if (!entry_get(s, &e))
		return CKR_SESSION_HANDLE_INVALID;
	call_begin(e.slot);
	if (stub.notify && e.notify != NULL)
		rv = e.notify(s, CKN_SURRENDER, e.app);
	memset(info, 0, sizeof(*info));
	info->slotID = e.slot;
	return call_end(e.slot, rv);
}

static CK_FUNCTION_LIST functions = {
	.version = { 2, 20 },
	.C_Initialize = stub_initialize,
	.C_Finalize = stub_finalize,
	.C_GetInfo = stub_info,
	.C_GetFunctionList = C_GetFunctionList,
	.C_GetSlotList = stub_slots,
	.C_GetSlotInfo = stub_slot_info,
	.C_OpenSession = stub_open,
	.C_CloseSession = stub_close,
	.C_CloseAllSessions = stub_close_all,
	.C_GetSessionInfo = stub_session_info,
	.C_WaitForSlotEvent = stub_wait,
};

EXPORT CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **ret)
{
	*ret = &functions;
	return CKR_OK;
}
