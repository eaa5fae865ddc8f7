/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <pthread.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "mdoc/crypto/ctx.h"
#include "mdoc/transport/transport.h"
#include "tests/support/failmalloc.h"

#define FULL 16

static const mdoc_bytes text = { (const uint8_t *)"text", 4 };

struct rig {
	mdoc_ctx *ctx;
	mdoc_transport *a, *b;
	mdoc_buf m;
};

static void
rig_init(struct rig *g)
{
	*g = (struct rig){ .m = MDOC_BUF_INIT };
	assert_int_equal(mdoc_ctx_new(&g->ctx), MDOC_OK);
	assert_int_equal(mdoc_transport_loop(g->ctx, &g->a, &g->b), MDOC_OK);
	assert_int_equal(mdoc_transport_open(g->a, 0), MDOC_OK);
	assert_int_equal(mdoc_transport_open(g->b, 0), MDOC_OK);
}

static void
rig_end(struct rig *g)
{
	mdoc_buf_reset(&g->m);
	mdoc_transport_free(&g->a);
	mdoc_transport_free(&g->b);
	mdoc_ctx_free(&g->ctx);
}

/* In one thread, without ever waiting. */
static void
test_single(void **state)
{
	struct rig g;

	(void)state;
	rig_init(&g);
	assert_string_equal(mdoc_transport_name(g.a), "loop");
	assert_int_equal(mdoc_transport_fd(g.a), -1);
	assert_int_equal(mdoc_transport_recv(g.b, &g.m, 0), MDOC_E_AGAIN);
	assert_string_equal(mdoc_ctx_error(g.ctx),
	    "loop: recv: no message from the peer");
	assert_int_equal(mdoc_transport_send(g.a, text, 0), MDOC_OK);
	/* Not what one sends oneself */
	assert_int_equal(mdoc_transport_recv(g.a, &g.m, 0), MDOC_E_AGAIN);
	assert_int_equal(mdoc_transport_recv(g.b, &g.m, 0), MDOC_OK);
	assert_true(bytes_equal_str(bytes_of(g.m.ptr, g.m.len), "text"));
	assert_int_equal(mdoc_transport_send(g.b, text, 0), MDOC_OK);
	assert_int_equal(mdoc_transport_recv(g.a, &g.m, 0), MDOC_OK);
	rig_end(&g);
}

static void
test_order(void **state)
{
	struct rig g;
	uint8_t n;

	(void)state;
	rig_init(&g);
	for (int round = 0; round < 3; round++) {
		for (n = 0; n < FULL; n++)
			assert_int_equal(mdoc_transport_send(g.a,
					     (mdoc_bytes){ &n, 1 }, 0),
			    MDOC_OK);
		assert_int_equal(mdoc_transport_send(g.a, text, 0),
		    MDOC_E_AGAIN);
		assert_int_equal(mdoc_transport_send(g.a, text, 5),
		    MDOC_E_TIMEOUT);
		for (n = 0; n < FULL; n++) {
			assert_int_equal(mdoc_transport_recv(g.b, &g.m, 0),
			    MDOC_OK);
			assert_int_equal(g.m.len, 1);
			assert_int_equal(g.m.ptr[0], n);
		}
	}
	rig_end(&g);
}

static void
test_timeout(void **state)
{
	struct timespec before, after;
	struct rig g;
	long ms;

	(void)state;
	rig_init(&g);
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_int_equal(mdoc_transport_recv(g.a, &g.m, 30), MDOC_E_TIMEOUT);
	clock_gettime(CLOCK_MONOTONIC, &after);
	ms = (after.tv_sec - before.tv_sec) * 1000 +
	    (after.tv_nsec - before.tv_nsec) / 1000000;
	assert_true(ms >= 29);
	rig_end(&g);
}

