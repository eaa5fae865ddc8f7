/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "mdoc/transport/frame.h"

/* Memory is taken as bytes arrive, not as a head promises them. */
#define BODY_STEP ((size_t)64 << 10)

static bool
is_again(int error)
{
	return error == EAGAIN; /* EWOULDBLOCK is the same on Linux */
}

/* The peer's end of it, as opposed to an error of this side. */
static bool
is_hang_up(int error)
{
	return error == ECONNRESET || error == EPIPE || error == ETIMEDOUT ||
	    error == ECONNABORTED || error == EHOSTUNREACH ||
	    error == ENETUNREACH;
}

static int
fail_stream(struct transport_error *error, int number, const char *what)
{
	int r = transport_fail_errno(error, number, what);

	return is_hang_up(number) ? MDOC_E_PEER : r;
}

int
frame_wait(int fd, short events, const struct deadline *d,
    struct transport_error *error)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n, left;

	for (;;) {
		left = deadline_left(d);
		if ((n = poll(&p, 1, left)) > 0)
			return MDOC_OK;
		if (n < 0 && errno != EINTR)
			return transport_fail_errno(error, errno, "poll");
		if (n == 0 && left == 0)
			return deadline_error(d);
	}
}

/* sendmsg does not write to what it sends, but its type does not say so. */
static void *
not_const(const void *p)
{
	void *q;

	memcpy(&q, &p, sizeof(q));
	return q;
}

/* One attempt to send what is left of head and message. */
static ssize_t
send_rest(struct frame_stream *s, uint8_t *head, struct bytes message)
{
	size_t in_body =
	    s->out_done > FRAME_HEAD_LEN ? s->out_done - FRAME_HEAD_LEN : 0;
	struct iovec v[2] = {
		{ .iov_base = head, .iov_len = FRAME_HEAD_LEN },
		{ .iov_base = not_const(message.ptr + in_body),
		    .iov_len = message.len - in_body },
	};
	struct msghdr m = { .msg_iov = v, .msg_iovlen = 2 };

	if (s->out_done >= FRAME_HEAD_LEN) {
		m.msg_iov = v + 1;
		m.msg_iovlen = 1;
	} else {
		v[0].iov_base = head + s->out_done;
		v[0].iov_len -= s->out_done;
	}
	/* A peer that is gone is an error here, not a SIGPIPE. */
	return sendmsg(s->fd, &m, MSG_NOSIGNAL);
}

int
frame_send(struct frame_stream *s, struct bytes message,
    const struct deadline *d, struct transport_error *error)
{
	uint8_t head[FRAME_HEAD_LEN] = { (uint8_t)(message.len >> 24),
		(uint8_t)(message.len >> 16), (uint8_t)(message.len >> 8),
		(uint8_t)message.len };
	ssize_t n;
	int r;

	if (s->out_len != 0 && s->out_len != message.len + FRAME_HEAD_LEN)
		return transport_fail(error, MDOC_E_ARGUMENT,
		    "%zu of %zu bytes of another message were sent before",
		    s->out_done, s->out_len);
	s->out_len = message.len + FRAME_HEAD_LEN;
	while (s->out_done < s->out_len) {
		if ((n = send_rest(s, head, message)) >= 0) {
			s->out_done += (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (!is_again(errno))
			return fail_stream(error, errno, "the connection");
		if ((r = frame_wait(s->fd, POLLOUT, d, error)) == MDOC_OK)
			continue;
		if (r == MDOC_E_IO)
			return r;
		transport_fail(error, r,
		    "%zu of %zu bytes are sent, the peer takes no more",
		    s->out_done, s->out_len);
		/* Nothing sent: the caller may think of another message. */
		if (s->out_done == 0)
			s->out_len = 0;
		return r;
	}
	s->out_len = s->out_done = 0;
	return MDOC_OK;
}

static int
fail_end(const struct frame_stream *s, struct transport_error *error)
{
	if (s->head_len == 0)
		return transport_fail(error, MDOC_E_PEER,
		    "the peer closed the connection");
	if (s->head_len < FRAME_HEAD_LEN)
		return transport_fail(error, MDOC_E_PEER,
		    "the peer hung up inside the length of a message");
	return transport_fail(error, MDOC_E_PEER,
	    "the peer hung up after %zu of %zu bytes of a message", s->body.len,
	    s->body_len);
}

/* 1 to max bytes to out. */
static int
recv_some(struct frame_stream *s, uint8_t *out, size_t max,
    const struct deadline *d, struct transport_error *error, size_t *ret_n)
{
	ssize_t n;
	int r;

	for (;;) {
		if ((n = recv(s->fd, out, max, 0)) > 0) {
			*ret_n = (size_t)n;
			return MDOC_OK;
		}
		if (n == 0)
			return fail_end(s, error);
		if (errno == EINTR)
			continue;
		if (!is_again(errno))
			return fail_stream(error, errno, "the connection");
		if ((r = frame_wait(s->fd, POLLIN, d, error)) == MDOC_OK)
			continue;
		if (r == MDOC_E_IO)
			return r;
		if (s->head_len == 0)
			return transport_fail(error, r,
			    "no message from the peer");
		if (s->head_len < FRAME_HEAD_LEN)
			return transport_fail(error, r,
			    "the peer stopped inside the length of a message");
		return transport_fail(error, r,
		    "the peer stopped after %zu of %zu bytes of a message",
		    s->body.len, s->body_len);
	}
}

static int
recv_head(struct frame_stream *s, const struct deadline *d,
    struct transport_error *error)
{
	size_t n = 0;
	int r;

	while (s->head_len < FRAME_HEAD_LEN) {
		r = recv_some(s, s->head + s->head_len,
		    FRAME_HEAD_LEN - s->head_len, d, error, &n);
		if (r != MDOC_OK)
			return r;
		s->head_len += n;
	}
	s->body_len = (size_t)s->head[0] << 24 | (size_t)s->head[1] << 16 |
	    (size_t)s->head[2] << 8 | s->head[3];
	if (s->body_len == 0 || s->body_len > MDOC_TRANSPORT_MAX)
		return transport_fail(error, MDOC_E_PEER,
		    "the peer announces a message of %zu bytes (1 to %zu are "
		    "allowed)",
		    s->body_len, MDOC_TRANSPORT_MAX);
	return MDOC_OK;
}

int
frame_recv(struct frame_stream *s, const struct deadline *d,
    struct transport_error *error, struct blob *ret)
{
	size_t n = 0, room;
	int r;

	if (s->head_len < FRAME_HEAD_LEN &&
	    (r = recv_head(s, d, error)) != MDOC_OK)
		return r;
	while (s->body.len < s->body_len) {
		if (s->body.len == s->body.cap) {
			room = s->body.len == 0 ? BODY_STEP : 2 * s->body.len;
			room = room < s->body_len ? room : s->body_len;
			if (!blob_reserve(&s->body, room))
				return transport_fail(error, MDOC_E_MEMORY,
				    "out of memory for %zu bytes", room);
		}
		r = recv_some(s, s->body.ptr + s->body.len,
		    s->body.cap - s->body.len, d, error, &n);
		if (r != MDOC_OK)
			return r;
		s->body.len += n;
	}
	s->head_len = 0;
	blob_move(ret, &s->body);
	return MDOC_OK;
}

void
frame_reset(struct frame_stream *s)
{
	blob_reset(&s->body);
	s->head_len = s->out_len = s->out_done = 0;
}
