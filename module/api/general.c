/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PKCS#11 2.40, 5.4 and 5.16: general and parallel functions. What hands out
 * the function list is in export.c.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "module/api/api.h"
#include "module/api/general.h"

CK_RV
C_Initialize(void *args)
{
	return state_initialize(args);
}

CK_RV
C_Finalize(void *reserved)
{
	struct state *s;
	CK_RV rv;

	if (reserved == NULL)
		return state_finalize();
	rv = state_read(&s);
	if (rv != CKR_OK)
		return rv;
	rwlock_give(&s->lock);
	return CKR_ARGUMENTS_BAD;
}

/* Blank-padded, without a NUL. */
static void
text_set(unsigned char *to, size_t size, const char *text)
{
	size_t n = strlen(text);

	memset(to, ' ', size);
	memcpy(to, text, n < size ? n : size);
}

/* PACKAGE_VERSION is MAJOR.MINOR.PATCH. */
static void
version_set(CK_VERSION *v)
{
	char *end;

	v->major = (unsigned char)strtoul(PACKAGE_VERSION, &end, 10);
	v->minor = *end == '.' ? (unsigned char)strtoul(end + 1, NULL, 10) : 0;
}

static CK_RV
info_own(CK_INFO *info)
{
	if (info == NULL)
		return CKR_ARGUMENTS_BAD;
	memset(info, 0, sizeof(*info));
	info->cryptokiVersion.major = 2;
	info->cryptokiVersion.minor = 40;
	text_set(info->manufacturerID, sizeof(info->manufacturerID),
	    PACKAGE_NAME);
	text_set(info->libraryDescription, sizeof(info->libraryDescription),
	    "PKCS#11 module for mdoc");
	version_set(&info->libraryVersion);
	return CKR_OK;
}

/* What the first of those says that are to speak for us; or we ourselves. */
static CK_RV
info_of(struct devices *all, CK_INFO *info)
{
	struct downstream_scope before;
	struct device *d;
	CK_RV rv;

	for (size_t i = 0; i < all->n; i++) {
		d = all->v[i];
		if (d->conf.info != CONF_INFO_DOWNSTREAM || !device_is_open(d))
			continue;
		device_ref(d);
		before = downstream_enter(d, 0);
		rv = downstream_functions()->C_GetInfo(info);
		downstream_leave(before);
		device_unref(d);
		return rv;
	}
	return info_own(info);
}

CK_RV
C_GetInfo(CK_INFO *info)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter(&call);
	if (rv == CKR_OK)
		rv = info_of(call.devices, info);
	return api_leave(&call, rv);
}

CK_RV
general_info(const CK_VERSION *version, CK_INFO *info)
{
	CK_RV rv;

	rv = C_GetInfo(info);
	if (rv == CKR_OK)
		info->cryptokiVersion = *version;
	return rv;
}

/* As PKCS#11 says, whatever the handle, and initialised or not. */
CK_RV
C_GetFunctionStatus(CK_SESSION_HANDLE session)
{
	(void)session;
	return CKR_FUNCTION_NOT_PARALLEL;
}

CK_RV
C_CancelFunction(CK_SESSION_HANDLE session)
{
	(void)session;
	return CKR_FUNCTION_NOT_PARALLEL;
}
