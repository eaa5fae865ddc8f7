/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <string.h>

#include "module/api/api.h"
#include "module/api/vendor.h"
#include "module/trace/trace-names.h"

static const char *
attribute_name(CK_ULONG number)
{
	const struct trace_attribute *a = trace_attribute_find(number);

	return a != NULL ? a->name : NULL;
}

static const char *
name(CK_ULONG kind, CK_ULONG number)
{
	switch (kind) {
	case MDOC_NAME_MECHANISM:
		return trace_name(TRACE_MECHANISM, number);
	case MDOC_NAME_CLASS:
		return trace_name(TRACE_CLASS, number);
	case MDOC_NAME_ATTRIBUTE:
		return attribute_name(number);
	default:
		return NULL;
	}
}

static const char *
version_of(const struct device *d)
{
	if (d->f32 != NULL)
		return "3.2";
	return d->f3 != NULL ? "3.0" : "2.40";
}

/* NULL: no such thing. */
static const char *
text_of(const struct device *d, CK_ULONG what)
{
	switch (what) {
	case MDOC_DEVICE_NAME:
		return d->conf.name;
	case MDOC_DEVICE_MODULE:
		return d->conf.module;
	case MDOC_DEVICE_PKCS11:
		return version_of(d);
	default:
		return NULL;
	}
}

static CK_RV
text_put(const char *from, CK_UTF8CHAR *text, CK_ULONG *text_len)
{
	size_t n;
	CK_RV rv = CKR_OK;

	if (from == NULL || text_len == NULL)
		return CKR_ARGUMENTS_BAD;
	n = strlen(from);
	if (text != NULL && *text_len < n)
		rv = CKR_BUFFER_TOO_SMALL;
	else if (text != NULL)
		memcpy(text, from, n);
	*text_len = n;
	return rv;
}

static CK_RV
device(CK_SLOT_ID slot, CK_ULONG what, CK_UTF8CHAR *text, CK_ULONG *text_len)
{
	struct api_call call;
	CK_RV rv;

	rv = api_enter_slot(&call, slot);
	if (rv == CKR_OK)
		rv = text_put(text_of(call.device, what), text, text_len);
	return api_leave(&call, rv);
}

mdoc_interface vendor_interface = {
	.version = { 1, 0 },
	.library = PACKAGE_VERSION,
	.name = name,
	.device = device,
};
