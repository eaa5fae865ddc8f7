/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * In the child: one token. Every object is a session object, and the session
 * is one that cannot write wherever the token lets it make keys all the same.
 */
#include "config.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

#define MAX_OBJECTS  4096
#define TRY_SESSIONS 16

/* Slots carry the number of the device in the high byte, if there are some. */
#define SLOT_MASK ((~(CK_SLOT_ID)0) >> 8)

/* ---- login */

static const char *
login_text(CK_RV rv)
{
	switch (rv) {
	case CKR_PIN_INCORRECT:
		return "wrong PIN";
	case CKR_PIN_LOCKED:
		return "the PIN is locked; the security officer can set a new "
		       "one";
	case CKR_USER_PIN_NOT_INITIALIZED:
		return "no PIN was set yet; the security officer sets it";
	case CKR_PIN_EXPIRED:
		return "the PIN has to be changed first";
	default:
		return "the token refuses it";
	}
}

/* false: emitted; nothing more can be tried with this PIN. */
static bool
login(struct doctor_child *d)
{
	const struct doctor_plan *p = d->plan;
	CK_RV rv;

	if (!p->login)
		return true;
	rv = DOCTOR_CALL(d, Login, d->session, CKU_USER,
	    p->keypad ? NULL : (CK_UTF8CHAR *)(uintptr_t)p->pin.ptr,
	    p->keypad ? 0 : p->pin.len);
	d->logged_in = rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN;
	if (d->logged_in) {
		doctor_emit(d,
		    json_pack("{s:s,s:s}", "type", "login", "result", "ok"));
		return true;
	}
	doctor_emit_failure(d,
	    json_pack("{s:s,s:s,s:s}", "type", "login", "result", "failed",
		"text", login_text(rv)),
	    rv);
	return false;
}

/* ---- the object list, before and after */

static const char *
class_name(CK_OBJECT_CLASS class)
{
	static const char *const names[] = { [CKO_DATA] = "data",
		[CKO_CERTIFICATE] = "certificates",
		[CKO_PUBLIC_KEY] = "publicKeys",
		[CKO_PRIVATE_KEY] = "privateKeys",
		[CKO_SECRET_KEY] = "secretKeys" };

	if (class < sizeof names / sizeof names[0] && names[class] != NULL)
		return names[class];
	return "others";
}

static void
count_object(struct doctor_child *d, CK_OBJECT_HANDLE o, json_t *counts)
{
	CK_OBJECT_CLASS class = CKO_VENDOR_DEFINED;
	CK_ATTRIBUTE a = { CKA_CLASS, &class, sizeof class };
	const char *name;
	json_t *n;

	if (DOCTOR_CALL(d, GetAttributeValue, d->session, o, &a, 1) != CKR_OK)
		class = CKO_VENDOR_DEFINED;
	name = class_name(class);
	n = json_object_get(counts, name);
	json_object_set_new(counts, name,
	    json_integer(json_integer_value(n) + 1));
}

/* Objects of the token; those of sessions do not count. */
static void
emit_objects(struct doctor_child *d, const char *when)
{
	CK_OBJECT_HANDLE o[64];
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE a = { CKA_TOKEN, &yes, sizeof yes };
	json_t *counts;
	CK_ULONG n = 0, total = 0;
	CK_RV rv;

	if (!doctor_step(d))
		return;
	rv = DOCTOR_CALL(d, FindObjectsInit, d->session, &a, 1);
	counts = json_object();
	while (rv == CKR_OK && total < MAX_OBJECTS) {
		rv = DOCTOR_CALL(d, FindObjects, d->session, o,
		    sizeof o / sizeof o[0], &n);
		if (rv != CKR_OK || n == 0)
			break;
		if (n > sizeof o / sizeof o[0])
			n = sizeof o / sizeof o[0];
		for (CK_ULONG i = 0; i < n; i++)
			count_object(d, o[i], counts);
		total += n;
	}
	(void)DOCTOR_CALL(d, FindObjectsFinal, d->session);
	if (rv != CKR_OK) {
		json_decref(counts);
		doctor_emit_failure(d,
		    json_pack("{s:s,s:s}", "type", "objects", "when", when),
		    rv);
		return;
	}
	doctor_emit(d,
	    json_pack("{s:s,s:s,s:I,s:o}", "type", "objects", "when", when,
		"total", (json_int_t)total, "counts", counts));
}

/* ---- small things */

