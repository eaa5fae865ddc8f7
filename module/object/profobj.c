/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdio.h>

#include "module/object/attrs.h"
#include "module/object/profobj.h"
#include "module/session/inner.h"

/* More profile objects of a device than there are profiles. */
#define MAX_THEIRS 64

/* CKA_UNIQUE_ID, CKA_LABEL: something to tell them by, and to read. */
#define TEXT_SIZE 48

/* What one object says of itself, in memory of its owner. */
struct face {
	CK_OBJECT_CLASS class;
	CK_PROFILE_ID id;
	CK_BBOOL yes;
	CK_BBOOL no;
	char unique[TEXT_SIZE];
};

static void
face_make(CK_PROFILE_ID id, struct face *ret)
{
	*ret = (struct face){
		.class = CKO_PROFILE, .id = id, .yes = CK_TRUE, .no = CK_FALSE
	};
	(void)snprintf(ret->unique, sizeof(ret->unique), "p11-mdoc profile %lu",
	    (unsigned long)id);
}

/* A NULL span: it has no such attribute. */
static struct bytes
face_value(const struct face *f, CK_ATTRIBUTE_TYPE type)
{
	switch (type) {
	case CKA_CLASS:
		return bytes_of(&f->class, sizeof(f->class));
	case CKA_PROFILE_ID:
		return bytes_of(&f->id, sizeof(f->id));
	case CKA_TOKEN:
		return bytes_of(&f->yes, sizeof(f->yes));
	case CKA_PRIVATE:
	case CKA_MODIFIABLE:
	case CKA_COPYABLE:
	case CKA_DESTROYABLE:
		return bytes_of(&f->no, sizeof(f->no));
	case CKA_UNIQUE_ID:
		return bytes_of(f->unique, strlen(f->unique));
	case CKA_LABEL:
		return bytes_of(profile_name(f->id),
		    strlen(profile_name(f->id)));
	default:
		return BYTES_NULL;
	}
}

static bool
face_matches(const struct face *f, const CK_ATTRIBUTE *t, CK_ULONG n)
{
	for (CK_ULONG i = 0; i < n; i++) {
		struct bytes value = face_value(f, t[i].type);

		if (bytes_is_null(value) || t[i].pValue == NULL ||
		    !bytes_equal(value, bytes_of(t[i].pValue, t[i].ulValueLen)))
			return false;
	}
	return true;
}

bool
profobj_is_asked(const CK_ATTRIBUTE *t, CK_ULONG n)
{
	CK_OBJECT_CLASS class;

	if (attrs_find(t, n, CKA_CLASS) != NULL)
		return attrs_ulong(t, n, CKA_CLASS, &class) &&
		    class == CKO_PROFILE;
	return attrs_find(t, n, CKA_PROFILE_ID) != NULL;
}

/* Bits of the profiles that the device has objects of. */
static CK_RV
theirs(const struct token *t, CK_ULONG *ret)
{
	CK_OBJECT_CLASS class = CKO_PROFILE;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) } };
	CK_OBJECT_HANDLE found[MAX_THEIRS];
	CK_ULONG n = 0, bits = 0;
	CK_PROFILE_ID id;
	CK_RV rv;

	rv =
	    token_find(t, template, nitems(template), found, nitems(found), &n);
	/* It has never heard of such a class. */
	if (rv == CKR_ATTRIBUTE_VALUE_INVALID)
		rv = CKR_OK;
	for (CK_ULONG i = 0; rv == CKR_OK && i < n; i++)
		if (token_get_ulong(t, found[i], CKA_PROFILE_ID, &id) ==
			CKR_OK &&
		    id <= PROFILE_MAX)
			bits |= 1UL << id;
	*ret = bits;
	return rv;
}

static CK_RV
find(const struct token *t, const CK_ATTRIBUTE *template, CK_ULONG n,
    CK_OBJECT_HANDLE *ret, CK_ULONG *ret_n)
{
	struct face face;
	CK_ULONG have = 0, kept = 0;
	bool holds;
	CK_RV rv;

	rv = theirs(t, &have);
	for (CK_PROFILE_ID id = 1; rv == CKR_OK && id <= PROFILE_MAX; id++) {
		face_make(id, &face);
		if ((have & (1UL << id)) || !face_matches(&face, template, n))
			continue;
		rv = profile_holds(t, id, &holds);
		if (rv == CKR_OK && holds)
			ret[kept++] = PROFOBJ_HANDLE | id;
	}
	*ret_n = kept;
	return rv;
}

CK_RV
profobj_find(struct api_call *c, const CK_ATTRIBUTE *template, CK_ULONG n,
    CK_OBJECT_HANDLE *ret, CK_ULONG *ret_n)
{
	struct inner inner;
	CK_RV rv;

	rv = inner_open(c, &inner);
	if (rv != CKR_OK)
		return rv;
	rv = find(&inner.token, template, n, ret, ret_n);
	inner_close(&inner);
	return rv;
}

/* CKR_OBJECT_HANDLE_INVALID: not one of this token, or not any more. */
static CK_RV
resolve(struct api_call *c, CK_OBJECT_HANDLE object, CK_PROFILE_ID *ret)
{
	CK_PROFILE_ID id = object & ~PROFOBJ_HANDLE;
	bool holds = false;
	struct inner inner;
	CK_RV rv;

	rv = inner_open(c, &inner);
	if (rv != CKR_OK)
		return rv;
	rv = profile_holds(&inner.token, id, &holds);
	inner_close(&inner);
	if (rv == CKR_OK && !holds)
		rv = CKR_OBJECT_HANDLE_INVALID;
	if (rv == CKR_OK)
		*ret = id;
	return rv;
}

CK_RV
profobj_get(struct api_call *c, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template,
    CK_ULONG n)
{
	struct face face;
	struct bytes value;
	CK_PROFILE_ID id;
	CK_RV rv;

	if (template == NULL)
		return CKR_ARGUMENTS_BAD;
	rv = resolve(c, object, &id);
	if (rv != CKR_OK)
		return rv;
	face_make(id, &face);
	for (CK_ULONG i = 0; i < n; i++) {
		value = face_value(&face, template[i].type);
		rv = attrs_worse(rv,
		    bytes_is_null(value) ? attrs_put_none(&template[i])
					 : attrs_put(&template[i], value));
	}
	return rv;
}

/* It takes no memory of the token. */
CK_RV
profobj_size(struct api_call *c, CK_OBJECT_HANDLE object, CK_ULONG *size)
{
	CK_PROFILE_ID id;
	CK_RV rv;

	if (size == NULL)
		return CKR_ARGUMENTS_BAD;
	rv = resolve(c, object, &id);
	if (rv == CKR_OK)
		*size = 0;
	return rv;
}

CK_RV
profobj_refuse(struct api_call *c, CK_OBJECT_HANDLE object)
{
	CK_PROFILE_ID id;
	CK_RV rv;

	rv = resolve(c, object, &id);
	return rv == CKR_OK ? CKR_ACTION_PROHIBITED : rv;
}
