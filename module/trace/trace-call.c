/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "module/trace/trace-call.h"
#include "vendor-ext/token.h"

#define NS_PER_S 1000000000LL
/* Handles of a list that are written out. */
#define MAX_HANDLES 16
#define LABEL_LEN   32

static int64_t
monotonic(void)
{
	struct timespec ts = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static void
put_head(struct trace_line *l, const char *function)
{
	struct timespec ts = { 0, 0 };
	long day;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	day = (long)(ts.tv_sec % 86400);
	trace_put(l, "%02ld:%02ld:%02ld.%06ld %ld %s(", day / 3600,
	    day / 60 % 60, day % 60, ts.tv_nsec / 1000, (long)gettid(),
	    function);
}

void
trace_begin(struct trace_call *t, const char *function)
{
	trace_line_start(&t->line);
	t->function = function;
	t->comma = "";
	put_head(&t->line, function);
}

/* The same line as it will be, with a mark and without an end. */
static void
write_begin(const struct trace_call *t)
{
	const char *open = memchr(t->line.text, '(', t->line.len);
	struct trace_line l UNINITIALIZED;
	size_t head;

	if (open == NULL)
		return;
	head = (size_t)(open - t->line.text) - strlen(t->function);
	trace_line_start(&l);
	l.room = TRACE_ROOM_END;
	trace_put(&l, "%.*s> %.*s)", (int)head, t->line.text,
	    (int)(t->line.len - head), t->line.text + head);
	trace_line_write(&l);
}

void
trace_enter(struct trace_call *t)
{
	if (trace_wants_begin())
		write_begin(t);
	t->start = monotonic();
}

void
trace_return(struct trace_call *t, CK_RV rv)
{
	t->start = monotonic() - t->start;
	t->rv = rv;
	trace_line_room(&t->line, TRACE_ROOM_RESULTS);
	trace_put(&t->line, ") = %s", token_rv_name(rv));
	t->comma = ", ";
}

void
trace_end(struct trace_call *t)
{
	trace_line_room(&t->line, TRACE_ROOM_END);
	trace_put(&t->line, " <%lld us>", (long long)((t->start + 500) / 1000));
	trace_line_write(&t->line);
}

static struct trace_line *
named(struct trace_call *t, const char *name)
{
	trace_put(&t->line, "%s%s=", t->comma, name);
	t->comma = ", ";
	return &t->line;
}

void
trace_arg_handle(struct trace_call *t, const char *name, CK_ULONG v)
{
	trace_put(named(t, name), "0x%lx", v);
}

void
trace_arg_number(struct trace_call *t, const char *name, CK_ULONG v)
{
	trace_put(named(t, name), "%lu", v);
}

void
trace_arg_bool(struct trace_call *t, const char *name, CK_BBOOL v)
{
	trace_put(named(t, name), "%s", v ? "true" : "false");
}

void
trace_arg_flags(struct trace_call *t, enum trace_flags which, CK_FLAGS f)
{
	trace_put_flags(named(t, "flags"), which, f);
}

void
trace_arg_user(struct trace_call *t, CK_USER_TYPE user)
{
	trace_put_name(named(t, "user"), TRACE_USER, user);
}

void
trace_arg_pin(struct trace_call *t, const char *name, const CK_BYTE *pin,
    CK_ULONG n)
{
	trace_put(named(t, name), "%s",
	    pin == NULL  ? "NULL"
		: n == 0 ? "empty"
			 : "given");
}

void
trace_arg_secret(struct trace_call *t, const char *name, const void *data,
    CK_ULONG n)
{
	trace_put(named(t, name), "%s%lu bytes", data == NULL ? "NULL, " : "",
	    n);
}

void
trace_arg_data(struct trace_call *t, const char *name, const CK_BYTE *data,
    CK_ULONG n)
{
	trace_arg_secret(t, name, data, n);
	if (data != NULL)
		trace_put_mdoc(&t->line, bytes_of(data, n));
}

void
trace_arg_room(struct trace_call *t, const char *name, const void *out,
    const CK_ULONG *n)
{
	trace_put(&t->line, "%s%s[", t->comma, name);
	t->comma = ", ";
	if (out == NULL || n == NULL)
		trace_put(&t->line, "NULL]");
	else
		trace_put(&t->line, "%lu]", *n);
}

void
trace_arg_label(struct trace_call *t, const CK_UTF8CHAR *label)
{
	struct trace_line *l = named(t, "label");

	if (label == NULL)
		trace_put(l, "NULL");
	else
		trace_put_padded(l, label, LABEL_LEN);
}

void
trace_arg_mechanism(struct trace_call *t, const CK_MECHANISM *m)
{
	trace_put_mechanism(named(t, "mechanism"), m);
}

void
trace_arg_type(struct trace_call *t, CK_MECHANISM_TYPE type)
{
	trace_put_name(named(t, "type"), TRACE_MECHANISM, type);
}

void
trace_arg_template(struct trace_call *t, const char *name,
    const CK_ATTRIBUTE *a, CK_ULONG n)
{
	trace_put_template(named(t, name), a, n);
}

void
trace_arg_wanted(struct trace_call *t, const CK_ATTRIBUTE *a, CK_ULONG n)
{
	for (CK_ULONG i = 0; a != NULL && i < n && i < nitems(t->rooms); i++)
		t->rooms[i] = a[i].pValue == NULL ? 0 : a[i].ulValueLen;
	trace_put_wanted(named(t, "template"), a, n);
}

void
trace_arg_initialize(struct trace_call *t, const void *args)
{
	const CK_C_INITIALIZE_ARGS *a = args;

	if (a == NULL) {
		trace_put(named(t, "args"), "NULL");
		return;
	}
	trace_arg_flags(t, TRACE_FLAGS_INITIALIZE, a->flags);
	trace_put(named(t, "mutexes"), "%s",
	    a->CreateMutex == NULL ? "none" : "given");
	trace_arg_pointer(t, "reserved", a->pReserved);
}

void
trace_arg_function(struct trace_call *t, const CK_UTF8CHAR *name)
{
	if (name == NULL)
		trace_put(named(t, "function"), "NULL");
	else
		trace_put_text(named(t, "function"),
		    bytes_str((const char *)name));
}

void
trace_arg_pointer(struct trace_call *t, const char *name, const void *p)
{
	trace_put(named(t, name), "%s", p == NULL ? "NULL" : "given");
}

void
trace_out_handle(struct trace_call *t, const char *name, const CK_ULONG *v)
{
	if (v != NULL && t->rv == CKR_OK)
		trace_arg_handle(t, name, *v);
}

void
trace_out_number(struct trace_call *t, const char *name, const CK_ULONG *v)
{
	if (v != NULL && t->rv == CKR_OK)
		trace_arg_number(t, name, *v);
}

void
trace_out_length(struct trace_call *t, const char *name, const CK_ULONG *n)
{
	if (n != NULL && (t->rv == CKR_OK || t->rv == CKR_BUFFER_TOO_SMALL))
		trace_put(named(t, name), "%lu bytes", *n);
}

void
trace_out_handles(struct trace_call *t, const char *name, const CK_ULONG *v,
    const CK_ULONG *n)
{
	struct trace_line *l;

	if (n == NULL || t->rv != CKR_OK)
		return;
	l = named(t, name);
	trace_put(l, "%lu", *n);
	for (CK_ULONG i = 0; v != NULL && i < *n && i < MAX_HANDLES; i++)
		trace_put(l, "%s0x%lx", i == 0 ? " {" : ", ", v[i]);
	if (v != NULL && *n > 0)
		trace_put(l, *n > MAX_HANDLES ? ", ...}" : "}");
}

void
trace_out_results(struct trace_call *t, const CK_ATTRIBUTE *a, CK_ULONG n)
{
	/* PKCS#11 5.7: with these, some values are there. */
	if (a != NULL &&
	    (t->rv == CKR_OK || t->rv == CKR_ATTRIBUTE_SENSITIVE ||
		t->rv == CKR_ATTRIBUTE_TYPE_INVALID ||
		t->rv == CKR_BUFFER_TOO_SMALL))
		trace_put_results(named(t, "values"), a, n, t->rooms);
}

static void
put_version(struct trace_line *l, const CK_VERSION *v)
{
	trace_put(l, "%u.%u", v->major, v->minor);
}

void
trace_out_info(struct trace_call *t, const CK_INFO *info)
{
	struct trace_line *l = &t->line;

	if (info == NULL || t->rv != CKR_OK)
		return;
	put_version(named(t, "cryptoki"), &info->cryptokiVersion);
	trace_put_padded(named(t, "manufacturer"), info->manufacturerID,
	    sizeof(info->manufacturerID));
	trace_put_padded(named(t, "library"), info->libraryDescription,
	    sizeof(info->libraryDescription));
	trace_put(l, " ");
	put_version(l, &info->libraryVersion);
}

void
trace_out_slot(struct trace_call *t, const CK_SLOT_INFO *info)
{
	if (info == NULL || t->rv != CKR_OK)
		return;
	trace_put_padded(named(t, "description"), info->slotDescription,
	    sizeof(info->slotDescription));
	trace_arg_flags(t, TRACE_FLAGS_SLOT, info->flags);
}

void
trace_out_token(struct trace_call *t, const CK_TOKEN_INFO *info)
{
	if (info == NULL || t->rv != CKR_OK)
		return;
	trace_put_padded(named(t, "label"), info->label, sizeof(info->label));
	trace_put_padded(named(t, "model"), info->model, sizeof(info->model));
	trace_put_padded(named(t, "serial"), info->serialNumber,
	    sizeof(info->serialNumber));
	trace_arg_flags(t, TRACE_FLAGS_TOKEN, info->flags);
}

void
trace_out_session(struct trace_call *t, const CK_SESSION_INFO *info)
{
	if (info == NULL || t->rv != CKR_OK)
		return;
	trace_arg_handle(t, "slot", info->slotID);
	trace_put_name(named(t, "state"), TRACE_STATE, info->state);
	trace_arg_flags(t, TRACE_FLAGS_SESSION, info->flags);
}

void
trace_out_mechanism(struct trace_call *t, const CK_MECHANISM_INFO *info)
{
	if (info == NULL || t->rv != CKR_OK)
		return;
	trace_arg_number(t, "min", info->ulMinKeySize);
	trace_arg_number(t, "max", info->ulMaxKeySize);
	trace_arg_flags(t, TRACE_FLAGS_MECHANISM, info->flags);
}
