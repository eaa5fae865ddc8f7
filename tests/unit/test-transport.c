/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mdoc/crypto/ctx.h"
#include "mdoc/transport/transport.h"
#include "tests/support/failmalloc.h"

static mdoc_ctx *ctx;

/* A transport that does what it is told. */
struct puppet {
	int open, send, recv; /* what they return */
	const char *message;  /* what recv gives */
	size_t len;           /* of it, if not that of the text */
	int opened, sent, received, closed;
	int timeout;
	size_t sent_len;
};

static int
puppet_open(void *self, int timeout)
{
	struct puppet *p = self;

	p->opened++;
	p->timeout = timeout;
	return p->open;
}

static int
puppet_send(void *self, mdoc_bytes message, int timeout)
{
	struct puppet *p = self;

	p->sent++;
	p->timeout = timeout;
	p->sent_len = message.len;
	return p->send;
}

static int
puppet_recv(void *self, mdoc_buf *ret_message, int timeout)
{
	struct puppet *p = self;
	struct blob b = BLOB_INIT;

	p->received++;
	p->timeout = timeout;
	if (p->message != NULL) {
		assert_int_equal(mdoc_buf_append(ret_message,
				     to_public(bytes_str(p->message))),
		    MDOC_OK);
	} else if (p->len > 0) {
		assert_non_null(blob_extend(&b, p->len));
		buf_take_blob(ret_message, &b);
	}
	return p->recv;
}

static void
puppet_close(void *self)
{
	struct puppet *p = self;

	p->closed++;
}

static const mdoc_transport_ops puppet_ops = {
	.size = sizeof(mdoc_transport_ops),
	.name = "puppet",
	.open = puppet_open,
	.send = puppet_send,
	.recv = puppet_recv,
	.close = puppet_close,
};

static const mdoc_bytes text = { (const uint8_t *)"text", 4 };

static mdoc_transport *
puppet_new(struct puppet *p)
{
	mdoc_transport *t = NULL;

	assert_int_equal(mdoc_transport_new(ctx, &puppet_ops, p, &t), MDOC_OK);
	return t;
}

static int
setup(void **state)
{
	(void)state;
	return mdoc_ctx_new(&ctx) == MDOC_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	mdoc_ctx_free(&ctx);
	return 0;
}

static void
test_use(void **state)
{
	struct puppet p = { .message = "hello" };
	mdoc_transport *t = puppet_new(&p);
	mdoc_buf m = MDOC_BUF_INIT;

	(void)state;
	assert_string_equal(mdoc_transport_name(t), "puppet");
	assert_string_equal(mdoc_transport_address(t), "");
	assert_int_equal(mdoc_transport_fd(t), -1);
	assert_int_equal(mdoc_transport_open(t, 123), MDOC_OK);
	assert_int_equal(p.timeout, 123);
	assert_int_equal(mdoc_transport_send(t, text, 5), MDOC_OK);
	assert_int_equal(p.timeout, 5);
	assert_int_equal(p.sent_len, 4);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(mdoc_transport_recv(t, &m, -1), MDOC_OK);
		assert_int_equal(p.timeout, -1);
		assert_true(bytes_equal_str(bytes_of(m.ptr, m.len), "hello"));
	}
	mdoc_buf_reset(&m);
	mdoc_transport_free(&t);
	assert_null(t);
	assert_int_equal(p.closed, 1);
	mdoc_transport_free(&t);
	mdoc_transport_free(NULL);
	assert_int_equal(p.closed, 1);
}

static void
test_incomplete(void **state)
{
	struct puppet p = { .open = 0 };
	mdoc_transport *t = NULL;
	mdoc_transport_ops ops;

	(void)state;
	assert_int_equal(mdoc_transport_new(ctx, NULL, &p, &t),
	    MDOC_E_ARGUMENT);
	for (int i = 0; i < 6; i++) {
		ops = puppet_ops;
		if (i == 0)
			ops.size = sizeof(ops) - 1;
		else if (i == 1)
			ops.name = NULL;
		else if (i == 2)
			ops.open = NULL;
		else if (i == 3)
			ops.send = NULL;
		else if (i == 4)
			ops.recv = NULL;
		else
			ops.close = NULL;
		assert_int_equal(mdoc_transport_new(ctx, &ops, &p, &t),
		    MDOC_E_ARGUMENT);
	}
	failmalloc_arm(1);
	assert_int_equal(mdoc_transport_new(ctx, &puppet_ops, &p, &t),
	    MDOC_E_MEMORY);
	assert_true(failmalloc_disarm());
	assert_null(t);
	/* What was not taken is not closed. */
	assert_int_equal(p.closed, 0);
}

static void
test_order(void **state)
{
	struct puppet p = { .message = "x" };
	mdoc_transport *t = puppet_new(&p);
	mdoc_buf m = MDOC_BUF_INIT;

	(void)state;
	assert_int_equal(mdoc_transport_send(t, text, 0), MDOC_E_ARGUMENT);
	assert_int_equal(mdoc_transport_recv(t, &m, 0), MDOC_E_ARGUMENT);
	assert_string_equal(mdoc_ctx_error(ctx),
	    "puppet: recv: not opened yet");
	assert_int_equal(mdoc_transport_open(t, -2), MDOC_E_ARGUMENT);
	assert_int_equal(p.opened, 0);
	assert_int_equal(mdoc_transport_open(t, -1), MDOC_OK);
	assert_int_equal(mdoc_transport_open(t, -1), MDOC_E_ARGUMENT);
	assert_int_equal(p.opened, 1);
	assert_int_equal(p.sent + p.received, 0);
	mdoc_transport_free(&t);
}

