/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "mdoc/crypto/ctx.h"
#include "mdoc/transport/transport.h"

#define SECOND 1000

static const mdoc_bytes text = { (const uint8_t *)"text", 4 };

struct rig {
	mdoc_ctx *ctx;
	mdoc_transport *t; /* listens */
	int peer;          /* a bare socket */
	mdoc_buf m;
};

static int
bare_connect(const char *address)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const char *port = strrchr(address, ':');
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_non_null(port);
	sa.sin_port = htons((uint16_t)strtoul(port + 1, NULL, 10));
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

static void
rig_init(struct rig *g)
{
	*g = (struct rig){ .m = MDOC_BUF_INIT };
	assert_int_equal(mdoc_ctx_new(&g->ctx), MDOC_OK);
	assert_int_equal(mdoc_transport_tcp_listen(g->ctx, "tcp:127.0.0.1:0",
			     &g->t),
	    MDOC_OK);
	g->peer = bare_connect(mdoc_transport_address(g->t));
	assert_int_equal(mdoc_transport_open(g->t, SECOND), MDOC_OK);
}

static void
rig_end(struct rig *g)
{
	if (g->peer >= 0)
		close(g->peer);
	mdoc_buf_reset(&g->m);
	mdoc_transport_free(&g->t);
	mdoc_ctx_free(&g->ctx);
}

static void
peer_writes(struct rig *g, const void *p, size_t n)
{
	assert_int_equal(write(g->peer, p, n), n);
}

static void
peer_closes(struct rig *g)
{
	close(g->peer);
	g->peer = -1;
}

/* connect may need a moment where listen has the peer at once */
static void
both_ends(const char *address, const char *prefix)
{
	mdoc_transport *a = NULL, *b = NULL;
	mdoc_buf m = MDOC_BUF_INIT;
	mdoc_ctx *ctx = NULL;
	int r;

	assert_int_equal(mdoc_ctx_new(&ctx), MDOC_OK);
	r = mdoc_transport_tcp_listen(ctx, address, &a);
	if (r != MDOC_OK && strchr(address, '[') != NULL) {
		print_message("# no IPv6 here: %s\n", mdoc_ctx_error(ctx));
		mdoc_ctx_free(&ctx);
		skip();
	}
	assert_int_equal(r, MDOC_OK);
	assert_memory_equal(mdoc_transport_address(a), prefix, strlen(prefix));
	assert_string_not_equal(mdoc_transport_address(a), address);
	assert_true(mdoc_transport_fd(a) >= 0);
	assert_int_equal(mdoc_transport_open(a, 0), MDOC_E_AGAIN);
	assert_int_equal(mdoc_transport_open(a, 10), MDOC_E_TIMEOUT);
	assert_non_null(strstr(mdoc_ctx_error(ctx), prefix));
	assert_non_null(strstr(mdoc_ctx_error(ctx), "no peer has connected"));

	assert_int_equal(mdoc_transport_tcp_connect(ctx,
			     mdoc_transport_address(a), &b),
	    MDOC_OK);
	assert_string_equal(mdoc_transport_name(b), "tcp");
	assert_int_equal(mdoc_transport_open(b, SECOND), MDOC_OK);
	assert_int_equal(mdoc_transport_open(a, SECOND), MDOC_OK);
	assert_int_equal(mdoc_transport_recv(a, &m, 0), MDOC_E_AGAIN);
	assert_int_equal(mdoc_transport_send(b, text, SECOND), MDOC_OK);
	assert_int_equal(mdoc_transport_recv(a, &m, SECOND), MDOC_OK);
	assert_true(bytes_equal_str(bytes_of(m.ptr, m.len), "text"));
	assert_int_equal(mdoc_transport_send(a, text, SECOND), MDOC_OK);
	assert_int_equal(mdoc_transport_recv(b, &m, SECOND), MDOC_OK);
	assert_true(bytes_equal_str(bytes_of(m.ptr, m.len), "text"));
	mdoc_transport_free(&a);
	assert_int_equal(mdoc_transport_recv(b, &m, SECOND), MDOC_E_PEER);
	mdoc_transport_free(&b);
	mdoc_buf_reset(&m);
	mdoc_ctx_free(&ctx);
}

static void
test_ipv4(void **state)
{
	(void)state;
	both_ends("tcp:127.0.0.1:0", "tcp:127.0.0.1:");
}

static void
test_ipv6(void **state)
{
	(void)state;
	both_ends("tcp:[::1]:0", "tcp:[::1]:");
}

