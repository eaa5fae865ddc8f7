/* SPDX-License-Identifier: BSD-3-Clause */
/* In the child: the library and the tokens, without logging in. */
#include "config.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "doctor.h"

#define MAX_SLOTS      256
#define MAX_INTERFACES 16

/* CK_INTERFACE of PKCS#11 3.0, which p11-kit 0.24 does not have. */
struct interface {
	char *name;
	void *functions;
	CK_FLAGS flags;
};

typedef CK_RV list_getter(CK_FUNCTION_LIST **ret);
typedef CK_RV interface_getter(struct interface *list, CK_ULONG *n);

static void *
symbol(void *library, const char *name)
{
	return library != NULL ? dlsym(library, name) : NULL;
}

static CK_FUNCTION_LIST *
functions_of(void *library)
{
	union {
		void *object;
		list_getter *function;
	} u = { .object = symbol(library, "C_GetFunctionList") };

	CK_FUNCTION_LIST *f = NULL;

	if (u.object == NULL || u.function(&f) != CKR_OK)
		return NULL;
	return f;
}

static CK_ULONG
interface_list(struct doctor_child *d, struct interface *list, CK_ULONG max)
{
	void *library = dlopen(d->plan->module, RTLD_NOW | RTLD_NOLOAD);

	union {
		void *object;
		interface_getter *function;
	} u = { .object = symbol(library, "C_GetInterfaceList") };

	CK_ULONG n = max;

	doctor_at(d, "C_GetInterfaceList");
	if (u.object == NULL || u.function(list, &n) != CKR_OK)
		return 0;
	return n < max ? n : max;
}

/* "PKCS 11 3.0", "PKCS 11 2.40", "Vendor ..." */
static json_t *
interfaces_of(struct doctor_child *d)
{
	struct interface list[MAX_INTERFACES];
	CK_ULONG n = interface_list(d, list, MAX_INTERFACES);
	json_t *a = json_array();

	for (CK_ULONG i = 0; i < n; i++) {
		const CK_VERSION *v = list[i].functions;

		if (v == NULL || list[i].name == NULL)
			continue;
		json_array_append_new(a,
		    json_sprintf("%s %u.%u", list[i].name, v->major, v->minor));
	}
	return a;
}

static const mdoc_interface *
vendor_interface(struct doctor_child *d)
{
	struct interface list[MAX_INTERFACES];
	CK_ULONG n = interface_list(d, list, MAX_INTERFACES);

	for (CK_ULONG i = 0; i < n; i++) {
		if (list[i].name != NULL &&
		    !strcmp(list[i].name, MDOC_INTERFACE))
			return list[i].functions;
	}
	return NULL;
}

static bool
load(struct doctor_child *d, const char *path, void **ret)
{
	doctor_at(d, "dlopen");
	*ret = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (*ret == NULL) {
		doctor_emit(d,
		    json_pack("{s:s,s:s,s:s}", "type", "failed", "function",
			"dlopen", "text", dlerror()));
		return false;
	}
	doctor_at(d, "C_GetFunctionList");
	d->f = functions_of(*ret);
	if (d->f == NULL)
		doctor_emit(d,
		    json_pack("{s:s,s:s,s:s}", "type", "failed", "function",
			"C_GetFunctionList", "text", "not a PKCS#11 module"));
	return d->f != NULL;
}

bool
doctor_start(struct doctor_child *d)
{
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };
	void *library;
	CK_RV rv;

	if (!load(d, d->plan->module, &library))
		return false;
	rv = DOCTOR_CALL(d, Initialize, &args);
	if (rv != CKR_OK) {
		doctor_emit_failure(d, json_pack("{s:s}", "type", "failed"),
		    rv);
		return false;
	}
	return true;
}

/* Blank-padded text of PKCS#11; what is not UTF-8 becomes "?". */
static json_t *
padded(const unsigned char *s, size_t n)
{
	char copy[65] = "";
	json_t *text;

	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\0'))
		n--;
	if (n >= sizeof copy)
		n = sizeof copy - 1;
	memcpy(copy, s, n);
	text = json_stringn(copy, n);
	for (size_t i = 0; text == NULL && i < n; i++) {
		if ((unsigned char)copy[i] < ' ' ||
		    (unsigned char)copy[i] > '~')
			copy[i] = '?';
	}
	return text != NULL ? text : json_stringn(copy, n);
}

static void
emit_library(struct doctor_child *d)
{
	CK_INFO info;
	CK_RV rv;

	memset(&info, 0, sizeof info);
	rv = DOCTOR_CALL(d, GetInfo, &info);
	if (rv != CKR_OK) {
		doctor_emit_failure(d, json_pack("{s:s}", "type", "failed"),
		    rv);
		return;
	}
	doctor_emit(d,
	    json_pack("{s:s,s:o,s:o,s:o,s:o,s:o}", "type", "library",
		"manufacturer",
		padded(info.manufacturerID, sizeof info.manufacturerID),
		"description",
		padded(info.libraryDescription, sizeof info.libraryDescription),
		"version",
		json_sprintf("%u.%u", info.libraryVersion.major,
		    info.libraryVersion.minor),
		"cryptoki",
		json_sprintf("%u.%u", info.cryptokiVersion.major,
		    info.cryptokiVersion.minor),
		"interfaces", interfaces_of(d)));
}

