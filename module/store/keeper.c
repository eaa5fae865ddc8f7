/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <sys/random.h>

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "module/device/downstream.h"
#include "module/store/keeper.h"

CK_RV
keeper_may_write(const struct store_call *c)
{
	CK_SESSION_INFO info;
	CK_RV rv;

	rv = downstream_functions()->C_GetSessionInfo(c->session, &info);
	if (rv != CKR_OK)
		return rv;
	if (!(info.flags & CKF_RW_SESSION))
		return CKR_SESSION_READ_ONLY;
	return info.state == CKS_RW_USER_FUNCTIONS ? CKR_OK
						   : CKR_USER_NOT_LOGGED_IN;
}

/*
 * A session of our own: the caller's may have something going on. As the
 * caller's: an SO's login forbids sessions only to read.
 */
static CK_RV
begin(const struct store_call *c, struct keeper *k)
{
	CK_SESSION_INFO info;
	CK_RV rv;

	rv = downstream_functions()->C_GetSessionInfo(c->session, &info);
	if (rv != CKR_OK)
		return rv;
	*k = (struct keeper){ .token = { .f = downstream_functions(),
				  .slot = c->slot },
		.seal.weakest = c->device->conf.weakest };
	k->hasher = hasher_new();
	if (k->hasher == NULL)
		return CKR_HOST_MEMORY;
	rv = k->token.f->C_OpenSession(c->slot,
	    CKF_SERIAL_SESSION | (info.flags & CKF_RW_SESSION), NULL, NULL,
	    &k->token.session);
	if (rv != CKR_OK)
		hasher_free(&k->hasher);
	return rv;
}

void
keeper_close(struct keeper *k)
{
	if (k->hasher == NULL)
		return;
	(void)k->token.f->C_CloseSession(k->token.session);
	hasher_free(&k->hasher);
	blob_reset(&k->point);
}

/* Takes a private key, if it is of use. */
static CK_RV
take(struct keeper *k, CK_OBJECT_HANDLE key)
{
	uint8_t digest[HASHER_MAX_LEN];
	struct bytes point;
	CK_RV rv;

	rv = token_key_curve(&k->token, key, &k->seal.curve);
	if (rv == CKR_OK && k->seal.curve->kind != CURVE_WEIERSTRASS)
		rv = CKR_KEY_TYPE_INCONSISTENT;
	blob_reset(&k->point);
	if (rv == CKR_OK)
		rv = token_key_public(&k->token, key, &k->point);
	if (rv != CKR_OK)
		return rv;
	point = blob_bytes(&k->point);
	if (!hasher_digest(k->hasher, HASH_SHA256, &point, 1, digest))
		return CKR_HOST_MEMORY;
	folder_name_make(digest, k->group);
	k->seal.key = key;
	k->seal.point = point;
	return CKR_OK;
}

/* The keys labelled ours, or those that can agree, whatever they are for. */
static CK_RV
candidates(const struct keeper *k, bool ours, CK_OBJECT_HANDLE **ret,
    CK_ULONG *ret_n)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BBOOL yes = CK_TRUE;
	char label[] = STORE_LABEL;
	CK_ATTRIBUTE t[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_DERIVE, &yes, sizeof(yes) },
		{ CKA_LABEL, label, sizeof(label) - 1 },
	};

	return token_find_all(&k->token, t, nitems(t) - (ours ? 0 : 1), ret,
	    ret_n);
}

/* The first that is of use, and (unless it is NULL) whose group this is. */
static CK_RV
find(struct keeper *k, bool ours, const char *group, CK_ULONG *ret_n)
{
	CK_OBJECT_HANDLE *keys = NULL;
	CK_ULONG n = 0;
	CK_RV rv;

	rv = candidates(k, ours, &keys, &n);
	if (rv != CKR_OK)
		return rv;
	*ret_n = n;
	rv = CKR_OBJECT_HANDLE_INVALID;
	for (CK_ULONG i = 0; i < n && rv == CKR_OBJECT_HANDLE_INVALID; i++)
		if (take(k, keys[i]) == CKR_OK &&
		    (group == NULL || !strcmp(k->group, group)))
			rv = CKR_OK;
	free(keys);
	return rv;
}

CK_RV
keeper_open(const struct store_call *c, const char *group, struct keeper *ret)
{
	CK_ULONG n = 0;
	CK_RV rv;

	rv = begin(c, ret);
	if (rv != CKR_OK)
		return rv;
	rv = find(ret, true, group, &n);
	/* A token that has one of ours uses no other. */
	if (rv == CKR_OBJECT_HANDLE_INVALID && n == 0)
		rv = find(ret, false, group, &n);
	if (rv != CKR_OK)
		keeper_close(ret);
	return rv;
}

static CK_RV
generate(struct keeper *k)
{
	CK_BYTE p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
	CK_MECHANISM m = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	char label[] = STORE_LABEL;
	CK_BYTE id[16];
	CK_ATTRIBUTE public_half[] = {
		{ CKA_EC_PARAMS, p256, sizeof(p256) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_LABEL, label, sizeof(label) - 1 },
		{ CKA_ID, id, sizeof(id) },
	};
	CK_ATTRIBUTE private_half[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_SENSITIVE, &yes, sizeof(yes) },
		{ CKA_EXTRACTABLE, &no, sizeof(no) },
		{ CKA_DERIVE, &yes, sizeof(yes) },
		{ CKA_SIGN, &no, sizeof(no) },
		{ CKA_LABEL, label, sizeof(label) - 1 },
		{ CKA_ID, id, sizeof(id) },
	};
	CK_OBJECT_HANDLE pub, priv;
	CK_RV rv;

	if (getrandom(id, sizeof(id), 0) != sizeof(id))
		return CKR_FUNCTION_FAILED;
	rv = k->token.f->C_GenerateKeyPair(k->token.session, &m, public_half,
	    nitems(public_half), private_half, nitems(private_half), &pub,
	    &priv);
	return rv == CKR_OK ? take(k, priv) : rv;
}

CK_RV
keeper_make(const struct store_call *c, struct keeper *ret)
{
	CK_ULONG n = 0;
	CK_RV rv, made;

	rv = keeper_may_write(c);
	if (rv == CKR_OK)
		rv = begin(c, ret);
	if (rv != CKR_OK)
		return rv;
	rv = find(ret, true, NULL, &n);
	if (rv != CKR_OBJECT_HANDLE_INVALID)
		goto out;
	made = generate(ret);
	rv = made;
	/* A card with keys of its own makes none. */
	if (rv != CKR_OK && find(ret, false, NULL, &n) == CKR_OK)
		rv = CKR_OK;
	if (rv != CKR_OK)
		log_printf(LOG_ERROR, "store",
		    "[device %s] no key to seal records with: %s",
		    c->device->conf.name, token_rv_name(made));
out:
	if (rv != CKR_OK)
		keeper_close(ret);
	return rv;
}
