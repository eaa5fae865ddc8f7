/* SPDX-License-Identifier: BSD-3-Clause */
/* trace-define: how trace.c and trace-3.c define functions that trace. */
#ifndef MODULE_TRACE_DEFINE_H
#define MODULE_TRACE_DEFINE_H

#include "module/trace/trace-call.h"

/* traced_NAME, which calls C_NAME of list; in, out: what is written. */
#define TRACE_FUNCTION(list, name, params, args, in, out) \
	static CK_RV traced_##name params                 \
	{                                                 \
		struct trace_call t UNINITIALIZED;        \
		CK_RV rv;                                 \
                                                          \
		trace_begin(&t, "C_" #name);              \
		in;                                       \
		trace_enter(&t);                          \
		rv = (list)->C_##name args;               \
		trace_return(&t, rv);                     \
		out;                                      \
		trace_end(&t);                            \
		return rv;                                \
	}

#define IN(kind, ...)  trace_arg_##kind(&t, __VA_ARGS__);
#define OUT(kind, ...) trace_out_##kind(&t, __VA_ARGS__);
#define NONE
#define SESSION IN(handle, "session", s)

#endif
