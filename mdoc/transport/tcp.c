/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp: one connection, framed. */
#include "config.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "mdoc/crypto/ctx.h"
#include "mdoc/transport/address.h"
#include "mdoc/transport/frame.h"

/* How much of what nobody will read is taken before closing; see tcp_close. */
#define DRAIN_MAX ((size_t)256 << 10)

struct tcp {
	int listener; /* -1: connecting, or the peer is there */
	struct frame_stream stream;
	struct addrinfo *found;       /* connecting: to try */
	const struct addrinfo *trial; /* connecting: where stream.fd goes to */
	char address[ADDRESS_MAX_TEXT];
	char peer[ADDRESS_MAX_TEXT]; /* "" until there is one */
	struct transport_error error;
};

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
tcp_free(struct tcp *t)
{
	close_fd(&t->listener);
	close_fd(&t->stream.fd);
	frame_reset(&t->stream);
	if (t->found != NULL)
		freeaddrinfo(t->found);
	free(t);
}

static struct tcp *
tcp_new(void)
{
	struct tcp *t;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	t->listener = t->stream.fd = -1;
	return t;
}

/* Every error says whom it is about. */
static int
named(struct tcp *t, int r)
{
	struct transport_error bare = t->error;

	if (r == MDOC_OK)
		return r;
	return transport_fail(&t->error, r, "%.100s: %.150s",
	    t->peer[0] != '\0' ? t->peer : t->address, bare.text);
}

static struct addrinfo *
resolve(const char *text, int flags, struct transport_error *error, int *ret_r)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = flags | AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	struct address a;
	int e;

	if ((*ret_r = address_parse(text, &a, error)) != MDOC_OK)
		return NULL;
	if ((e = getaddrinfo(a.host, a.port, &hints, &found)) != 0) {
		*ret_r = transport_fail(error, MDOC_E_IO, "%.100s: %s", text,
		    gai_strerror(e));
		return NULL;
	}
	return found;
}

