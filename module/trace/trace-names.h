/* SPDX-License-Identifier: BSD-3-Clause */
/* trace-names: the numbers of PKCS#11 and ours, by their names. */
#ifndef MODULE_TRACE_NAMES_H
#define MODULE_TRACE_NAMES_H

#include <p11-kit/pkcs11.h>

enum trace_table {
	TRACE_MECHANISM,
	TRACE_CLASS,
	TRACE_KEY_TYPE,
	TRACE_CERTIFICATE,
	TRACE_KDF,
	TRACE_MGF,
	TRACE_PROFILE,
	TRACE_USER,
	TRACE_STATE,
	TRACE_ROLE,
	/* How values of attributes look that are in no table. */
	TRACE_LENGTH,
	TRACE_BOOL,
	TRACE_ULONG,
	TRACE_TEXT,
	TRACE_HEX,
	TRACE_CURVE,
	TRACE_PATH,
	TRACE_TRANSCRIPT,
	TRACE_COSE_KEY
};

struct trace_attribute {
	CK_ATTRIBUTE_TYPE type;
	const char *name;
	enum trace_table kind;
};

/* "CKM_ECDSA"; NULL: unknown. table: up to TRACE_ROLE. */
const char *trace_name(enum trace_table table, CK_ULONG value);
/* NULL: unknown. */
const struct trace_attribute *trace_attribute_find(CK_ATTRIBUTE_TYPE type);

#endif
