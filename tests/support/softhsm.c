/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <dlfcn.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/blob.h"
#include "tests/support/softhsm.h"

#define MAX_FOLDERS 16
#define MAX_SLOTS   32

CK_UTF8CHAR softhsm_pin[] = SOFTHSM_PIN;
CK_UTF8CHAR softhsm_so_pin[] = SOFTHSM_SO_PIN;

/* What to remove at the end, and by whom: not by a child after fork. */
static char folders[MAX_FOLDERS][sizeof(((struct softhsm *)0)->folder)];
static size_t folder_count;
static pid_t owner;

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
remove_folders(void)
{
	if (getpid() != owner)
		return;
	while (folder_count > 0)
		(void)nftw(folders[--folder_count], remove_entry, 16,
		    FTW_DEPTH | FTW_PHYS);
}

static bool
complain(const char *what)
{
	fprintf(stderr, "# softhsm: %s\n", what);
	return false;
}

const char *
softhsm_module(void)
{
	static const char *const paths[] = {
		"/usr/lib/softhsm/libsofthsm2.so",
		"/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
		"/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
		"/usr/lib64/pkcs11/libsofthsm2.so",
		"/usr/lib64/softhsm/libsofthsm2.so",
		"/usr/local/lib/softhsm/libsofthsm2.so",
	};
	const char *named = getenv("P11_MDOC_SOFTHSM");

	if (named != NULL && named[0] != '\0')
		return access(named, R_OK) == 0 ? named : NULL;
	for (size_t i = 0; i < nitems(paths); i++) {
		if (access(paths[i], R_OK) == 0)
			return paths[i];
	}
	return NULL;
}

static bool
folder_make(struct softhsm *s)
{
	char path[sizeof(s->folder) + 32];
	const char *tmp = getenv("TMPDIR");
	FILE *f;

	if (tmp == NULL || strlen(tmp) > 32)
		tmp = "/tmp";
	if (folder_count == MAX_FOLDERS)
		return complain("too many folders");
	(void)snprintf(s->folder, sizeof(s->folder), "%s/p11-mdoc-XXXXXX", tmp);
	if (mkdtemp(s->folder) == NULL)
		return complain("no temporary folder");
	if (folder_count == 0) {
		owner = getpid();
		atexit(remove_folders);
	}
	memcpy(folders[folder_count++], s->folder, sizeof(s->folder));
	(void)snprintf(path, sizeof(path), "%s/tokens", s->folder);
	if (mkdir(path, 0700) != 0)
		return complain("cannot make the folder of the tokens");
	(void)snprintf(path, sizeof(path), "%s/softhsm2.conf", s->folder);
	if ((f = fopen(path, "we")) == NULL)
		return complain("cannot write softhsm2.conf");
	fprintf(f,
	    "directories.tokendir = %s/tokens\n"
	    "objectstore.backend = file\n"
	    "log.level = ERROR\n"
	    "slots.removable = false\n",
	    s->folder);
	if (fclose(f) != 0)
		return complain("cannot write softhsm2.conf");
	return setenv("SOFTHSM2_CONF", path, 1) == 0;
}

/* The library stays loaded: it does not survive being unloaded at exit. */
static bool
library_load(struct softhsm *s)
{
	CK_C_GetFunctionList get;
	void *handle;

	if ((s->module = softhsm_module()) == NULL)
		return complain("libsofthsm2.so is not here");
	handle = dlopen(s->module, RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL)
		return complain(dlerror());
	*(void **)&get = dlsym(handle, "C_GetFunctionList");
	if (get == NULL || get(&s->f) != CKR_OK)
		return complain("no function list");
	return true;
}

/* PKCS#11 pads with blanks and has no NUL. */
static void
label_pad(const char *label, CK_UTF8CHAR ret[32])
{
	memset(ret, ' ', 32);
	memcpy(ret, label, strnlen(label, 32));
}