/* -1 and errno */
static int
socket_for(const struct addrinfo *a)
{
	return socket(a->ai_family,
	    a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
}

/* Messages are whole: waiting for more to send only delays them. */
static void
no_delay(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static int
accept_peer(struct tcp *t, const struct deadline *d)
{
	struct sockaddr_storage peer;
	socklen_t len;
	int r, fd;

	for (;;) {
		len = sizeof(peer);
		fd = accept4(t->listener, (struct sockaddr *)&peer, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			break;
		if (errno == EINTR || errno == ECONNABORTED)
			continue;
		if (errno != EAGAIN)
			return transport_fail_errno(&t->error, errno, "accept");
		if ((r = frame_wait(t->listener, POLLIN, d, &t->error)) ==
		    MDOC_OK)
			continue;
		if (r == MDOC_E_IO)
			return r;
		return transport_fail(&t->error, r, "no peer has connected");
	}
	/* One peer: the next one is refused, not left waiting. */
	close_fd(&t->listener);
	t->stream.fd = fd;
	no_delay(fd);
	address_format((struct sockaddr *)&peer, len, t->peer);
	log_printf(LOG_INFO, "tcp", "%s: accepted %s", t->address, t->peer);
	return MDOC_OK;
}

/* The outcome of a connect that was under way: 0 or an errno. */
static int
connect_outcome(int fd)
{
	socklen_t len = sizeof(int);
	int e = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len) != 0)
		e = errno;
	return e;
}

/* One address. *ret_errno says why not, for the next one to be tried. */
static int
connect_trial(struct tcp *t, const struct deadline *d, int *ret_errno)
{
	int r;

	if (t->stream.fd < 0) {
		if ((t->stream.fd = socket_for(t->trial)) < 0 ||
		    (connect(t->stream.fd, t->trial->ai_addr,
			 t->trial->ai_addrlen) != 0 &&
			errno != EINPROGRESS && errno != EINTR)) {
			*ret_errno = errno;
			close_fd(&t->stream.fd);
			return MDOC_E_PEER;
		}
	}
	if ((r = frame_wait(t->stream.fd, POLLOUT, d, &t->error)) != MDOC_OK)
		return r;
	if ((*ret_errno = connect_outcome(t->stream.fd)) != 0) {
		close_fd(&t->stream.fd);
		return MDOC_E_PEER;
	}
	return MDOC_OK;
}

static int
connect_peer(struct tcp *t, const struct deadline *d)
{
	int r, e = 0;

	for (; t->trial != NULL; t->trial = t->trial->ai_next) {
		r = connect_trial(t, d, &e);
		if (r == MDOC_OK)
			break;
		if (r == MDOC_E_AGAIN || r == MDOC_E_TIMEOUT)
			return transport_fail(&t->error, r,
			    "connect: no answer yet");
		if (r == MDOC_E_IO)
			return r;
	}
	if (t->trial == NULL) {
		transport_fail_errno(&t->error, e, "connect");
		return MDOC_E_PEER;
	}
	no_delay(t->stream.fd);
	address_format(t->trial->ai_addr, t->trial->ai_addrlen, t->peer);
	log_printf(LOG_INFO, "tcp", "connected to %s", t->peer);
	return MDOC_OK;
}

static int
tcp_open(void *self, int timeout)
{
	struct deadline d = deadline_in(timeout);
	struct tcp *t = self;

	return named(t,
	    t->listener >= 0 ? accept_peer(t, &d) : connect_peer(t, &d));
}

static int
tcp_send(void *self, mdoc_bytes message, int timeout)
{
	struct deadline d = deadline_in(timeout);
	struct tcp *t = self;

	return named(t,
	    frame_send(&t->stream, from_public(message), &d, &t->error));
}

static int
tcp_recv(void *self, mdoc_buf *ret_message, int timeout)
{
	struct deadline d = deadline_in(timeout);
	struct blob message = BLOB_INIT;
	struct tcp *t = self;
	int r;

	if ((r = frame_recv(&t->stream, &d, &t->error, &message)) == MDOC_OK)
		buf_take_blob(ret_message, &message);
	return named(t, r);
}

/*
 * Closing a socket with unread bytes resets the connection, and the peer may
 * lose our last message, a termination for example: so they are taken first.
 */
static void
tcp_close(void *self)
{
	struct tcp *t = self;
	uint8_t sink[1024];
	size_t drained = 0;
	ssize_t n;

	if (t->stream.fd >= 0 && t->peer[0] != '\0') {
		shutdown(t->stream.fd, SHUT_WR);
		while (drained < DRAIN_MAX &&
		    (n = recv(t->stream.fd, sink, sizeof(sink), 0)) > 0)
			drained += (size_t)n;
		log_printf(LOG_INFO, "tcp", "%s: closed", t->peer);
	}
	tcp_free(t);
}

static const char *
tcp_error(const void *self)
{
	const struct tcp *t = self;

	return t->error.text;
}

static int
tcp_fd(const void *self)
{
	const struct tcp *t = self;

	return t->listener >= 0 ? t->listener : t->stream.fd;
}

static const char *
tcp_address(const void *self)
{
	const struct tcp *t = self;

	return t->address;
}

static const mdoc_transport_ops tcp_ops = {
	.size = sizeof(mdoc_transport_ops),
	.name = "tcp",
	.open = tcp_open,
	.send = tcp_send,
	.recv = tcp_recv,
	.close = tcp_close,
};

static const struct transport_extra tcp_extra = {
	.error = tcp_error,
	.fd = tcp_fd,
	.address = tcp_address,
};

/* Binds the first address that can be bound: 0 or an errno. */
static int
listen_at(struct tcp *t, const struct addrinfo *found)
{
	struct sockaddr_storage own;
	socklen_t len = sizeof(own);
	int on = 1, e = 0;

	for (const struct addrinfo *a = found; a != NULL; a = a->ai_next) {
		if ((t->listener = socket_for(a)) >= 0 &&
		    setsockopt(t->listener, SOL_SOCKET, SO_REUSEADDR, &on,
			sizeof(on)) == 0 &&
		    bind(t->listener, a->ai_addr, a->ai_addrlen) == 0 &&
		    listen(t->listener, 1) == 0 &&
		    getsockname(t->listener, (struct sockaddr *)&own, &len) ==
			0) {
			address_format((struct sockaddr *)&own, len,
			    t->address);
			return 0;
		}
		e = errno;
		close_fd(&t->listener);
	}
	return e;
}

int
mdoc_transport_tcp_listen(mdoc_ctx *ctx, const char *address,
    mdoc_transport **ret)
{
	struct addrinfo *found = NULL;
	struct transport_error error;
	struct tcp *t;
	int r, e;

	if ((t = tcp_new()) == NULL)
		return ctx_fail(ctx, MDOC_E_MEMORY, "tcp: out of memory");
	if ((found = resolve(address, AI_PASSIVE, &error, &r)) == NULL) {
		ctx_fail(ctx, r, "tcp: listen: %s", error.text);
		goto out;
	}
	if ((e = listen_at(t, found)) != 0) {
		r = transport_fail_errno(&error, e, address);
		ctx_fail(ctx, r, "tcp: listen: %s", error.text);
		goto out;
	}
	if ((r = transport_new(ctx, &tcp_ops, &tcp_extra, t, ret)) != MDOC_OK)
		goto out;
	t = NULL;
out:
	if (found != NULL)
		freeaddrinfo(found);
	if (t != NULL)
		tcp_free(t);
	return r;
}

int
mdoc_transport_tcp_connect(mdoc_ctx *ctx, const char *address,
    mdoc_transport **ret)
{
	struct transport_error error;
	struct tcp *t;
	int r;

	if ((t = tcp_new()) == NULL)
		return ctx_fail(ctx, MDOC_E_MEMORY, "tcp: out of memory");
	if ((t->found = resolve(address, 0, &error, &r)) == NULL) {
		ctx_fail(ctx, r, "tcp: connect: %s", error.text);
		goto out;
	}
	t->trial = t->found;
	(void)snprintf(t->address, sizeof(t->address), "%s", address);
	if ((r = transport_new(ctx, &tcp_ops, &tcp_extra, t, ret)) != MDOC_OK)
		goto out;
	t = NULL;
out:
	if (t != NULL)
		tcp_free(t);
	return r;
}