static void
probe_random(struct doctor_child *d)
{
	static const unsigned char zero[32];
	unsigned char a[32] = { 0 }, b[32] = { 0 };
	const char *wrong = NULL;
	CK_RV rv;

	if (!doctor_step(d))
		return;
	rv = DOCTOR_CALL(d, GenerateRandom, d->session, a, sizeof a);
	if (rv == CKR_OK)
		rv = DOCTOR_CALL(d, GenerateRandom, d->session, b, sizeof b);
	if (rv != CKR_OK) {
		doctor_emit_failure(d,
		    json_pack("{s:s,s:s}", "type", "random", "result", "no"),
		    rv);
		return;
	}
	if (!memcmp(a, zero, sizeof a) || !memcmp(b, zero, sizeof b))
		wrong = "all zeros";
	else if (!memcmp(a, b, sizeof a))
		wrong = "twice the same";
	if (wrong != NULL)
		doctor_emit(d,
		    json_pack("{s:s,s:s,s:s}", "type", "random", "result", "no",
			"text", wrong));
	else
		doctor_emit(d,
		    json_pack("{s:s,s:s}", "type", "random", "result", "yes"));
}

static void
probe_sessions(struct doctor_child *d)
{
	CK_SESSION_HANDLE s[TRY_SESSIONS];
	CK_RV rv = CKR_OK;
	json_t *o;
	int n = 0;

	if (!doctor_step(d))
		return;
	while (n < TRY_SESSIONS) {
		rv = DOCTOR_CALL(d, OpenSession, d->plan->slot,
		    CKF_SERIAL_SESSION, NULL, NULL, &s[n]);
		if (rv != CKR_OK)
			break;
		n++;
	}
	o = json_pack("{s:s,s:i,s:b}", "type", "sessions", "opened", n,
	    "limited", n < TRY_SESSIONS);
	if (rv != CKR_OK)
		doctor_emit_failure(d, o, rv);
	else
		doctor_emit(d, o);
	while (n > 0)
		(void)DOCTOR_CALL(d, CloseSession, s[--n]);
}

/* ---- the device itself, for the causes */

/*
 * The module below is in this process already, and initialised: its functions
 * tell why p11-mdoc.so takes the path it takes. Only if it is the same token.
 */
static void
find_device(struct doctor_child *d)
{
	union {
		void *object;
		CK_RV (*function)(CK_FUNCTION_LIST **);
	} get = { NULL };

	CK_SLOT_ID slot =
	    d->plan->several ? d->plan->slot & SLOT_MASK : d->plan->slot;
	CK_TOKEN_INFO ours, theirs;
	CK_FUNCTION_LIST *f = NULL;
	void *library;

	if (d->plan->device == NULL)
		return;
	library = dlopen(d->plan->device, RTLD_NOW | RTLD_NOLOAD);
	if (library != NULL)
		get.object = dlsym(library, "C_GetFunctionList");
	if (get.object == NULL || get.function(&f) != CKR_OK || f == NULL)
		return;
	doctor_at(d, "C_GetTokenInfo");
	if (f->C_GetTokenInfo(slot, &theirs) != CKR_OK ||
	    DOCTOR_CALL(d, GetTokenInfo, d->plan->slot, &ours) != CKR_OK ||
	    memcmp(ours.serialNumber, theirs.serialNumber,
		sizeof ours.serialNumber) != 0 ||
	    memcmp(ours.label, theirs.label, sizeof ours.label) != 0)
		return;
	d->device = f;
	d->device_slot = slot;
}

static bool
open_session(struct doctor_child *d)
{
	CK_RV rv;

	rv = DOCTOR_CALL(d, OpenSession, d->plan->slot, CKF_SERIAL_SESSION,
	    NULL, NULL, &d->session);
	if (rv == CKR_OK)
		return true;
	doctor_emit_failure(d, json_pack("{s:s}", "type", "failed"), rv);
	return false;
}

void
doctor_probe(struct doctor_child *d)
{
	if (!doctor_start(d) || !open_session(d) || !login(d))
		return;
	find_device(d);
	emit_objects(d, "before");
	probe_random(d);
	probe_sessions(d);
	doctor_probe_curves(d);
	doctor_probe_keys(d);
	doctor_probe_paths(d);
	emit_objects(d, "after");
	(void)DOCTOR_CALL(d, CloseSession, d->session);
	(void)DOCTOR_CALL(d, Finalize, NULL);
}