/* What was sent before the end still arrives, then the end. */
static void
test_close(void **state)
{
	struct rig g;

	(void)state;
	rig_init(&g);
	assert_int_equal(mdoc_transport_send(g.a, text, 0), MDOC_OK);
	mdoc_transport_free(&g.a);
	assert_int_equal(mdoc_transport_send(g.b, text, 0), MDOC_E_PEER);
	mdoc_transport_free(&g.b);
	rig_end(&g);

	rig_init(&g);
	assert_int_equal(mdoc_transport_send(g.a, text, 0), MDOC_OK);
	mdoc_transport_free(&g.a);
	assert_int_equal(mdoc_transport_recv(g.b, &g.m, -1), MDOC_OK);
	assert_int_equal(mdoc_transport_recv(g.b, &g.m, -1), MDOC_E_PEER);
	assert_string_equal(mdoc_ctx_error(g.ctx),
	    "loop: recv: the peer closed the connection");
	rig_end(&g);
}

/* A pair goes away with messages nobody took. */
static void
test_left_over(void **state)
{
	struct rig g;

	(void)state;
	rig_init(&g);
	assert_int_equal(mdoc_transport_send(g.a, text, 0), MDOC_OK);
	assert_int_equal(mdoc_transport_send(g.b, text, 0), MDOC_OK);
	rig_end(&g);
}

#define MANY 500

/* Sends back what it gets, until the other side closes. */
static void *
echo(void *arg)
{
	mdoc_transport *t = arg;
	mdoc_buf m = MDOC_BUF_INIT;
	int r;

	while ((r = mdoc_transport_recv(t, &m, -1)) == MDOC_OK) {
		r = mdoc_transport_send(t, (mdoc_bytes){ m.ptr, m.len }, -1);
		if (r != MDOC_OK)
			break;
	}
	mdoc_buf_reset(&m);
	return (void *)(intptr_t)r;
}

static void
test_threads(void **state)
{
	mdoc_ctx *other = NULL;
	void *result = NULL;
	pthread_t thread;
	struct rig g;
	int sent = 0;

	(void)state;
	rig_init(&g);
	assert_int_equal(mdoc_ctx_new(&other), MDOC_OK);
	mdoc_transport_set_ctx(g.b, other);
	assert_int_equal(pthread_create(&thread, NULL, echo, g.b), 0);
	for (int got = 0; got < MANY; got++) {
		/* Ahead of what comes back, by less than both queues hold. */
		while (sent < MANY && sent < got + FULL) {
			assert_int_equal(mdoc_transport_send(g.a,
					     (mdoc_bytes){ (uint8_t *)&sent,
						 sizeof(sent) },
					     -1),
			    MDOC_OK);
			sent++;
		}
		assert_int_equal(mdoc_transport_recv(g.a, &g.m, -1), MDOC_OK);
		assert_int_equal(g.m.len, sizeof(got));
		assert_memory_equal(g.m.ptr, &got, sizeof(got));
	}
	/* Wakes the one who waits. */
	mdoc_transport_free(&g.a);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_int_equal((int)(intptr_t)result, MDOC_E_PEER);
	mdoc_transport_free(&g.b);
	mdoc_ctx_free(&other);
	rig_end(&g);
}

static void
test_memory(void **state)
{
	mdoc_transport *a = NULL, *b = NULL;
	mdoc_ctx *ctx = NULL;
	unsigned long n;
	int r;

	(void)state;
	assert_int_equal(mdoc_ctx_new(&ctx), MDOC_OK);
	for (n = 1;; n++) {
		failmalloc_arm(n);
		r = mdoc_transport_loop(ctx, &a, &b);
		if (!failmalloc_disarm())
			break;
		assert_int_equal(r, MDOC_E_MEMORY);
		assert_null(a);
		assert_null(b);
	}
	assert_int_equal(r, MDOC_OK);
	assert_int_equal(n, 4);
	assert_int_equal(mdoc_transport_open(a, 0), MDOC_OK);
	failmalloc_arm(1);
	assert_int_equal(mdoc_transport_send(a, text, 0), MDOC_E_MEMORY);
	failmalloc_disarm();
	mdoc_transport_free(&a);
	mdoc_transport_free(&b);
	mdoc_ctx_free(&ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_single),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_left_over),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