static void
recv_fails(const void *p, size_t n, bool closes, int want, const char *why)
{
	struct rig g;

	rig_init(&g);
	peer_writes(&g, p, n);
	if (closes)
		peer_closes(&g);
	assert_int_equal(mdoc_transport_recv(g.t, &g.m, closes ? SECOND : 20),
	    want);
	assert_non_null(strstr(mdoc_ctx_error(g.ctx), "tcp: recv: tcp:127."));
	assert_non_null(strstr(mdoc_ctx_error(g.ctx), why));
	assert_null(g.m.ptr);
	rig_end(&g);
}

static void
test_bad_peers(void **state)
{
	static const char garbage[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

	(void)state;
	recv_fails("", 0, true, MDOC_E_PEER, "closed the connection");
	recv_fails("\0\0\0\4ab", 6, true, MDOC_E_PEER,
	    "hung up after 2 of 4 bytes");
	recv_fails("\0\0\0\4ab", 6, false, MDOC_E_TIMEOUT,
	    "stopped after 2 of 4 bytes");
	recv_fails(garbage, sizeof(garbage) - 1, false, MDOC_E_PEER,
	    "announces a message of 1195725856 bytes");
	recv_fails("\xff\xff\xff\xff", 4, false, MDOC_E_PEER,
	    "announces a message of 4294967295 bytes");
	recv_fails("\0\0\0\0", 4, false, MDOC_E_PEER,
	    "announces a message of 0 bytes");
}

/* One that stalled may go on. */
static void
test_slow_peer(void **state)
{
	static const char frame[] = "\0\0\0\5hello";
	struct rig g;

	(void)state;
	rig_init(&g);
	for (size_t i = 0; i < 9; i++) {
		assert_int_equal(mdoc_transport_recv(g.t, &g.m, i % 2 ? 1 : 0),
		    i % 2 ? MDOC_E_TIMEOUT : MDOC_E_AGAIN);
		peer_writes(&g, frame + i, 1);
	}
	assert_int_equal(mdoc_transport_recv(g.t, &g.m, SECOND), MDOC_OK);
	assert_true(bytes_equal_str(bytes_of(g.m.ptr, g.m.len), "hello"));
	rig_end(&g);
}

static void
test_reset(void **state)
{
	struct linger l = { .l_onoff = 1 };
	struct rig g;

	(void)state;
	rig_init(&g);
	assert_int_equal(setsockopt(g.peer, SOL_SOCKET, SO_LINGER, &l,
			     sizeof(l)),
	    0);
	peer_closes(&g);
	assert_int_equal(mdoc_transport_recv(g.t, &g.m, SECOND), MDOC_E_PEER);
	assert_non_null(strstr(mdoc_ctx_error(g.ctx), strerror(ECONNRESET)));
	assert_int_equal(mdoc_transport_send(g.t, text, SECOND), MDOC_E_PEER);
	rig_end(&g);
}

/* A peer that reads nothing makes the sender run out of time, not memory. */
static void
test_stalled_reader(void **state)
{
	static uint8_t big[MDOC_TRANSPORT_MAX];
	const mdoc_bytes message = { big, sizeof(big) };
	static uint8_t sink[65536];
	size_t got = 0;
	struct rig g;
	ssize_t n;
	int r;

	(void)state;
	rig_init(&g);
	assert_int_equal(mdoc_transport_send(g.t, message, 0), MDOC_E_AGAIN);
	assert_int_equal(mdoc_transport_send(g.t, message, 20), MDOC_E_TIMEOUT);
	assert_non_null(strstr(mdoc_ctx_error(g.ctx), "of 16777220 bytes"));
	do {
		r = mdoc_transport_send(g.t, message, 0);
		assert_true(r == MDOC_OK || r == MDOC_E_AGAIN);
		while ((n = recv(g.peer, sink, sizeof(sink), MSG_DONTWAIT)) > 0)
			got += (size_t)n;
	} while (r != MDOC_OK);
	while (got < sizeof(big) + 4) {
		n = recv(g.peer, sink, sizeof(sink), 0);
		assert_true(n > 0);
		got += (size_t)n;
	}
	assert_int_equal(got, sizeof(big) + 4);
	rig_end(&g);
}

static void
test_gone_reader(void **state)
{
	struct rig g;
	int r, tries = 0;

	(void)state;
	rig_init(&g);
	peer_closes(&g);
	/* The first message may still find room in the socket. */
	do {
		r = mdoc_transport_send(g.t, text, SECOND);
	} while (r == MDOC_OK && ++tries < 1000);
	assert_int_equal(r, MDOC_E_PEER);
	rig_end(&g);
}

/* Our last message arrives even if the peer's was not read. */
static void
test_close_unread(void **state)
{
	char buf[16];
	struct rig g;

	(void)state;
	rig_init(&g);
	peer_writes(&g, "\0\0\0\4late", 8);
	assert_int_equal(mdoc_transport_send(g.t, text, SECOND), MDOC_OK);
	mdoc_transport_free(&g.t);
	assert_int_equal(recv(g.peer, buf, 8, MSG_WAITALL), 8);
	assert_memory_equal(buf, "\0\0\0\4text", 8);
	assert_int_equal(recv(g.peer, buf, 1, 0), 0);
	rig_end(&g);
}

/* The second peer finds nobody. */
static void
test_one_peer(void **state)
{
	mdoc_transport *second = NULL;
	char address[64];
	struct rig g;

	(void)state;
	rig_init(&g);
	snprintf(address, sizeof(address), "%s", mdoc_transport_address(g.t));
	assert_int_equal(mdoc_transport_tcp_connect(g.ctx, address, &second),
	    MDOC_OK);
	assert_int_equal(mdoc_transport_open(second, SECOND), MDOC_E_PEER);
	assert_non_null(strstr(mdoc_ctx_error(g.ctx), address));
	assert_non_null(strstr(mdoc_ctx_error(g.ctx), strerror(ECONNREFUSED)));
	mdoc_transport_free(&second);
	rig_end(&g);
}

static void
test_bad_addresses(void **state)
{
	static const struct {
		const char *address;
		int code;
		const char *why;
	} bad[] = {
		{ "127.0.0.1:1", MDOC_E_ARGUMENT, "is not tcp:HOST:PORT" },
		{ "tcp:127.0.0.1", MDOC_E_ARGUMENT, "the port is missing" },
		{ "tcp:no.such.host.invalid:1", MDOC_E_IO, "no.such.host" },
	};

	mdoc_transport *t = NULL;
	mdoc_ctx *ctx = NULL;

	(void)state;
	assert_int_equal(mdoc_ctx_new(&ctx), MDOC_OK);
	for (size_t i = 0; i < nitems(bad); i++) {
		assert_int_equal(mdoc_transport_tcp_listen(ctx, bad[i].address,
				     &t),
		    bad[i].code);
		assert_non_null(strstr(mdoc_ctx_error(ctx), bad[i].why));
		assert_int_equal(mdoc_transport_tcp_connect(ctx, bad[i].address,
				     &t),
		    bad[i].code);
		assert_non_null(strstr(mdoc_ctx_error(ctx), bad[i].why));
	}
	/* Of a network that is kept for documentation: not ours. */
	assert_int_equal(mdoc_transport_tcp_listen(ctx, "tcp:192.0.2.1:0", &t),
	    MDOC_E_IO);
	assert_non_null(strstr(mdoc_ctx_error(ctx), "tcp:192.0.2.1:0"));
	assert_non_null(strstr(mdoc_ctx_error(ctx), strerror(EADDRNOTAVAIL)));
	assert_null(t);
	mdoc_ctx_free(&ctx);
}

static void
test_in_use(void **state)
{
	mdoc_transport *a = NULL, *b = NULL;
	mdoc_ctx *ctx = NULL;

	(void)state;
	assert_int_equal(mdoc_ctx_new(&ctx), MDOC_OK);
	assert_int_equal(mdoc_transport_tcp_listen(ctx, "tcp:127.0.0.1:0", &a),
	    MDOC_OK);
	assert_int_equal(mdoc_transport_tcp_listen(ctx,
			     mdoc_transport_address(a), &b),
	    MDOC_E_IO);
	assert_non_null(strstr(mdoc_ctx_error(ctx), strerror(EADDRINUSE)));
	/* Closed without a peer */
	mdoc_transport_free(&a);
	mdoc_ctx_free(&ctx);
}

/* The descriptor says when there is something to receive. */
static void
test_poll(void **state)
{
	struct pollfd p = { .events = POLLIN };
	struct rig g;

	(void)state;
	rig_init(&g);
	p.fd = mdoc_transport_fd(g.t);
	assert_int_equal(poll(&p, 1, 0), 0);
	peer_writes(&g, "\0\0\0\1x", 5);
	assert_int_equal(poll(&p, 1, SECOND), 1);
	assert_int_equal(mdoc_transport_recv(g.t, &g.m, 0), MDOC_OK);
	assert_int_equal(poll(&p, 1, 0), 0);
	rig_end(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_bad_peers),
		cmocka_unit_test(test_slow_peer),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_stalled_reader),
		cmocka_unit_test(test_gone_reader),
		cmocka_unit_test(test_close_unread),
		cmocka_unit_test(test_one_peer),
		cmocka_unit_test(test_bad_addresses),
		cmocka_unit_test(test_in_use),
		cmocka_unit_test(test_poll),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
