/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/blob.h"
#include "module/api/cancel.h"
#include "module/device/downstream-3.h"
#include "module/session/inner.h"

/* Longest output that is waited for at first; more is asked for, to a limit. */
#define SCRATCH     512
#define MAX_SCRATCH ((size_t)16 << 20)

/* Any data, where some is needed that makes an operation fail. */
static CK_BYTE junk[1];

/*
 * What a device says when it is asked for the length of an output. An error
 * has ended the operation (5.2), or there was none.
 */
static CK_RV
asked(CK_RV rv)
{
	switch (rv) {
	case CKR_OK:
	case CKR_BUFFER_TOO_SMALL:
		return CKR_OPERATION_ACTIVE;
	case CKR_CRYPTOKI_NOT_INITIALIZED:
	case CKR_DEVICE_ERROR:
	case CKR_DEVICE_REMOVED:
	case CKR_SESSION_CLOSED:
	case CKR_SESSION_HANDLE_INVALID:
	case CKR_TOKEN_NOT_PRESENT:
		return rv;
	default:
		return CKR_OK;
	}
}

/* Calls a function that ends an operation, and forgets what it gives. */
static void
end_final(const struct api_call *c,
    CK_RV (*final)(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG *))
{
	struct blob out = BLOB_INIT;
	CK_ULONG len = SCRATCH;
	CK_RV rv;

	do {
		if (!blob_reserve(&out, len))
			break;
		rv = final(c->down, out.ptr, &len);
	} while (rv == CKR_BUFFER_TOO_SMALL && len > out.cap &&
	    len <= MAX_SCRATCH);
	blob_reset(&out);
}

/* The same for one that takes all data at once. */
static void
end_single(const struct api_call *c,
    CK_RV (*single)(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG, CK_BYTE *,
	CK_ULONG *))
{
	struct blob out = BLOB_INIT;
	CK_ULONG len = SCRATCH;
	CK_RV rv;

	do {
		if (!blob_reserve(&out, len))
			break;
		rv = single(c->down, junk, sizeof(junk), out.ptr, &len);
	} while (rv == CKR_BUFFER_TOO_SMALL && len > out.cap &&
	    len <= MAX_SCRATCH);
	blob_reset(&out);
}

/* ---- is such an operation running? CKR_OPERATION_ACTIVE, or CKR_OK */

static CK_RV
ask_encrypt(const struct api_call *c)
{
	CK_ULONG len = 0;
	CK_RV rv;

	rv = asked(c->f->C_EncryptFinal(c->down, NULL, &len));
	if (rv == CKR_OK)
		rv = asked(c->f->C_Encrypt(c->down, junk, sizeof(junk), NULL,
		    &len));
	return rv;
}

static CK_RV
ask_decrypt(const struct api_call *c)
{
	CK_ULONG len = 0;
	CK_RV rv;

	rv = asked(c->f->C_DecryptFinal(c->down, NULL, &len));
	if (rv == CKR_OK)
		rv = asked(c->f->C_Decrypt(c->down, junk, sizeof(junk), NULL,
		    &len));
	return rv;
}

static CK_RV
ask_digest(const struct api_call *c)
{
	CK_ULONG len = 0;

	return asked(c->f->C_DigestFinal(c->down, NULL, &len));
}

static CK_RV
ask_sign(const struct api_call *c)
{
	CK_ULONG len = 0;
	CK_RV rv;

	rv = asked(c->f->C_SignFinal(c->down, NULL, &len));
	if (rv == CKR_OK)
		rv = asked(c->f->C_Sign(c->down, junk, sizeof(junk), NULL,
		    &len));
	return rv;
}

static CK_RV
ask_sign_recover(const struct api_call *c)
{
	CK_ULONG len = 0;

	return asked(c->f->C_SignRecover(c->down, junk, sizeof(junk), NULL,
	    &len));
}

/* No length to ask for; no data are no harm. */
static CK_RV
ask_verify(const struct api_call *c)
{
	return asked(c->f->C_VerifyUpdate(c->down, junk, 0));
}

static CK_RV
ask_verify_recover(const struct api_call *c)
{
	CK_ULONG len = 0;

	return asked(c->f->C_VerifyRecover(c->down, junk, sizeof(junk), NULL,
	    &len));
}

/* ---- ending it */

static void
end_encrypt(const struct api_call *c)
{
	end_final(c, c->f->C_EncryptFinal);
	if (ask_encrypt(c) == CKR_OPERATION_ACTIVE)
		end_single(c, c->f->C_Encrypt);
}

