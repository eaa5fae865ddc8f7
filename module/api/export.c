/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The function lists, and the only symbols that p11-mdoc.so exports. The rest
 * of the module is in a convenience library, so that tests link it too.
 */
#include "config.h"

#include <pthread.h>
#include <string.h>

#include "common/util.h"
#include "module/api/general.h"
#include "module/api/interface.h"
#include "module/api/vendor.h"
#include "module/trace/trace.h"

#define EXPORT   __attribute__((visibility("default")))

#define ENTRY(f) .f = (f),

static CK_FUNCTION_LIST list_2_40 = { .version = { 2, 40 },
	FUNCTIONS_2_40(ENTRY) };

static CK_FUNCTION_LIST_3_0 list_3_0 = { .version = { 3, 0 },
	FUNCTIONS_2_40(ENTRY) FUNCTIONS_3_0(ENTRY) };

static CK_FUNCTION_LIST_3_2 list_3_2 = { .version = { 3, 2 },
	FUNCTIONS_2_40(ENTRY) FUNCTIONS_3_0(ENTRY) FUNCTIONS_3_2(ENTRY) };

static CK_UTF8CHAR name_pkcs11[] = INTERFACE_NAME;
static CK_UTF8CHAR name_vendor[] = MDOC_INTERFACE;

/*
 * The first is the default. None is fork-safe: that would let a child go on
 * with the parent's sessions (3.0, 3.5), and ours has to initialise anew.
 */
static CK_INTERFACE interfaces[] = {
	{ name_pkcs11, &list_3_0, 0 },
	{ name_pkcs11, &list_2_40, 0 },
	{ name_vendor, &vendor_interface, 0 },
	/* Only where a device has it. */
	{ name_pkcs11, &list_3_2, 0 },
};

/* What C_GetInfo says of PKCS#11 is the version of the list it is in. */
static CK_RV
info_3_0(CK_INFO *info)
{
	return general_info(&list_3_0.version, info);
}

static CK_RV
info_3_2(CK_INFO *info)
{
	return general_info(&list_3_2.version, info);
}

/* Where a trace is asked for, no list of ours is seen untraced. */
static void
interfaces_make(void)
{
	list_3_0.C_GetInfo = info_3_0;
	list_3_2.C_GetInfo = info_3_2;
	for (size_t i = 0; i < nitems(interfaces); i++)
		interfaces[i].pFunctionList =
		    trace_list(interfaces[i].pFunctionList);
}

static pthread_once_t interfaces_once = PTHREAD_ONCE_INIT;

EXPORT CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **ret)
{
	if (ret == NULL)
		return CKR_ARGUMENTS_BAD;
	*ret = trace_list(&list_2_40);
	return CKR_OK;
}

EXPORT CK_RV
C_GetInterfaceList(CK_INTERFACE *list, CK_ULONG *n)
{
	size_t have = nitems(interfaces);
	CK_RV rv = CKR_OK;

	if (n == NULL)
		return CKR_ARGUMENTS_BAD;
	(void)pthread_once(&interfaces_once, interfaces_make);
	if (!interface_offers_3_2())
		have--;
	if (list != NULL && *n < have)
		rv = CKR_BUFFER_TOO_SMALL;
	else if (list != NULL)
		memcpy(list, interfaces, have * sizeof(*list));
	*n = have;
	return rv;
}

EXPORT CK_RV
C_GetInterface(CK_UTF8CHAR *name, CK_VERSION *version, CK_INTERFACE **ret,
    CK_FLAGS flags)
{
	if (ret == NULL)
		return CKR_ARGUMENTS_BAD;
	(void)pthread_once(&interfaces_once, interfaces_make);
	for (size_t i = 0; i < nitems(interfaces); i++) {
		if (!interface_is(&interfaces[i], name, version, flags) ||
		    (i == nitems(interfaces) - 1 && !interface_offers_3_2()))
			continue;
		*ret = &interfaces[i];
		return CKR_OK;
	}
	return CKR_FUNCTION_FAILED;
}