/* The slot of the token of this label; NULL: of one without initialisation. */
static bool
slot_find(const struct softhsm *s, const char *label, CK_SLOT_ID *ret)
{
	CK_SLOT_ID slots[MAX_SLOTS];
	CK_ULONG count = MAX_SLOTS;
	CK_UTF8CHAR padded[32];
	CK_TOKEN_INFO info;
	bool found;

	if (s->f->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK)
		return complain("no list of slots");
	if (label != NULL)
		label_pad(label, padded);
	for (CK_ULONG i = 0; i < count; i++) {
		if (s->f->C_GetTokenInfo(slots[i], &info) != CKR_OK)
			continue;
		found = (info.flags & CKF_TOKEN_INITIALIZED) != 0;
		found = label == NULL
		    ? !found
		    : found && memcmp(info.label, padded, sizeof(padded)) == 0;
		if (found) {
			*ret = slots[i];
			return true;
		}
	}
	return complain("no such token");
}

static CK_RV
token_init(const struct softhsm *s, CK_SLOT_ID slot, const char *label)
{
	CK_UTF8CHAR padded[32];
	CK_SESSION_HANDLE session;
	CK_RV rv;

	label_pad(label, padded);
	rv =
	    s->f->C_InitToken(slot, softhsm_so_pin, SOFTHSM_SO_PIN_LEN, padded);
	if (rv != CKR_OK)
		return rv;
	rv = s->f->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION,
	    NULL, NULL, &session);
	if (rv != CKR_OK)
		return rv;
	rv = s->f->C_Login(session, CKU_SO, softhsm_so_pin, SOFTHSM_SO_PIN_LEN);
	if (rv == CKR_OK)
		rv = s->f->C_InitPIN(session, softhsm_pin, SOFTHSM_PIN_LEN);
	(void)s->f->C_CloseSession(session);
	return rv;
}

bool
softhsm_add(struct softhsm *s, const char *label)
{
	CK_SLOT_ID slot;
	bool good;

	if (s->f->C_Initialize(NULL) != CKR_OK)
		return complain("C_Initialize failed");
	good =
	    slot_find(s, NULL, &slot) && token_init(s, slot, label) == CKR_OK;
	(void)s->f->C_Finalize(NULL);
	return good || complain("the token could not be initialised");
}

bool
softhsm_new(struct softhsm *ret, const char *label)
{
	*ret = (struct softhsm){ 0 };
	return library_load(ret) && folder_make(ret) && softhsm_add(ret, label);
}

bool
softhsm_start(struct softhsm *s, const char *label)
{
	if (s->f->C_Initialize(NULL) != CKR_OK)
		return complain("C_Initialize failed");
	if (slot_find(s, label, &s->slot))
		return true;
	softhsm_stop(s);
	return false;
}

void
softhsm_stop(struct softhsm *s)
{
	if (s != NULL && s->f != NULL)
		(void)s->f->C_Finalize(NULL);
}

CK_RV
softhsm_session(const struct softhsm *s, CK_SESSION_HANDLE *ret)
{
	CK_SESSION_HANDLE session;
	CK_RV rv;

	rv = s->f->C_OpenSession(s->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION,
	    NULL, NULL, &session);
	if (rv != CKR_OK)
		return rv;
	rv = s->f->C_Login(session, CKU_USER, softhsm_pin, SOFTHSM_PIN_LEN);
	if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN) {
		(void)s->f->C_CloseSession(session);
		return rv;
	}
	*ret = session;
	return CKR_OK;
}

#define ATTRIBUTE(type, value)                  \
	{                                       \
		(type), &(value), sizeof(value) \
	}
#define ATTRIBUTE_BYTES(type, b)                            \
	{                                                   \
		(type), (void *)(uintptr_t)(b).ptr, (b).len \
	}

static struct bytes
or_default(struct bytes b, struct bytes otherwise)
{
	return b.len > 0 ? b : otherwise;
}

