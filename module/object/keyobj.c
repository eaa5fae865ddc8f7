/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "module/object/attrs.h"
#include "module/object/keyobj.h"
#include "module/session/derive.h"
#include "module/session/inner.h"

/* What goes into the parameter; all else is the template of the key. */
static const struct ingredient {
	CK_ATTRIBUTE_TYPE type;
	bool required;
} ingredients[] = {
	{ CKA_MDOC_ROLE, true },
	{ CKA_MDOC_KEY_ID, true },
	{ CKA_MDOC_SESSION_TRANSCRIPT, true },
	{ CKA_MDOC_PEER_KEY, false },
};

static bool
is_ingredient(CK_ATTRIBUTE_TYPE type)
{
	for (size_t i = 0; i < nitems(ingredients); i++)
		if (ingredients[i].type == type)
			return true;
	return false;
}

bool
keyobj_is_asked(const CK_ATTRIBUTE *t, CK_ULONG n)
{
	for (CK_ULONG i = 0; t != NULL && i < n; i++)
		if (is_ingredient(t[i].type))
			return true;
	return false;
}

static CK_RV
template_check(const CK_ATTRIBUTE *t, CK_ULONG n)
{
	CK_OBJECT_CLASS class;

	for (CK_ULONG i = 0; i < n; i++)
		if (attrs_find(t, i, t[i].type) != NULL)
			return CKR_TEMPLATE_INCONSISTENT;
	if (attrs_find(t, n, CKA_CLASS) == NULL)
		return CKR_TEMPLATE_INCOMPLETE;
	if (!attrs_ulong(t, n, CKA_CLASS, &class) || class != CKO_SECRET_KEY)
		return CKR_TEMPLATE_INCONSISTENT;
	for (size_t i = 0; i < nitems(ingredients); i++)
		if (ingredients[i].required &&
		    attrs_find(t, n, ingredients[i].type) == NULL)
			return CKR_TEMPLATE_INCOMPLETE;
	return CKR_OK;
}

/*
 * A CK_ULONG; a remote caller's may be shorter or longer than ours, and RPC
 * carries the bytes of an attribute that it does not know as they are.
 */
static bool
read_role(struct bytes value, CK_ULONG *ret)
{
	uint32_t narrow;
	uint64_t wide;

	if (value.ptr != NULL && value.len == sizeof(narrow)) {
		memcpy(&narrow, value.ptr, sizeof(narrow));
		*ret = narrow;
		return true;
	}
	if (value.ptr == NULL || value.len != sizeof(wide))
		return false;
	memcpy(&wide, value.ptr, sizeof(wide));
	*ret = (CK_ULONG)wide;
	return *ret == wide;
}

static CK_RV
read_parameter(const CK_ATTRIBUTE *t, CK_ULONG n, CK_MDOC_KEY_DERIVE_PARAMS *p)
{
	const CK_ATTRIBUTE *transcript =
	    attrs_find(t, n, CKA_MDOC_SESSION_TRANSCRIPT);
	const CK_ATTRIBUTE *peer = attrs_find(t, n, CKA_MDOC_PEER_KEY);

	/* An empty one is as good as none: RPC may turn one into the other. */
	if (!read_role(attrs_bytes(t, n, CKA_MDOC_ROLE), &p->role) ||
	    transcript->pValue == NULL ||
	    (peer != NULL && peer->pValue == NULL && peer->ulValueLen > 0))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	p->ulVersion = CK_MDOC_PARAMS_VERSION;
	p->pSessionTranscript = transcript->pValue;
	p->ulSessionTranscriptLen = transcript->ulValueLen;
	if (peer != NULL && peer->ulValueLen > 0) {
		p->pPeerKey = peer->pValue;
		p->ulPeerKeyLen = peer->ulValueLen;
	}
	return CKR_OK;
}

/* The private key of this CKA_ID, of which there is but one. */
static CK_RV
find_key(const struct api_call *c, const CK_ATTRIBUTE *id,
    CK_OBJECT_HANDLE *ret)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_ID, id->pValue, id->ulValueLen },
	};
	CK_OBJECT_HANDLE found[2];
	struct inner inner;
	CK_ULONG n = 0;
	CK_RV rv;

	if (id->pValue == NULL || id->ulValueLen == 0)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	rv = inner_open(c, &inner);
	if (rv != CKR_OK)
		return rv;
	rv = token_find(&inner.token, template, nitems(template), found,
	    nitems(found), &n);
	inner_close(&inner);
	if (rv != CKR_OK)
		return rv;
	if (n == 0)
		return CKR_KEY_HANDLE_INVALID;
	if (n > 1)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	*ret = found[0];
	return CKR_OK;
}

CK_RV
keyobj_create(struct api_call *c, const CK_ATTRIBUTE *template, CK_ULONG n,
    CK_OBJECT_HANDLE *ret)
{
	CK_MDOC_KEY_DERIVE_PARAMS p = { 0 };
	CK_MECHANISM m = { CKM_MDOC_KEY_DERIVE, &p, sizeof(p) };
	CK_OBJECT_HANDLE key;
	CK_ATTRIBUTE *rest;
	CK_ULONG n_rest = 0;
	CK_RV rv;

	if ((rv = template_check(template, n)) != CKR_OK ||
	    (rv = read_parameter(template, n, &p)) != CKR_OK)
		return rv;
	rv = find_key(c, attrs_find(template, n, CKA_MDOC_KEY_ID), &key);
	if (rv != CKR_OK)
		return rv;
	rest = calloc(n, sizeof(*rest));
	if (rest == NULL)
		return CKR_HOST_MEMORY;
	for (CK_ULONG i = 0; i < n; i++)
		if (!is_ingredient(template[i].type))
			rest[n_rest++] = template[i];
	rv = derive_key(c, &m, key, rest, n_rest, ret);
	free(rest);
	return rv == CKR_MECHANISM_PARAM_INVALID ? CKR_ATTRIBUTE_VALUE_INVALID
						 : rv;
}
