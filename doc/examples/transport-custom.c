/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A transport of one's own, over a socket that keeps messages whole, and a
 * request through it. See mdoc_transport(3) and mdoc_session(3).
 */
#include <mdoc/mdoc.h>

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int
wait_for(const int *fd, short events, int timeout)
{
	struct pollfd p = { .fd = *fd, .events = events };
	int n = poll(&p, 1, timeout);

	if (n == 0)
		return timeout == 0 ? MDOC_E_AGAIN : MDOC_E_TIMEOUT;
	return n < 0 ? MDOC_E_IO : MDOC_OK;
}

static int
own_open(void *self, int timeout)
{
	return wait_for(self, POLLOUT, timeout);
}

static int
own_send(void *self, mdoc_bytes m, int timeout)
{
	int *fd = self, r = wait_for(fd, POLLOUT, timeout);

	if (r == MDOC_OK && send(*fd, m.ptr, m.len, MSG_NOSIGNAL) < 0)
		r = MDOC_E_PEER;
	return r;
}

static int
own_recv(void *self, mdoc_buf *ret_message, int timeout)
{
	static unsigned char buf[65536];
	int *fd = self, r = wait_for(fd, POLLIN, timeout);
	ssize_t n;

	if (r != MDOC_OK)
		return r;
	n = recv(*fd, buf, sizeof(buf), MSG_TRUNC);
	if (n <= 0 || (size_t)n > sizeof(buf))
		return MDOC_E_PEER; /* hung up, or too long for us */
	return mdoc_buf_append(ret_message, (mdoc_bytes){ buf, (size_t)n });
}

static void
own_close(void *self)
{
	close(*(int *)self);
}

static const mdoc_transport_ops own = { sizeof(own), "own", own_open, own_send,
	own_recv, own_close };

/* A reader asks, the mdoc hears it: both here, in one thread. */
int
main(void)
{
	const mdoc_bytes text = { (const unsigned char *)"a request", 9 };
	mdoc_session *reader = NULL, *device = NULL;
	mdoc_transport *a = NULL, *b = NULL;
	mdoc_event e = { .name = "nothing" };
	mdoc_buf m = MDOC_BUF_INIT;
	mdoc_ctx *c = NULL;
	int fd[2], bad;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd) != 0 ||
	    mdoc_ctx_new(&c) != MDOC_OK)
		return 1;
	bad = mdoc_transport_new(c, &own, &fd[0], &a) ||
	    mdoc_transport_new(c, &own, &fd[1], &b) ||
	    mdoc_transport_open(a, 1000) || mdoc_transport_open(b, 1000) ||
	    mdoc_session_new_device(c, NULL, &device) ||
	    mdoc_session_new_reader(c, mdoc_session_engagement(device), NULL,
		&reader) ||
	    mdoc_session_send(reader, text, &m) ||
	    mdoc_transport_send(a, (mdoc_bytes){ m.ptr, m.len }, 1000) ||
	    mdoc_transport_recv(b, &m, 1000) ||
	    mdoc_session_receive(device, (mdoc_bytes){ m.ptr, m.len }, &e);
	printf("%s: %.*s%s\n", e.name, (int)e.data.len,
	    (const char *)e.data.ptr, bad ? mdoc_ctx_error(c) : "");
	mdoc_buf_reset(&m);
	mdoc_session_free(&reader);
	mdoc_session_free(&device);
	mdoc_transport_free(&a);
	mdoc_transport_free(&b);
	mdoc_ctx_free(&c);
	return bad || e.type != MDOC_EVENT_REQUEST;
}
