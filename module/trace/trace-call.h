/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trace-call: one call on a line,
 *
 *	00:10:00.123456 4711 C_Sign(session=0x1, ...) = CKR_OK, ... <12 us>
 *
 * Arguments by trace_arg_*, before the call; what it gave by trace_out_*,
 * after. Lines appear when calls have returned; with P11_MDOC_TRACE=+... also
 * when they begin, with "> " before the name and without a result.
 */
#ifndef MODULE_TRACE_CALL_H
#define MODULE_TRACE_CALL_H

#include "module/trace/trace-print.h"

struct trace_call {
	struct trace_line line;
	const char *function;
	const char *comma;
	CK_RV rv;
	int64_t start; /* nanoseconds; after the call: how long it took */
	CK_ULONG rooms[TRACE_ATTRIBUTES_MAX];
};

void trace_begin(struct trace_call *t, const char *function);
/* The last moment before the call, and the first after it. */
void trace_enter(struct trace_call *t);
void trace_return(struct trace_call *t, CK_RV rv);
void trace_end(struct trace_call *t);

void trace_arg_handle(struct trace_call *t, const char *name, CK_ULONG v);
void trace_arg_number(struct trace_call *t, const char *name, CK_ULONG v);
void trace_arg_bool(struct trace_call *t, const char *name, CK_BBOOL v);
void trace_arg_flags(struct trace_call *t, enum trace_flags which, CK_FLAGS f);
void trace_arg_user(struct trace_call *t, CK_USER_TYPE user);
/* "given", "empty" or "NULL": not even a length. */
void trace_arg_pin(struct trace_call *t, const char *name, const CK_BYTE *pin,
    CK_ULONG n);
/* A length; and what it is, if it is a structure of mdoc. */
void trace_arg_data(struct trace_call *t, const char *name, const CK_BYTE *data,
    CK_ULONG n);
/* A length. */
void trace_arg_secret(struct trace_call *t, const char *name, const void *data,
    CK_ULONG n);
/* Room for an output. */
void trace_arg_room(struct trace_call *t, const char *name, const void *out,
    const CK_ULONG *n);
void trace_arg_label(struct trace_call *t, const CK_UTF8CHAR *label);
void trace_arg_mechanism(struct trace_call *t, const CK_MECHANISM *m);
void trace_arg_template(struct trace_call *t, const char *name,
    const CK_ATTRIBUTE *a, CK_ULONG n);
/* Of C_GetAttributeValue; keeps how much room there is. */
void trace_arg_wanted(struct trace_call *t, const CK_ATTRIBUTE *a, CK_ULONG n);
void trace_arg_initialize(struct trace_call *t, const void *args);
void trace_arg_type(struct trace_call *t, CK_MECHANISM_TYPE type);
void trace_arg_function(struct trace_call *t, const CK_UTF8CHAR *name);
void trace_arg_pointer(struct trace_call *t, const char *name, const void *p);

/*
 * Nothing is written for NULL, or if the call did not give it: most give
 * something with CKR_OK only, lengths also with CKR_BUFFER_TOO_SMALL.
 */
void
trace_out_handle(struct trace_call *t, const char *name, const CK_ULONG *v);
void
trace_out_number(struct trace_call *t, const char *name, const CK_ULONG *v);
void
trace_out_length(struct trace_call *t, const char *name, const CK_ULONG *n);
void trace_out_handles(struct trace_call *t, const char *name,
    const CK_ULONG *v, const CK_ULONG *n);
void trace_out_results(struct trace_call *t, const CK_ATTRIBUTE *a, CK_ULONG n);
void trace_out_info(struct trace_call *t, const CK_INFO *info);
void trace_out_slot(struct trace_call *t, const CK_SLOT_INFO *info);
void trace_out_token(struct trace_call *t, const CK_TOKEN_INFO *info);
void trace_out_session(struct trace_call *t, const CK_SESSION_INFO *info);
void trace_out_mechanism(struct trace_call *t, const CK_MECHANISM_INFO *info);

#endif
