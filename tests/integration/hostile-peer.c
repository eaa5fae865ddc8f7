/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hostile-peer: the other end of a TCP connection, which does what it is told
 * and nothing else:
 *
 *	hostile-peer listen STEP...         prints its port first
 *	hostile-peer connect PORT STEP...
 *	hostile-peer refuse                 keeps a port on which nobody listens
 *
 *	engagement     sends a DeviceEngagement: the mdoc of a session
 *	receive        one frame; the first one of a reader is the engagement
 *	plain FILE     encrypts the file and sends it
 *	zeros N        the same with N bytes of nothing
 *	last FILE      the same as plain, with status 20
 *	flip N         of the next message sent, byte N changes (-1: the last)
 *	cut N          of the next message sent, N bytes are missing at the end
 *	half           of the next frame sent, only the head and half follow
 *	again          sends the last message once more
 *	frame HEX      sends these bytes as a frame
 *	raw HEX        sends these bytes
 *	drip N         sends N bytes of a frame, one each 200 ms
 *	stall          waits until the program hangs up
 *
 * It hangs up at the end. The exit status is 0 if every step could be done.
 */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <mdoc/mdoc.h>

#define PATIENCE 20000 /* ms: no test waits longer */

struct peer {
	int fd;
	mdoc_ctx *ctx;
	mdoc_session *session;
	mdoc_buf sent; /* the last message */
	long flip, cut;
	bool flips, half;
};

typedef bool step_fn(struct peer *p, const char *arg);

static mdoc_bytes
view(const mdoc_buf *b)
{
	return (mdoc_bytes){ b->ptr, b->len };
}

static bool
send_raw(struct peer *p, mdoc_bytes b)
{
	while (b.len > 0) {
		ssize_t n = send(p->fd, b.ptr, b.len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		b.ptr += n;
		b.len -= (size_t)n;
	}
	return true;
}

static bool
send_frame(struct peer *p, mdoc_bytes b)
{
	unsigned char head[4] = { (unsigned char)(b.len >> 24),
		(unsigned char)(b.len >> 16), (unsigned char)(b.len >> 8),
		(unsigned char)b.len };

	if (p->half)
		b.len /= 2;
	p->half = false;
	return send_raw(p, (mdoc_bytes){ head, sizeof head }) && send_raw(p, b);
}

/* What was asked for by flip and cut, then the frame. */
static bool
send_message(struct peer *p)
{
	mdoc_bytes b = view(&p->sent);

	if (p->flips) {
		size_t at = p->flip < 0 ? b.len - 1 : (size_t)p->flip;

		if (at >= b.len)
			return false;
		p->sent.ptr[at] ^= 1;
		p->flips = false;
	}
	if ((size_t)p->cut > b.len)
		return false;
	b.len -= (size_t)p->cut;
	p->cut = 0;
	return send_frame(p, b);
}

static bool
wait_readable(struct peer *p)
{
	struct pollfd f = { .fd = p->fd, .events = POLLIN };

	return poll(&f, 1, PATIENCE) == 1;
}

static bool
receive_all(struct peer *p, unsigned char *to, size_t n)
{
	while (n > 0) {
		ssize_t got = wait_readable(p) ? recv(p->fd, to, n, 0) : -1;

		if (got <= 0)
			return false;
		to += got;
		n -= (size_t)got;
	}
	return true;
}

static bool
step_engagement(struct peer *p, const char *arg)
{
	(void)arg;
	return mdoc_session_new_device(p->ctx, NULL, &p->session) == MDOC_OK &&
	    mdoc_engagement_message(p->ctx, mdoc_session_engagement(p->session),
		&p->sent) == MDOC_OK &&
	    send_message(p);
}

/* The reader's session begins with the engagement that it receives. */
static bool
take_message(struct peer *p, mdoc_bytes message)
{
	mdoc_buf engagement = MDOC_BUF_INIT;
	mdoc_event event;
	bool ok;

	if (p->session != NULL)
		return mdoc_session_receive(p->session, message, &event) ==
		    MDOC_OK;
	ok = mdoc_engagement_from_message(p->ctx, message, &engagement) ==
		MDOC_OK &&
	    mdoc_session_new_reader(p->ctx, view(&engagement), NULL,
		&p->session) == MDOC_OK;
	mdoc_buf_reset(&engagement);
	return ok;
}

static bool
step_receive(struct peer *p, const char *arg)
{
	unsigned char head[4], *body;
	size_t n;
	bool ok;

	(void)arg;
	if (!receive_all(p, head, sizeof head))
		return false;
	n = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
	    (size_t)head[2] << 8 | head[3];
	if (n == 0 || n > MDOC_TRANSPORT_MAX || (body = malloc(n)) == NULL)
		return false;
	ok =
	    receive_all(p, body, n) && take_message(p, (mdoc_bytes){ body, n });
	free(body);
	return ok;
}

static bool
send_plain(struct peer *p, mdoc_bytes plain, bool last)
{
	return p->session != NULL &&
	    (last ? mdoc_session_send_last : mdoc_session_send)(p->session,
		plain, &p->sent) == MDOC_OK &&
	    send_message(p);
}

static bool
send_file(struct peer *p, const char *name, bool last)
{
	static unsigned char buf[65536];
	FILE *f = fopen(name, "rbe");
	size_t n;

	if (f == NULL)
		return false;
	n = fread(buf, 1, sizeof buf, f);
	fclose(f);
	return send_plain(p, (mdoc_bytes){ buf, n }, last);
}

static bool
step_plain(struct peer *p, const char *arg)
{
	return send_file(p, arg, false);
}

static bool
step_last(struct peer *p, const char *arg)
{
	return send_file(p, arg, true);
}

static bool
step_zeros(struct peer *p, const char *arg)
{
	size_t n = (size_t)strtoul(arg, NULL, 10);
	unsigned char *zeros = calloc(1, n + 1);
	bool ok =
	    zeros != NULL && send_plain(p, (mdoc_bytes){ zeros, n }, false);

	free(zeros);
	return ok;
}

static bool
step_flip(struct peer *p, const char *arg)
{
	p->flip = strtol(arg, NULL, 10);
	p->flips = true;
	return true;
}

static bool
step_cut(struct peer *p, const char *arg)
{
	p->cut = strtol(arg, NULL, 10);
	return p->cut > 0;
}

static bool
step_half(struct peer *p, const char *arg)
{
	(void)arg;
	return p->half = true;
}

static bool
step_again(struct peer *p, const char *arg)
{
	(void)arg;
	return p->sent.len > 0 && send_message(p);
}

static bool
send_hex(struct peer *p, const char *hex,
    bool (*how)(struct peer *p, mdoc_bytes b))
{
	unsigned char b[256];
	size_t n = strlen(hex) / 2;

	if (n > sizeof b || strlen(hex) % 2 != 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned byte;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return false;
		b[i] = (unsigned char)byte;
	}
	return how(p, (mdoc_bytes){ b, n });
}

static bool
step_frame(struct peer *p, const char *arg)
{
	return send_hex(p, arg, send_frame);
}

static bool
step_raw(struct peer *p, const char *arg)
{
	return send_hex(p, arg, send_raw);
}

static bool
step_drip(struct peer *p, const char *arg)
{
	static const struct timespec pause = { 0, 200000000 };
	static const unsigned char frame[1024] = { 0, 0, 4, 0 };
	size_t n = (size_t)strtoul(arg, NULL, 10);

	/* That the program hangs up meanwhile is what is wanted. */
	for (size_t i = 0; i < n && i < sizeof frame; i++) {
		if (!send_raw(p, (mdoc_bytes){ frame + i, 1 }))
			break;
		nanosleep(&pause, NULL);
	}
	return true;
}

static bool
step_stall(struct peer *p, const char *arg)
{
	static unsigned char b[4096];

	(void)arg;
	while (wait_readable(p)) {
		if (recv(p->fd, b, sizeof b, 0) <= 0)
			return true;
	}
	return false;
}

static const struct {
	const char *name;
	bool has_arg;
	step_fn *run;
} steps[] = {
	{ "again", false, step_again },
	{ "cut", true, step_cut },
	{ "drip", true, step_drip },
	{ "engagement", false, step_engagement },
	{ "flip", true, step_flip },
	{ "frame", true, step_frame },
	{ "half", false, step_half },
	{ "last", true, step_last },
	{ "plain", true, step_plain },
	{ "raw", true, step_raw },
	{ "receive", false, step_receive },
	{ "stall", false, step_stall },
	{ "zeros", true, step_zeros },
};

static bool
run_step(struct peer *p, char ***argv)
{
	const char *name = *(*argv)++;

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		if (strcmp(steps[i].name, name) != 0)
			continue;
		if (!steps[i].has_arg)
			return steps[i].run(p, NULL);
		return **argv != NULL && steps[i].run(p, *(*argv)++);
	}
	return false;
}