static void
test_lengths(void **state)
{
	struct puppet p = { .open = 0 };
	mdoc_transport *t = puppet_new(&p);
	const mdoc_bytes none = { NULL, 0 }, empty = { text.ptr, 0 };
	const mdoc_bytes big = { text.ptr, MDOC_TRANSPORT_MAX + 1 };
	mdoc_buf m = MDOC_BUF_INIT;

	(void)state;
	assert_int_equal(mdoc_transport_open(t, 0), MDOC_OK);
	assert_int_equal(mdoc_transport_send(t, none, 0), MDOC_E_ARGUMENT);
	assert_int_equal(mdoc_transport_send(t, empty, 0), MDOC_E_ARGUMENT);
	assert_int_equal(mdoc_transport_send(t, big, 0), MDOC_E_ARGUMENT);
	assert_int_equal(p.sent, 0);

	p.len = MDOC_TRANSPORT_MAX;
	assert_int_equal(mdoc_transport_recv(t, &m, 0), MDOC_OK);
	assert_int_equal(m.len, MDOC_TRANSPORT_MAX);
	mdoc_buf_reset(&m);
	p.len = MDOC_TRANSPORT_MAX + 1;
	assert_int_equal(mdoc_transport_recv(t, &m, 0), MDOC_E_PEER);
	assert_null(m.ptr);
	mdoc_transport_free(&t);

	t = puppet_new(&p);
	assert_int_equal(mdoc_transport_open(t, 0), MDOC_OK);
	p.len = 0;
	assert_int_equal(mdoc_transport_recv(t, &m, 0), MDOC_E_PEER);
	mdoc_transport_free(&t);
}

/* No time left is no end; anything else is. */
static void
test_errors(void **state)
{
	struct puppet p = { .message = "x", .open = MDOC_E_AGAIN };
	mdoc_transport *t = puppet_new(&p);
	mdoc_buf m = MDOC_BUF_INIT;

	(void)state;
	assert_int_equal(mdoc_transport_open(t, 0), MDOC_E_AGAIN);
	p.open = MDOC_E_TIMEOUT;
	assert_int_equal(mdoc_transport_open(t, 0), MDOC_E_TIMEOUT);
	p.open = MDOC_OK;
	assert_int_equal(mdoc_transport_open(t, 0), MDOC_OK);
	p.send = MDOC_E_AGAIN;
	assert_int_equal(mdoc_transport_send(t, text, 0), MDOC_E_AGAIN);
	p.recv = MDOC_E_TIMEOUT;
	assert_int_equal(mdoc_transport_recv(t, &m, 0), MDOC_E_TIMEOUT);
	/* A message with an error is no message. */
	assert_null(m.ptr);
	p.recv = MDOC_OK;
	assert_int_equal(mdoc_transport_recv(t, &m, 0), MDOC_OK);
	p.recv = MDOC_E_PEER;
	assert_int_equal(mdoc_transport_recv(t, &m, 0), MDOC_E_PEER);
	assert_string_equal((char *)m.ptr == NULL ? "" : "kept", "kept");
	p.recv = MDOC_OK;
	p.received = p.sent = 0;
	assert_int_equal(mdoc_transport_recv(t, &m, 0), MDOC_E_PEER);
	assert_string_equal(mdoc_ctx_error(ctx),
	    "puppet: recv: the connection ended before");
	assert_int_equal(mdoc_transport_send(t, text, 0), MDOC_E_PEER);
	assert_int_equal(mdoc_transport_open(t, 0), MDOC_E_PEER);
	assert_int_equal(p.received + p.sent, 0);
	mdoc_buf_reset(&m);
	mdoc_transport_free(&t);
	assert_int_equal(p.closed, 1);
}

static void
test_nonsense(void **state)
{
	static const int codes[] = { 1, 4711, -21, -4711 };
	struct puppet p = { .open = 0 };
	mdoc_transport *t;

	(void)state;
	for (size_t i = 0; i < nitems(codes); i++) {
		t = puppet_new(&p);
		p.open = codes[i];
		assert_int_equal(mdoc_transport_open(t, 0), MDOC_E_IO);
		assert_non_null(strstr(mdoc_ctx_error(ctx), "no error code"));
		p.open = MDOC_OK;
		assert_int_equal(mdoc_transport_open(t, 0), MDOC_E_IO);
		mdoc_transport_free(&t);
	}
}

static void
test_set_ctx(void **state)
{
	struct puppet p = { .open = MDOC_E_REFUSED };
	mdoc_transport *t = puppet_new(&p);
	mdoc_ctx *other = NULL;

	(void)state;
	assert_int_equal(mdoc_ctx_new(&other), MDOC_OK);
	mdoc_transport_set_ctx(t, other);
	assert_int_equal(mdoc_transport_open(t, 0), MDOC_E_REFUSED);
	assert_non_null(strstr(mdoc_ctx_error(other), "puppet: open: "));
	mdoc_transport_free(&t);
	mdoc_ctx_free(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_use),
		cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_set_ctx),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
