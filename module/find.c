/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "module/api.h"
#include "module/find.h"

CK_RV
find_init(struct api_call *c, CK_ATTRIBUTE *template, CK_ULONG n)
{
	CK_RV rv;

	rv = c->f->C_FindObjectsInit(c->down, template, n);
	if (rv == CKR_OK)
		c->session->find.passed = true;
	return rv;
}

CK_RV
find_next(struct api_call *c, CK_OBJECT_HANDLE *objects, CK_ULONG max,
    CK_ULONG *n)
{
	return c->f->C_FindObjects(c->down, objects, max, n);
}

CK_RV
find_final(struct api_call *c)
{
	c->session->find.passed = false;
	return c->f->C_FindObjectsFinal(c->down);
}