static int
loopback(const char *port, int listener)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr *sa = (struct sockaddr *)(void *)&a;
	socklen_t len = sizeof a;
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), fd = -1;

	if (s < 0)
		return -1;
	if (!listener)
		return connect(s, sa, len) == 0 ? s : -1;
	if (bind(s, sa, len) == 0 && listen(s, 1) == 0 &&
	    getsockname(s, sa, &len) == 0) {
		printf("%u\n", ntohs(a.sin_port));
		fflush(stdout);
		alarm(PATIENCE / 1000);
		fd = accept4(s, NULL, NULL, SOCK_CLOEXEC);
	}
	close(s);
	return fd;
}

/* Taken, so that nobody else listens there either; until it is ended. */
static int
refuse(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr *sa = (struct sockaddr *)(void *)&a;
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof a;

	if (s < 0 || bind(s, sa, len) != 0 || getsockname(s, sa, &len) != 0)
		return 1;
	printf("%u\n", ntohs(a.sin_port));
	fflush(stdout);
	alarm(3 * PATIENCE / 1000);
	for (;;)
		pause();
}

int
main(int argc, char **argv)
{
	struct peer p = { .fd = -1 };
	bool listener = argc > 1 && !strcmp(argv[1], "listen");
	char **rest;
	bool ok = true;

	if (argc == 2 && !strcmp(argv[1], "refuse"))
		return refuse();
	if (argc < 2 ||
	    (!listener && (argc < 3 || strcmp(argv[1], "connect") != 0))) {
		fputs("usage: hostile-peer listen|connect PORT STEP...\n",
		    stderr);
		return 2;
	}
	rest = argv + (listener ? 2 : 3);
	p.fd = loopback(listener ? "0" : argv[2], listener);
	if (p.fd < 0 || mdoc_ctx_new(&p.ctx) != MDOC_OK)
		return 1;
	alarm(3 * PATIENCE / 1000);
	while (ok && *rest != NULL) {
		const char *name = *rest;

		ok = run_step(&p, &rest);
		if (!ok)
			fprintf(stderr, "hostile-peer: %s: %s\n", name,
			    mdoc_ctx_error(p.ctx));
	}
	close(p.fd);
	mdoc_session_free(&p.session);
	mdoc_buf_reset(&p.sent);
	mdoc_ctx_free(&p.ctx);
	return ok ? 0 : 1;
}
