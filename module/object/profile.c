/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include "module/object/profile.h"

/* Of a token with more certificates, nothing is said. */
#define MAX_CERTIFICATES 1024

static CK_RV
holds_baseline(const struct token *t, bool *ret)
{
	(void)t;
	*ret = true;
	return CKR_OK;
}

static CK_RV
holds_extended(const struct token *t, bool *ret)
{
	const CK_FLAGS login = CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED |
	    CKF_PROTECTED_AUTHENTICATION_PATH;
	CK_TOKEN_INFO info = { .flags = 0 };
	CK_ULONG n = 0;
	CK_RV rv;

	rv = t->f->C_GetTokenInfo(t->slot, &info);
	if (rv == CKR_OK)
		rv = t->f->C_GetMechanismList(t->slot, NULL, &n);
	*ret = rv == CKR_OK && n > 0 && (info.flags & login) != 0;
	return rv;
}

static CK_RV
holds_authentication(const struct token *t, bool *ret)
{
	static const CK_MECHANISM_TYPE signing[] = { CKM_RSA_PKCS,
		CKM_SHA256_RSA_PKCS, CKM_RSA_PKCS_PSS, CKM_ECDSA,
		CKM_ECDSA_SHA256, CKM_EDDSA, CKM_DSA };
	CK_MECHANISM_INFO info = { .flags = 0 };
	bool found = false;
	CK_RV rv;

	rv = holds_extended(t, ret);
	if (rv != CKR_OK || !*ret)
		return rv;
	for (size_t i = 0; i < nitems(signing) && !found; i++)
		found = t->f->C_GetMechanismInfo(t->slot, signing[i], &info) ==
			CKR_OK &&
		    (info.flags & CKF_SIGN) != 0;
	*ret = found;
	return CKR_OK;
}

/* ---- certificates */

static bool
is_logged_in(const struct token *t)
{
	CK_SESSION_INFO info = { .state = CKS_RO_PUBLIC_SESSION };

	return t->f->C_GetSessionInfo(t->session, &info) == CKR_OK &&
	    (info.state == CKS_RO_USER_FUNCTIONS ||
		info.state == CKS_RW_USER_FUNCTIONS);
}

/* Is there a key of this class that everybody sees, or one that not? */
static CK_RV
key_find(const struct token *t, CK_OBJECT_CLASS class, const struct blob *id,
    bool *ret_public, bool *ret_private)
{
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_ID, id->ptr, id->len },
	};
	CK_OBJECT_HANDLE key;
	CK_BBOOL private = CK_FALSE;
	CK_ULONG n = 0;
	CK_RV rv;

	rv = token_find(t, template, nitems(template), &key, 1, &n);
	if (rv == CKR_OK && n > 0)
		rv = token_get_flag(t, key, CKA_PRIVATE, &private);
	*ret_public = rv == CKR_OK && n > 0 && !private;
	*ret_private = rv == CKR_OK && n > 0 && private;
	return rv;
}

/* Clause 8 c of the profile, for one certificate. */
static CK_RV
key_is_found(const struct token *t, CK_OBJECT_HANDLE certificate, bool *ret)
{
	struct blob id = BLOB_INIT;
	bool found = false, hidden = false;
	CK_RV rv;

	rv = token_get(t, certificate, CKA_ID, &id);
	if (rv == CKR_ATTRIBUTE_TYPE_INVALID)
		rv = CKR_OK;
	if (rv == CKR_OK && id.len > 0)
		rv = key_find(t, CKO_PUBLIC_KEY, &id, &found, &hidden);
	if (rv == CKR_OK && id.len > 0 && !found)
		rv = key_find(t, CKO_PRIVATE_KEY, &id, &found, &hidden);
	/* Who has not logged in cannot know that there is none. */
	*ret = found || (!hidden && is_logged_in(t));
	blob_reset(&id);
	return rv;
}

static CK_RV
certificate_fits(const struct token *t, CK_OBJECT_HANDLE certificate, bool *ret)
{
	CK_BBOOL private;
	CK_RV rv;

	rv = token_get_flag(t, certificate, CKA_PRIVATE, &private);
	if (rv == CKR_OK && private)
		*ret = false;
	else if (rv == CKR_OK)
		rv = key_is_found(t, certificate, ret);
	return rv;
}

static CK_RV
holds_certificates(const struct token *t, bool *ret)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
	};
	CK_OBJECT_HANDLE *all;
	CK_ULONG n = 0;
	bool fits;
	CK_RV rv;

	all = calloc(MAX_CERTIFICATES, sizeof(*all));
	if (all == NULL)
		return CKR_HOST_MEMORY;
	rv = token_find(t, template, nitems(template), all, MAX_CERTIFICATES,
	    &n);
	fits = rv == CKR_OK && n > 0 && n < MAX_CERTIFICATES;
	for (CK_ULONG i = 0; fits && i < n; i++) {
		rv = certificate_fits(t, all[i], &fits);
		fits = fits && rv == CKR_OK;
	}
	free(all);
	*ret = fits;
	return rv;
}

static const struct profile {
	const char *name;
	CK_RV (*holds)(const struct token *t, bool *ret);
} profiles[PROFILE_MAX + 1] = {
	[CKP_BASELINE_PROVIDER] = { "Baseline Provider", holds_baseline },
	[CKP_EXTENDED_PROVIDER] = { "Extended Provider", holds_extended },
	[CKP_AUTHENTICATION_TOKEN] = { "Authentication Token",
	    holds_authentication },
	[CKP_PUBLIC_CERTIFICATES_TOKEN] = { "Public Certificates Token",
	    holds_certificates },
};

CK_RV
profile_holds(const struct token *t, CK_PROFILE_ID id, bool *ret)
{
	bool holds = false;
	CK_RV rv = CKR_OK;

	if (profile_name(id) != NULL)
		rv = profiles[id].holds(t, &holds);
	if (rv == CKR_OK)
		*ret = holds;
	return rv;
}

const char *
profile_name(CK_PROFILE_ID id)
{
	return id < nitems(profiles) ? profiles[id].name : NULL;
}
