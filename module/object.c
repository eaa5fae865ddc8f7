/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "module/api.h"
#include "module/object.h"

CK_RV
object_create(struct api_call *c, CK_ATTRIBUTE *template, CK_ULONG n,
    CK_OBJECT_HANDLE *ret)
{
	return c->f->C_CreateObject(c->down, template, n, ret);
}

CK_RV
object_copy(struct api_call *c, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template,
    CK_ULONG n, CK_OBJECT_HANDLE *ret)
{
	return c->f->C_CopyObject(c->down, object, template, n, ret);
}

CK_RV
object_destroy(struct api_call *c, CK_OBJECT_HANDLE object)
{
	return c->f->C_DestroyObject(c->down, object);
}

CK_RV
object_size(struct api_call *c, CK_OBJECT_HANDLE object, CK_ULONG *size)
{
	return c->f->C_GetObjectSize(c->down, object, size);
}

CK_RV
object_get(struct api_call *c, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template,
    CK_ULONG n)
{
	return c->f->C_GetAttributeValue(c->down, object, template, n);
}

CK_RV
object_set(struct api_call *c, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template,
    CK_ULONG n)
{
	return c->f->C_SetAttributeValue(c->down, object, template, n);
}
