/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <p11-mdoc/pkcs11-mdoc.h>

#include "module/object/attrs.h"

bool
attrs_is_ours(CK_ULONG number)
{
	return (number & ~0xffffUL) == MDOC_VENDOR(0UL);
}

const CK_ATTRIBUTE *
attrs_find(const CK_ATTRIBUTE *t, CK_ULONG n, CK_ATTRIBUTE_TYPE type)
{
	for (CK_ULONG i = 0; t != NULL && i < n; i++)
		if (t[i].type == type)
			return &t[i];
	return NULL;
}

struct bytes
attrs_bytes(const CK_ATTRIBUTE *t, CK_ULONG n, CK_ATTRIBUTE_TYPE type)
{
	const CK_ATTRIBUTE *a = attrs_find(t, n, type);

	return a != NULL ? bytes_of(a->pValue, a->ulValueLen) : BYTES_NULL;
}

bool
attrs_ulong(const CK_ATTRIBUTE *t, CK_ULONG n, CK_ATTRIBUTE_TYPE type,
    CK_ULONG *ret)
{
	struct bytes b = attrs_bytes(t, n, type);

	if (bytes_is_null(b) || b.len != sizeof(*ret))
		return false;
	/* The application's buffer need not be aligned. */
	memcpy(ret, b.ptr, sizeof(*ret));
	return true;
}

CK_RV
attrs_put(CK_ATTRIBUTE *a, struct bytes value)
{
	if (a->pValue != NULL && a->ulValueLen < value.len) {
		a->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_BUFFER_TOO_SMALL;
	}
	if (a->pValue != NULL && value.len > 0)
		memcpy(a->pValue, value.ptr, value.len);
	a->ulValueLen = value.len;
	return CKR_OK;
}

CK_RV
attrs_put_ulong(CK_ATTRIBUTE *a, CK_ULONG value)
{
	return attrs_put(a, bytes_of(&value, sizeof(value)));
}

CK_RV
attrs_put_none(CK_ATTRIBUTE *a)
{
	a->ulValueLen = CK_UNAVAILABLE_INFORMATION;
	return CKR_ATTRIBUTE_TYPE_INVALID;
}

/* Worst last. */
static const CK_RV ranks[] = {
	CKR_OK,
	CKR_BUFFER_TOO_SMALL,
	CKR_ATTRIBUTE_TYPE_INVALID,
	CKR_ATTRIBUTE_SENSITIVE,
};

static size_t
rank(CK_RV rv)
{
	size_t i = 0;

	while (i < nitems(ranks) && ranks[i] != rv)
		i++;
	return i;
}

bool
attrs_is_partial(CK_RV rv)
{
	return rank(rv) < nitems(ranks);
}

CK_RV
attrs_worse(CK_RV a, CK_RV b)
{
	return rank(b) > rank(a) ? b : a;
}
