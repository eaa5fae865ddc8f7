/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <time.h>

#include "link.h"

#define OPEN_TIMEOUT MDOC_TIMEOUT_ENGAGEMENT

static int
fail(struct link *l, const char *step, int error)
{
	const char *text = mdoc_ctx_error(l->c->ctx);

	steps_add(&l->steps, step, false, "%s",
	    *text != '\0' ? text : mdoc_strerror(error));
	return cli_exit_of(error);
}

int
link_reject(struct link *l, const char *step, int error)
{
	int code = fail(l, step, error);

	/* Whatever is wrong with the data, it is the peer that sent them. */
	return error == MDOC_E_MEMORY ? code : CLI_PEER;
}

static int
read_timeout(struct cli *c, int *ret)
{
	const char *text = cli_get(c, "timeout");
	char *end;
	long n;

	*ret = MDOC_TIMEOUT_INACTIVITY;
	if (text == NULL)
		return CLI_OK;
	n = strtol(text, &end, 10);
	if (end == text || *end != '\0' || n < 1 || n > 86400)
		return cli_usage(c,
		    "--timeout: \"%s\" is not a number of seconds", text);
	*ret = (int)n * 1000;
	return CLI_OK;
}

static int64_t
milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The other side may not listen yet: tries again until the time is up. */
static int
connect_until(struct link *l, const char *address, int limit)
{
	static const struct timespec pause = { 0, 50000000 };
	int64_t end = milliseconds() + limit;
	int r;

	for (;;) {
		r = mdoc_transport_tcp_connect(l->c->ctx, address,
		    &l->transport);
		if (r != MDOC_OK)
			return r;
		r = mdoc_transport_open(l->transport, limit);
		if ((r != MDOC_E_PEER && r != MDOC_E_IO) ||
		    milliseconds() >= end)
			return r;
		mdoc_transport_free(&l->transport);
		nanosleep(&pause, NULL);
	}
}

static int
listen_once(struct link *l, const char *address, int limit)
{
	int r = mdoc_transport_tcp_listen(l->c->ctx, address, &l->transport);

	if (r != MDOC_OK)
		return r;
	steps_add(&l->steps, "listen", true, "%s",
	    mdoc_transport_address(l->transport));
	return mdoc_transport_open(l->transport, limit);
}

int
link_open(struct cli *c, struct link *ret)
{
	const char *listen = cli_get(c, "listen");
	const char *connect = cli_get(c, "connect");
	int code, r;

	*ret = (struct link){ .c = c };
	if ((listen == NULL) == (connect == NULL))
		return cli_usage(c, "either --listen or --connect is needed");
	code = read_timeout(c, &ret->timeout);
	if (code != CLI_OK)
		return code;
	steps_start(&ret->steps, c);
	if (listen != NULL)
		r = listen_once(ret, listen, ret->timeout);
	else
		r = connect_until(ret, connect,
		    ret->timeout < OPEN_TIMEOUT ? ret->timeout : OPEN_TIMEOUT);
	if (r != MDOC_OK)
		return fail(ret, "connect", r);
	steps_add(&ret->steps, "connect", true, "%s",
	    mdoc_transport_address(ret->transport));
	return CLI_OK;
}

int
link_send(struct link *l, mdoc_bytes message, const char *step)
{
	int r = mdoc_transport_send(l->transport, message, l->timeout);

	if (r != MDOC_OK)
		return fail(l, step, r);
	steps_add(&l->steps, step, true, "%zu bytes sent", message.len);
	return CLI_OK;
}

int
link_receive(struct link *l, const char *step)
{
	int r = mdoc_transport_recv(l->transport, &l->message, l->timeout);

	return r == MDOC_OK ? CLI_OK : fail(l, step, r);
}

int
link_event(struct link *l, mdoc_event *ret)
{
	int code = link_receive(l, "receive");
	int r;

	if (code != CLI_OK)
		return code;
	r = mdoc_session_receive(l->session, cli_bytes(&l->message), ret);
	if (r != MDOC_OK)
		return fail(l, "session", r);
	if (ret->answer.ptr != NULL)
		(void)mdoc_transport_send(l->transport, ret->answer,
		    l->timeout);
	if (ret->type == MDOC_EVENT_ERROR ||
	    (ret->type == MDOC_EVENT_TERMINATED &&
		ret->status != MDOC_STATUS_TERMINATION)) {
		steps_add(&l->steps, ret->name, false, "%s", ret->reason);
		return ret->error == MDOC_E_MEMORY ? CLI_ERROR : CLI_PEER;
	}
	steps_add(&l->steps, ret->name, true, "%zu bytes received",
	    l->message.len);
	return CLI_OK;
}

void
link_close(struct link *l)
{
	mdoc_buf end = MDOC_BUF_INIT;

	if (l->session != NULL && l->transport != NULL &&
	    mdoc_session_end(l->session, &end) == MDOC_OK)
		(void)mdoc_transport_send(l->transport, cli_bytes(&end), 1000);
	mdoc_buf_reset(&end);
	mdoc_session_free(&l->session);
	mdoc_transport_free(&l->transport);
	mdoc_buf_reset(&l->message);
}