static void
end_decrypt(const struct api_call *c)
{
	end_final(c, c->f->C_DecryptFinal);
	if (ask_decrypt(c) == CKR_OPERATION_ACTIVE)
		end_single(c, c->f->C_Decrypt);
}

static void
end_digest(const struct api_call *c)
{
	end_final(c, c->f->C_DigestFinal);
}

/* Mechanisms that take no data in parts end when they are given some. */
static void
end_sign(const struct api_call *c)
{
	(void)c->f->C_SignUpdate(c->down, junk, 0);
}

static void
end_verify(const struct api_call *c)
{
	(void)c->f->C_VerifyFinal(c->down, junk, sizeof(junk));
	(void)c->f->C_Verify(c->down, junk, sizeof(junk), junk, sizeof(junk));
}

static void
end_verify_recover(const struct api_call *c)
{
	end_single(c, c->f->C_VerifyRecover);
}

/* In this order, so that an answer of one is not asked of another. */
static const struct way {
	CK_FLAGS flag;
	CK_RV (*ask)(const struct api_call *c);
	void (*end)(const struct api_call *c); /* NULL: 2.40 has no way */
} ways[] = {
	{ CKF_ENCRYPT, ask_encrypt, end_encrypt },
	{ CKF_DECRYPT, ask_decrypt, end_decrypt },
	{ CKF_DIGEST, ask_digest, end_digest },
	{ CKF_SIGN, ask_sign, end_sign },
	{ CKF_SIGN_RECOVER, ask_sign_recover, NULL },
	{ CKF_VERIFY, ask_verify, end_verify },
	{ CKF_VERIFY_RECOVER, ask_verify_recover, end_verify_recover },
};

static CK_RV
way_go(const struct api_call *c, const struct way *w)
{
	CK_RV rv;

	rv = w->ask(c);
	if (rv == CKR_OPERATION_ACTIVE && w->end != NULL) {
		w->end(c);
		rv = w->ask(c);
	}
	return rv == CKR_OPERATION_ACTIVE ? CKR_OPERATION_CANCEL_FAILED : rv;
}

/* All of them are tried, even if one fails. */
static CK_RV
cancel_2_40(const struct api_call *c, CK_FLAGS flags)
{
	CK_RV rv = CKR_OK, one;

	for (size_t i = 0; i < nitems(ways); i++) {
		if (!(flags & ways[i].flag))
			continue;
		one = way_go(c, &ways[i]);
		if (one != CKR_OK)
			rv = one;
	}
	return rv;
}

/* ---- ours, and what we know of the device's */

static const CK_FLAGS kinds[OPERATION_KINDS] = {
	[OPERATION_SIGN] = CKF_SIGN,
	[OPERATION_VERIFY] = CKF_VERIFY,
	[OPERATION_DECRYPT] = CKF_DECRYPT,
};

/* Takes away the flags of what is done. */
static CK_RV
cancel_ours(struct api_call *c, CK_FLAGS *flags)
{
	CK_RV rv = CKR_OK;

	for (size_t i = 0; rv == CKR_OK && i < nitems(kinds); i++) {
		if (!(*flags & kinds[i]) ||
		    c->session->operation[i].ours == NULL)
			continue;
		rv = operation_init(c, (enum operation_kind)i, NULL,
		    CK_INVALID_HANDLE);
		*flags &= ~kinds[i];
	}
	return rv;
}

static void
forget_passed(struct session *s, CK_FLAGS flags)
{
	for (size_t i = 0; i < nitems(kinds); i++)
		if (flags & kinds[i])
			s->operation[i].passed = false;
}

/* Whose search it is, find.c knows. */
static CK_RV
cancel_find(struct api_call *c, CK_FLAGS *flags)
{
	CK_RV rv = CKR_OK;

	if (*flags & CKF_FIND_OBJECTS)
		rv = find_final(c);
	*flags &= ~CKF_FIND_OBJECTS;
	return rv == CKR_OPERATION_NOT_INITIALIZED ? CKR_OK : rv;
}

CK_RV
cancel_operations(struct api_call *c, CK_FLAGS flags)
{
	CK_RV rv;

	rv = cancel_ours(c, &flags);
	if (rv == CKR_OK)
		rv = cancel_find(c, &flags);
	/* NSS softokn fails on flags of what is not running. */
	if (rv != CKR_OK || flags == 0)
		return rv;
	rv = downstream_functions_3()->C_SessionCancel(c->down, flags);
	if (rv == CKR_FUNCTION_NOT_SUPPORTED)
		rv = cancel_2_40(c, flags);
	if (rv == CKR_OK)
		forget_passed(c->session, flags);
	return rv;
}