static json_t *
token_uri(const CK_TOKEN_INFO *info)
{
	P11KitUri *uri = p11_kit_uri_new();
	json_t *o = NULL;
	char *text = NULL;

	if (uri == NULL)
		return json_null();
	*p11_kit_uri_get_token_info(uri) = *info;
	if (p11_kit_uri_format(uri, P11_KIT_URI_FOR_TOKEN, &text) ==
	    P11_KIT_URI_OK)
		o = json_string(text);
	free(text);
	p11_kit_uri_free(uri);
	return o != NULL ? o : json_null();
}

static const struct {
	CK_FLAGS flag;
	const char *name;
} flags[] = {
	{ CKF_RNG, "rng" },
	{ CKF_WRITE_PROTECTED, "writeProtected" },
	{ CKF_LOGIN_REQUIRED, "loginRequired" },
	{ CKF_USER_PIN_INITIALIZED, "pinInitialized" },
	{ CKF_PROTECTED_AUTHENTICATION_PATH, "keypad" },
	{ CKF_TOKEN_INITIALIZED, "initialized" },
	{ CKF_USER_PIN_COUNT_LOW, "pinCountLow" },
	{ CKF_USER_PIN_FINAL_TRY, "pinFinalTry" },
	{ CKF_USER_PIN_LOCKED, "pinLocked" },
	{ CKF_USER_PIN_TO_BE_CHANGED, "pinToBeChanged" },
};

static json_t *
token_flags(CK_FLAGS f)
{
	json_t *o = json_object();

	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
		json_object_set_new(o, flags[i].name,
		    json_boolean((f & flags[i].flag) != 0));
	return o;
}

/* CK_UNAVAILABLE_INFORMATION and CK_EFFECTIVELY_INFINITE: null */
static json_t *
limit(CK_ULONG n)
{
	return n == CK_UNAVAILABLE_INFORMATION || n == CK_EFFECTIVELY_INFINITE
	    ? json_null()
	    : json_integer((json_int_t)n);
}

/* What p11-mdoc.so says of the device behind a slot; or null. */
static json_t *
device_text(const mdoc_interface *i, CK_SLOT_ID slot, CK_ULONG what)
{
	char text[1024];
	CK_ULONG n = sizeof text;

	if (i == NULL ||
	    i->device(slot, what, (CK_UTF8CHAR *)text, &n) != CKR_OK)
		return json_null();
	return json_stringn(text, n);
}

static json_t *
token_device(const mdoc_interface *i, CK_SLOT_ID slot)
{
	return json_pack("{s:o,s:o,s:o}", "name",
	    device_text(i, slot, MDOC_DEVICE_NAME), "module",
	    device_text(i, slot, MDOC_DEVICE_MODULE), "pkcs11",
	    device_text(i, slot, MDOC_DEVICE_PKCS11));
}

static json_t *
matching(const struct doctor_plan *plan, CK_TOKEN_INFO *info)
{
	json_t *a = json_array();

	for (size_t i = 0; i < plan->n_uris; i++) {
		if (p11_kit_uri_match_token_info(plan->uris[i], info))
			json_array_append_new(a, json_integer((json_int_t)i));
	}
	return a;
}

static void
emit_token(struct doctor_child *d, const mdoc_interface *i, CK_SLOT_ID slot)
{
	CK_ULONG mechanisms = 0;
	CK_TOKEN_INFO info;
	json_t *o;
	CK_RV rv;

	memset(&info, 0, sizeof info);
	rv = DOCTOR_CALL(d, GetTokenInfo, slot, &info);
	if (rv != CKR_OK) {
		doctor_emit_failure(d,
		    json_pack("{s:s,s:I}", "type", "slot", "slot",
			(json_int_t)slot),
		    rv);
		return;
	}
	if (DOCTOR_CALL(d, GetMechanismList, slot, NULL, &mechanisms) != CKR_OK)
		mechanisms = 0;
	o = json_pack("{s:s,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:I,s:o,s:o}", "type",
	    "token", "slot", (json_int_t)slot, "uri", token_uri(&info), "label",
	    padded(info.label, sizeof info.label), "manufacturer",
	    padded(info.manufacturerID, sizeof info.manufacturerID), "model",
	    padded(info.model, sizeof info.model), "serial",
	    padded(info.serialNumber, sizeof info.serialNumber), "flags",
	    token_flags(info.flags), "mechanisms", (json_int_t)mechanisms,
	    "maxSessions", limit(info.ulMaxSessionCount), "matches",
	    matching(d->plan, &info));
	json_object_set_new(o, "device", token_device(i, slot));
	doctor_emit(d, o);
}

void
doctor_survey(struct doctor_child *d)
{
	CK_SLOT_ID slots[MAX_SLOTS];
	const mdoc_interface *vendor;
	CK_ULONG n = MAX_SLOTS;
	CK_RV rv;

	if (!doctor_start(d))
		return;
	emit_library(d);
	vendor = vendor_interface(d);
	rv = DOCTOR_CALL(d, GetSlotList, CK_TRUE, slots, &n);
	if (rv != CKR_OK) {
		doctor_emit_failure(d, json_pack("{s:s}", "type", "failed"),
		    rv);
		n = 0;
	}
	/* A module may say what it likes. */
	for (CK_ULONG i = 0; i < n && i < MAX_SLOTS; i++)
		emit_token(d, vendor, slots[i]);
	rv = DOCTOR_CALL(d, Finalize, NULL);
	if (rv != CKR_OK)
		doctor_emit_failure(d, json_pack("{s:s}", "type", "finalize"),
		    rv);
}
