/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trace-print: values of PKCS#11 on a line of a trace. No value of a key, no
 * PIN, no data that is encrypted, decrypted, random or signed: lengths only.
 */
#ifndef MODULE_TRACE_PRINT_H
#define MODULE_TRACE_PRINT_H

#include <p11-kit/pkcs11.h>

#include "module/trace/trace-line.h"
#include "module/trace/trace-names.h"

/* "CKM_ECDSA", or "0x1041" for one that is in no table. */
void trace_put_name(struct trace_line *l, enum trace_table t, CK_ULONG value);
void trace_put_mechanism(struct trace_line *l, const CK_MECHANISM *m);
void
trace_put_template(struct trace_line *l, const CK_ATTRIBUTE *t, CK_ULONG n);
/* Types and room of what C_GetAttributeValue is asked for. */
void trace_put_wanted(struct trace_line *l, const CK_ATTRIBUTE *t, CK_ULONG n);
/*
 * What it answered. rooms: the lengths as they were before; a value that is
 * longer than that is not looked at, whatever the module says.
 */
#define TRACE_ATTRIBUTES_MAX 64
void trace_put_results(struct trace_line *l, const CK_ATTRIBUTE *t, CK_ULONG n,
    const CK_ULONG *rooms);

/* Flags of C_Initialize, of sessions, slots, tokens and mechanisms. */
enum trace_flags {
	TRACE_FLAGS_INITIALIZE,
	TRACE_FLAGS_SESSION,
	TRACE_FLAGS_SLOT,
	TRACE_FLAGS_TOKEN,
	TRACE_FLAGS_MECHANISM,
	TRACE_FLAGS_EVENT
};

void trace_put_flags(struct trace_line *l, enum trace_flags which, CK_FLAGS f);
/* Blank-padded, as structures of PKCS#11 have it. */
void trace_put_padded(struct trace_line *l, const CK_UTF8CHAR *s, size_t n);

/*
 * trace-mdoc.c. " (DeviceAuthentication, docType ...)" if that is what is
 * there, else nothing.
 */
void trace_put_mdoc(struct trace_line *l, struct bytes data);
void trace_put_transcript(struct trace_line *l, struct bytes transcript);
void trace_put_cose_key(struct trace_line *l, struct bytes key);

#endif
