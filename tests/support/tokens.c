/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/tokens.h"
#include "vendor-ext/pkcs11-3.h"

#ifndef CKM_EC_EDWARDS_KEY_PAIR_GEN
#define CKM_EC_EDWARDS_KEY_PAIR_GEN 0x1055UL
#endif
#define EC_MONTGOMERY_KEY_PAIR_GEN 0x1056UL

bool
tokens_softhsm(struct token *ret)
{
	static struct softhsm s;
	struct token t;

	if (!softhsm_new(&s, "vendor-ext") || !softhsm_start(&s, "vendor-ext"))
		return false;
	t.f = s.f;
	t.slot = s.slot;
	if (softhsm_session(&s, &t.session) != CKR_OK) {
		softhsm_stop(&s);
		return false;
	}
	*ret = t;
	return true;
}

static void *
nss_load(void)
{
	static const char *const paths[] = {
		"/usr/lib/x86_64-linux-gnu/libsoftokn3.so",
		"/usr/lib/x86_64-linux-gnu/nss/libsoftokn3.so",
		"/usr/lib/aarch64-linux-gnu/libsoftokn3.so",
		"/usr/lib64/libsoftokn3.so",
	};

	for (size_t i = 0; i < nitems(paths); i++) {
		if (access(paths[i], R_OK) == 0)
			return dlopen(paths[i], RTLD_NOW | RTLD_LOCAL);
	}
	return NULL;
}

/* CK_C_INITIALIZE_ARGS as NSS declares it: a string before pReserved. */
struct nss_args {
	void *functions[4];
	CK_FLAGS flags;
	char *parameters;
	void *reserved;
};

bool
tokens_nss(struct token *ret)
{
	char parameters[] =
	    "configdir='' certPrefix='' keyPrefix='' secmod='' "
	    "flags=readOnly,noCertDB,noModDB,forceOpen,optimizeSpace";
	struct nss_args args = { .flags = CKF_OS_LOCKING_OK,
		.parameters = parameters };
	CK_C_GetFunctionList get = NULL;
	CK_SLOT_ID slots[8];
	CK_ULONG n = nitems(slots);
	struct token t;
	void *handle;

	handle = nss_load();
	if (handle != NULL)
		*(void **)&get = dlsym(handle, "C_GetFunctionList");
	if (get == NULL || get(&t.f) != CKR_OK) {
		fprintf(stderr, "# tokens: NSS softokn is not here\n");
		return false;
	}
	if (t.f->C_Initialize(&args) != CKR_OK)
		return false;
	/*
	 * The first slot is the one of its cryptographic services. It writes
	 * all its slots, however few there is room for.
	 */
	if (t.f->C_GetSlotList(CK_TRUE, slots, &n) != CKR_OK || n == 0)
		return false;
	t.slot = slots[0];
	if (tokens_session(&t, &t.session) != CKR_OK) {
		(void)t.f->C_Finalize(NULL);
		return false;
	}
	*ret = t;
	return true;
}

void
tokens_stop(struct token *t)
{
	(void)t->f->C_Finalize(NULL);
}

CK_RV
tokens_session(const struct token *t, CK_SESSION_HANDLE *ret)
{
	CK_TOKEN_INFO info;
	CK_FLAGS flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
	CK_RV rv;

	if ((rv = t->f->C_GetTokenInfo(t->slot, &info)) != CKR_OK)
		return rv;
	if ((info.flags & CKF_WRITE_PROTECTED) != 0)
		flags = CKF_SERIAL_SESSION;
	return t->f->C_OpenSession(t->slot, flags, NULL, NULL, ret);
}

CK_ULONG
tokens_count(const struct token *t)
{
	CK_OBJECT_HANDLE objects[256];
	CK_ULONG n;

	if (token_find(t, NULL, 0, objects, nitems(objects), &n) != CKR_OK)
		abort();
	return n;
}

CK_RV
tokens_generate(const struct token *t, const struct curve *c,
    CK_OBJECT_HANDLE *ret_private, CK_OBJECT_HANDLE *ret_public)
{
	static const CK_MECHANISM_TYPE types[] = {
		[CURVE_WEIERSTRASS] = CKM_EC_KEY_PAIR_GEN,
		[CURVE_EDWARDS] = CKM_EC_EDWARDS_KEY_PAIR_GEN,
		[CURVE_MONTGOMERY] = EC_MONTGOMERY_KEY_PAIR_GEN,
	};
	CK_MECHANISM m = { types[c->kind], NULL, 0 };
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_BBOOL signs = c->sig_len != 0, derives = c->kind != CURVE_EDWARDS;
	CK_ATTRIBUTE public_half[] = {
		{ CKA_EC_PARAMS, (void *)(uintptr_t)c->oid.ptr, c->oid.len },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_VERIFY, &signs, sizeof(signs) },
	};
	CK_ATTRIBUTE private_half[] = {
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_SENSITIVE, &yes, sizeof(yes) },
		{ CKA_EXTRACTABLE, &no, sizeof(no) },
		{ CKA_SIGN, &signs, sizeof(signs) },
		{ CKA_DERIVE, &derives, sizeof(derives) },
	};

	return t->f->C_GenerateKeyPair(t->session, &m, public_half,
	    nitems(public_half), private_half, nitems(private_half), ret_public,
	    ret_private);
}
