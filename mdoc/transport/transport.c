/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "mdoc/crypto/ctx.h"
#include "mdoc/transport/transport.h"

enum stage {
	STAGE_NEW,
	STAGE_OPEN,
	STAGE_BROKEN
};

struct mdoc_transport {
	mdoc_ctx *ctx;
	mdoc_transport_ops ops;
	const struct transport_extra *extra;
	void *self;
	enum stage stage;
	int broken; /* the error that broke it */
};

int
transport_fail(struct transport_error *e, int code, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(e->text, sizeof(e->text), format, ap);
	va_end(ap);
	return code;
}

int
transport_fail_errno(struct transport_error *e, int error, const char *what)
{
	char buf[128];

	return transport_fail(e, MDOC_E_IO, "%s: %s", what,
	    strerror_r(error, buf, sizeof(buf)));
}

static bool
ops_complete(const mdoc_transport_ops *ops)
{
	return ops != NULL && ops->size >= sizeof(*ops) && ops->name != NULL &&
	    ops->open != NULL && ops->send != NULL && ops->recv != NULL &&
	    ops->close != NULL;
}

int
transport_new(mdoc_ctx *ctx, const mdoc_transport_ops *ops,
    const struct transport_extra *extra, void *self, mdoc_transport **ret)
{
	mdoc_transport *t;

	if (!ops_complete(ops))
		return ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "transport: a member of the operations is missing");
	if ((t = calloc(1, sizeof(*t))) == NULL)
		return ctx_fail(ctx, MDOC_E_MEMORY, "transport: out of memory");
	t->ctx = ctx;
	t->ops = *ops;
	t->extra = extra;
	t->self = self;
	*ret = t;
	return MDOC_OK;
}

int
mdoc_transport_new(mdoc_ctx *ctx, const mdoc_transport_ops *ops, void *self,
    mdoc_transport **ret)
{
	return transport_new(ctx, ops, NULL, self, ret);
}

void
mdoc_transport_set_ctx(mdoc_transport *transport, mdoc_ctx *ctx)
{
	transport->ctx = ctx;
}

const char *
mdoc_transport_name(const mdoc_transport *transport)
{
	return transport->ops.name;
}

const char *
mdoc_transport_address(const mdoc_transport *transport)
{
	const struct transport_extra *extra = transport->extra;

	if (extra == NULL || extra->address == NULL)
		return "";
	return extra->address(transport->self);
}

int
mdoc_transport_fd(const mdoc_transport *transport)
{
	const struct transport_extra *extra = transport->extra;

	if (extra == NULL || extra->fd == NULL)
		return -1;
	return extra->fd(transport->self);
}

/*
 * The result of an operation as the caller sees it: text in the context, and
 * the transport closed to further use unless there was only no time left.
 */
static int
settle(mdoc_transport *t, const char *verb, int rv)
{
	const char *text;

	if (rv == MDOC_OK)
		return MDOC_OK;
	if (rv > 0 || rv < MDOC_E_INTERNAL) {
		t->stage = STAGE_BROKEN;
		t->broken = MDOC_E_IO;
		return ctx_fail(t->ctx, MDOC_E_IO,
		    "%s: %s: the transport returned %d, which is no error code",
		    t->ops.name, verb, rv);
	}
	text = t->extra != NULL ? t->extra->error(t->self) : mdoc_strerror(rv);
	if (rv != MDOC_E_AGAIN && rv != MDOC_E_TIMEOUT) {
		t->stage = STAGE_BROKEN;
		t->broken = rv;
		log_printf(LOG_INFO, "transport", "%s: %s: %s", t->ops.name,
		    verb, text);
	}
	return ctx_fail(t->ctx, rv, "%s: %s: %s", t->ops.name, verb, text);
}

/* May the operation be called now? */
static int
ready(mdoc_transport *t, const char *verb, enum stage wanted, int timeout)
{
	if (timeout < -1)
		return ctx_fail(t->ctx, MDOC_E_ARGUMENT,
		    "%s: %s: time-out %d is less than -1", t->ops.name, verb,
		    timeout);
	if (t->stage == STAGE_BROKEN)
		return ctx_fail(t->ctx, t->broken,
		    "%s: %s: the connection ended before", t->ops.name, verb);
	if (t->stage != wanted)
		return ctx_fail(t->ctx, MDOC_E_ARGUMENT, "%s: %s: %s",
		    t->ops.name, verb,
		    wanted == STAGE_NEW ? "opened before" : "not opened yet");
	return MDOC_OK;
}

int
mdoc_transport_open(mdoc_transport *transport, int timeout)
{
	int r;

	if ((r = ready(transport, "open", STAGE_NEW, timeout)) != MDOC_OK)
		return r;
	r = transport->ops.open(transport->self, timeout);
	if (r == MDOC_OK)
		transport->stage = STAGE_OPEN;
	return settle(transport, "open", r);
}

int
mdoc_transport_send(mdoc_transport *transport, mdoc_bytes message, int timeout)
{
	int r;

	if ((r = ready(transport, "send", STAGE_OPEN, timeout)) != MDOC_OK)
		return r;
	if (message.ptr == NULL || message.len == 0 ||
	    message.len > MDOC_TRANSPORT_MAX)
		return ctx_fail(transport->ctx, MDOC_E_ARGUMENT,
		    "%s: send: a message of %zu bytes (1 to %zu are allowed)",
		    transport->ops.name, message.len, MDOC_TRANSPORT_MAX);
	r = transport->ops.send(transport->self, message, timeout);
	return settle(transport, "send", r);
}

int
mdoc_transport_recv(mdoc_transport *transport, mdoc_buf *ret_message,
    int timeout)
{
	mdoc_buf message = MDOC_BUF_INIT;
	int r;

	if ((r = ready(transport, "recv", STAGE_OPEN, timeout)) != MDOC_OK)
		return r;
	r = transport->ops.recv(transport->self, &message, timeout);
	if ((r = settle(transport, "recv", r)) != MDOC_OK)
		goto out;
	if (message.len == 0 || message.len > MDOC_TRANSPORT_MAX) {
		transport->stage = STAGE_BROKEN;
		transport->broken = MDOC_E_PEER;
		r = ctx_fail(transport->ctx, MDOC_E_PEER,
		    "%s: recv: a message of %zu bytes (1 to %zu are allowed)",
		    transport->ops.name, message.len, MDOC_TRANSPORT_MAX);
		goto out;
	}
	mdoc_buf_reset(ret_message);
	*ret_message = message;
	message = (mdoc_buf)MDOC_BUF_INIT;
	r = MDOC_OK;
out:
	mdoc_buf_reset(&message);
	return r;
}

void
mdoc_transport_free(mdoc_transport **transport)
{
	if (transport == NULL || *transport == NULL)
		return;
	(*transport)->ops.close((*transport)->self);
	free(*transport);
	*transport = NULL;
}