/* What is the same in both halves; private_d is NULL for the public one. */
static CK_RV
half_create(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session,
    const struct softhsm_key *key, bool is_private, CK_OBJECT_HANDLE *ret)
{
	static const uint8_t p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
		0x3d, 0x03, 0x01, 0x07 };
	struct bytes params =
	    or_default(key->params, bytes_of(p256, sizeof(p256)));
	struct bytes id = or_default(key->id, bytes_of("\x01", 1));
	struct bytes label = bytes_str(key->label != NULL ? key->label : "key");
	CK_OBJECT_CLASS class = is_private ? CKO_PRIVATE_KEY : CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BBOOL token = key->token, yes = CK_TRUE, no = CK_FALSE;
	CK_BBOOL hidden = is_private && !key->extractable;
	CK_BBOOL extractable = key->extractable;
	CK_ATTRIBUTE private_half[] = {
		ATTRIBUTE(CKA_CLASS, class),
		ATTRIBUTE(CKA_KEY_TYPE, type),
		ATTRIBUTE(CKA_TOKEN, token),
		ATTRIBUTE_BYTES(CKA_LABEL, label),
		ATTRIBUTE_BYTES(CKA_ID, id),
		ATTRIBUTE_BYTES(CKA_EC_PARAMS, params),
		ATTRIBUTE_BYTES(CKA_VALUE, key->d),
		ATTRIBUTE(CKA_PRIVATE, yes),
		ATTRIBUTE(CKA_SENSITIVE, hidden),
		ATTRIBUTE(CKA_EXTRACTABLE, extractable),
		ATTRIBUTE(CKA_SIGN, yes),
		ATTRIBUTE(CKA_DERIVE, yes),
	};
	/* CKA_EC_POINT is an OCTET STRING around the point. */
	uint8_t der[3 + 255];
	size_t head = key->point.len < 0x80 ? 2 : 3;
	struct bytes point = bytes_of(der, head + key->point.len);
	CK_ATTRIBUTE public_half[] = {
		ATTRIBUTE(CKA_CLASS, class),
		ATTRIBUTE(CKA_KEY_TYPE, type),
		ATTRIBUTE(CKA_TOKEN, token),
		ATTRIBUTE_BYTES(CKA_LABEL, label),
		ATTRIBUTE_BYTES(CKA_ID, id),
		ATTRIBUTE_BYTES(CKA_EC_PARAMS, params),
		ATTRIBUTE_BYTES(CKA_EC_POINT, point),
		ATTRIBUTE(CKA_PRIVATE, no),
		ATTRIBUTE(CKA_VERIFY, yes),
	};

	if (is_private)
		return f->C_CreateObject(session, private_half,
		    nitems(private_half), ret);
	if (key->point.len == 0 || key->point.len > 255)
		return CKR_ARGUMENTS_BAD;
	der[0] = 0x04;
	der[1] = 0x81;
	der[head - 1] = (uint8_t)key->point.len;
	memcpy(der + head, key->point.ptr, key->point.len);
	return f->C_CreateObject(session, public_half, nitems(public_half),
	    ret);
}

CK_RV
softhsm_import(CK_FUNCTION_LIST *f, CK_SESSION_HANDLE session,
    const struct softhsm_key *key, CK_OBJECT_HANDLE *ret_private,
    CK_OBJECT_HANDLE *ret_public)
{
	CK_OBJECT_HANDLE private_half, public_half = CK_INVALID_HANDLE;
	CK_RV rv;

	rv = half_create(f, session, key, true, &private_half);
	if (rv == CKR_OK && ret_public != NULL) {
		rv = half_create(f, session, key, false, &public_half);
		if (rv != CKR_OK)
			(void)f->C_DestroyObject(session, private_half);
	}
	if (rv != CKR_OK)
		return rv;
	if (ret_public != NULL)
		*ret_public = public_half;
	*ret_private = private_half;
	return CKR_OK;
}
