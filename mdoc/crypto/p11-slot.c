/* SPDX-License-Identifier: BSD-3-Clause */
/* p11-slot: which tokens are there, and making a new one. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <mdoc/token.h>

#include "mdoc/crypto/modules.h"
#include "mdoc/crypto/p11-token.h"

/* A field of CK_TOKEN_INFO, without its padding. out: n + 1 bytes. */
static const char *
unpad(const CK_UTF8CHAR *field, size_t n, char *out)
{
	while (n > 0 && (field[n - 1] == ' ' || field[n - 1] == '\0'))
		n--;
	memcpy(out, field, n);
	out[n] = '\0';
	return out;
}

struct slot {
	CK_FUNCTION_LIST *f;
	CK_SLOT_ID id;
	CK_TOKEN_INFO info;
};

/* Calls fn for each slot with a token, until it returns other than 0. */
static int
slot_each(mdoc_ctx *c, int (*fn)(void *arg, const struct slot *s), void *arg)
{
	CK_SLOT_ID ids[P11TOKEN_MAX];
	const struct module *m;
	int r = modules_get(c, NULL, &m);

	for (size_t i = 0; r == MDOC_OK && m->lists[i] != NULL; i++) {
		struct slot s = { .f = m->lists[i] };
		CK_ULONG n = nitems(ids);
		CK_RV rv = s.f->C_GetSlotList(CK_TRUE, ids, &n);

		if (rv != CKR_OK)
			return ctx_fail(c, MDOC_E_TOKEN,
			    "tokens cannot be listed: %s", token_rv_name(rv));
		for (CK_ULONG j = 0; r == MDOC_OK && j < n; j++) {
			s.id = ids[j];
			if (s.f->C_GetTokenInfo(s.id, &s.info) == CKR_OK)
				r = fn(arg, &s);
		}
	}
	return r;
}

struct listing {
	int (*fn)(void *arg, const mdoc_token_info *info);
	void *arg;
};

static int
list_one(void *arg, const struct slot *s)
{
	const struct listing *l = arg;
	char label[33], manufacturer[33], model[17], serial[17];
	char *uri = p11uri_format(&s->info, NULL, NULL);
	mdoc_token_info info = { .uri = uri };
	int r;

	if (uri == NULL)
		return MDOC_E_MEMORY;
	info.label = unpad(s->info.label, 32, label);
	info.manufacturer = unpad(s->info.manufacturerID, 32, manufacturer);
	info.model = unpad(s->info.model, 16, model);
	info.serial = unpad(s->info.serialNumber, 16, serial);
	info.initialized = (s->info.flags & CKF_TOKEN_INITIALIZED) != 0;
	info.login_required = (s->info.flags & CKF_LOGIN_REQUIRED) != 0;
	r = l->fn(l->arg, &info);
	free(uri);
	return r;
}

int
mdoc_token_list(mdoc_ctx *ctx,
    int (*fn)(void *arg, const mdoc_token_info *info), void *arg)
{
	struct listing l = { fn, arg };

	return slot_each(ctx, list_one, &l);
}

struct search {
	const char *label;
	bool taken;
	bool found;
	struct slot slot;
};

static int
search_one(void *arg, const struct slot *s)
{
	struct search *w = arg;
	char label[33];

	if ((s->info.flags & CKF_TOKEN_INITIALIZED) != 0) {
		w->taken = w->taken ||
		    !strcmp(unpad(s->info.label, 32, label), w->label);
	} else if (!w->found) {
		w->found = true;
		w->slot = *s;
	}
	return MDOC_OK;
}

/* The security officer sets the user's PIN. */
static CK_RV
set_pin(const struct slot *s, mdoc_bytes so_pin, mdoc_bytes pin)
{
	CK_FUNCTION_LIST *f = s->f;
	CK_SESSION_HANDLE session;
	struct blob copy = BLOB_INIT;
	CK_RV rv = CKR_HOST_MEMORY;

	/* PKCS#11 takes PINs as pointers to what it may not change. */
	if (!blob_set(&copy, from_public(so_pin)))
		return rv;
	rv = f->C_OpenSession(s->id, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL,
	    NULL, &session);
	if (rv != CKR_OK)
		goto out;
	rv = f->C_Login(session, CKU_SO, copy.ptr, copy.len);
	if (rv == CKR_OK && !blob_set(&copy, from_public(pin)))
		rv = CKR_HOST_MEMORY;
	if (rv == CKR_OK)
		rv = f->C_InitPIN(session, copy.ptr, copy.len);
	(void)f->C_Logout(session);
	(void)f->C_CloseSession(session);
out:
	blob_reset(&copy);
	return rv;
}

static CK_RV
initialize(const struct slot *s, const char *label, mdoc_bytes so_pin,
    mdoc_bytes pin)
{
	CK_UTF8CHAR padded[32];
	struct blob copy = BLOB_INIT;
	CK_RV rv;

	memset(padded, ' ', sizeof padded);
	memcpy(padded, label, strlen(label));
	if (!blob_set(&copy, from_public(so_pin)))
		return CKR_HOST_MEMORY;
	rv = s->f->C_InitToken(s->id, copy.ptr, copy.len, padded);
	blob_reset(&copy);
	return rv == CKR_OK ? set_pin(s, so_pin, pin) : rv;
}

/* Asked before anything is changed. */
static bool
fits(const CK_TOKEN_INFO *info, mdoc_bytes pin)
{
	return pin.len >= info->ulMinPinLen && pin.len <= info->ulMaxPinLen;
}

int
mdoc_token_init(mdoc_ctx *ctx, const char *label, mdoc_bytes so_pin,
    mdoc_bytes pin)
{
	struct search w = { .label = label };
	size_t len = strlen(label);
	CK_RV rv;
	int r;

	if (len == 0 || len > 32)
		return ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "label: %zu bytes; a token has 1 to 32", len);
	if ((r = slot_each(ctx, search_one, &w)) != MDOC_OK)
		return r;
	if (w.taken)
		return ctx_fail(ctx, MDOC_E_TOKEN,
		    "there is a token \"%s\" already", label);
	if (!w.found)
		return ctx_fail(ctx, MDOC_E_TOKEN,
		    "every token is in use; the device must offer one that is "
		    "not initialised");
	if (!fits(&w.slot.info, so_pin) || !fits(&w.slot.info, pin))
		return ctx_fail(ctx, MDOC_E_LOGIN,
		    "PIN: the token wants %lu to %lu characters",
		    w.slot.info.ulMinPinLen, w.slot.info.ulMaxPinLen);
	rv = initialize(&w.slot, label, so_pin, pin);
	if (rv == CKR_PIN_LEN_RANGE || rv == CKR_PIN_INVALID ||
	    rv == CKR_PIN_INCORRECT)
		return ctx_fail(ctx, MDOC_E_LOGIN,
		    "the token does not accept such a PIN: %s",
		    token_rv_name(rv));
	if (rv != CKR_OK)
		return ctx_fail(ctx, MDOC_E_TOKEN,
		    "token \"%s\" could not be initialised: %s", label,
		    token_rv_name(rv));
	return MDOC_OK;
}
