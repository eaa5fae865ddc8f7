/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sessions over transports: a whole exchange, and an mdoc whose reader goes
 * wrong in every way there is. Each one ends with a named event or error.
 */
#include "config.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include <mdoc/transport.h>

#include "mdoc/crypto/ctx.h"
#include "tests/support/parties.h"

#define SECOND 1000
#define STALL  30 /* milliseconds that nobody waits for longer */

static const mdoc_bytes text = { (const uint8_t *)"request", 7 };

struct link {
	mdoc_transport *device, *reader;
};

static void
link_loop(struct parties *p, struct link *l)
{
	assert_int_equal(mdoc_transport_loop(p->device.ctx, &l->device,
			     &l->reader),
	    MDOC_OK);
	mdoc_transport_set_ctx(l->reader, p->reader.ctx);
	assert_int_equal(mdoc_transport_open(l->reader, SECOND), MDOC_OK);
	assert_int_equal(mdoc_transport_open(l->device, SECOND), MDOC_OK);
}

static void
link_tcp(struct parties *p, struct link *l)
{
	assert_int_equal(mdoc_transport_tcp_listen(p->device.ctx,
			     "tcp:127.0.0.1:0", &l->device),
	    MDOC_OK);
	assert_int_equal(mdoc_transport_tcp_connect(p->reader.ctx,
			     mdoc_transport_address(l->device), &l->reader),
	    MDOC_OK);
	assert_int_equal(mdoc_transport_open(l->reader, SECOND), MDOC_OK);
	assert_int_equal(mdoc_transport_open(l->device, SECOND), MDOC_OK);
}

static void (*const links[])(struct parties *p, struct link *l) = {
	link_loop,
	link_tcp,
};

/* The mdoc as a program has it: answers until the end, which it returns. */
static int
serve(mdoc_transport *t, struct party *d, int timeout)
{
	mdoc_buf m = MDOC_BUF_INIT;
	int r;

	for (;;) {
		if ((r = mdoc_transport_recv(t, &m, timeout)) != MDOC_OK)
			break;
		r = mdoc_session_receive(d->session, parties_bytes(&m),
		    &d->event);
		if (r != MDOC_OK)
			break;
		if (d->event.answer.ptr != NULL)
			r = mdoc_transport_send(t, d->event.answer, SECOND);
		if (r != MDOC_OK || d->event.type != MDOC_EVENT_REQUEST)
			break;
		if ((r = mdoc_session_send(d->session, d->event.data,
			 &d->message)) != MDOC_OK)
			break;
		r = mdoc_transport_send(t, parties_bytes(&d->message), SECOND);
		if (r != MDOC_OK)
			break;
	}
	mdoc_buf_reset(&m);
	return r;
}

struct job {
	mdoc_transport *t;
	struct party *d;
	int result;
};

static void *
run_job(void *arg)
{
	struct job *j = arg;

	j->result = serve(j->t, j->d, SECOND);
	return NULL;
}

static void
test_threads(void **state)
{
	mdoc_buf m = MDOC_BUF_INIT;
	struct parties p;
	struct party *r = &p.reader;
	pthread_t thread;
	struct link l;
	struct job j;

	(void)state;
	for (size_t i = 0; i < nitems(links); i++) {
		parties_new(&p, NULL);
		links[i](&p, &l);
		j = (struct job){ l.device, &p.device, -1 };
		assert_int_equal(pthread_create(&thread, NULL, run_job, &j), 0);
		for (int n = 0; n < 20; n++) {
			assert_int_equal(mdoc_session_send(r->session, text,
					     &r->message),
			    MDOC_OK);
			assert_int_equal(mdoc_transport_send(l.reader,
					     parties_bytes(&r->message),
					     SECOND),
			    MDOC_OK);
			assert_int_equal(mdoc_transport_recv(l.reader, &m,
					     SECOND),
			    MDOC_OK);
			parties_receive(r, parties_bytes(&m), "response");
			assert_memory_equal(r->event.data.ptr, "request", 7);
		}
		assert_int_equal(mdoc_session_end(r->session, &r->message),
		    MDOC_OK);
		assert_int_equal(mdoc_transport_send(l.reader,
				     parties_bytes(&r->message), SECOND),
		    MDOC_OK);
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_int_equal(j.result, MDOC_OK);
		assert_string_equal(p.device.event.name, "peer-terminated");
		mdoc_transport_free(&l.reader);
		mdoc_transport_free(&l.device);
		parties_free(&p);
	}
	mdoc_buf_reset(&m);
}

/* ---- readers that go wrong: what each puts on the line after one request */

static void
put(struct link *l, mdoc_bytes m)
{
	assert_int_equal(mdoc_transport_send(l->reader, m, SECOND), MDOC_OK);
}

static void
put_text(struct parties *p, struct link *l)
{
	assert_int_equal(mdoc_session_send(p->reader.session, text,
			     &p->reader.message),
	    MDOC_OK);
	put(l, parties_bytes(&p->reader.message));
}

static void
hang_up(struct parties *p, struct link *l)
{
	(void)p;
	mdoc_transport_free(&l->reader);
}

static void
stall(struct parties *p, struct link *l)
{
	(void)p;
	(void)l;
}

static void
garbage(struct parties *p, struct link *l)
{
	(void)p;
	put(l, (mdoc_bytes){ (const uint8_t *)"\xff\xfe\xfd", 3 });
}

static void
other_cbor(struct parties *p, struct link *l)
{
	(void)p;
	put(l, (mdoc_bytes){ (const uint8_t *)"\x83\x01\x02\x03", 4 });
}

static void
replay(struct parties *p, struct link *l)
{
	put_text(p, l);
	put(l, parties_bytes(&p->reader.message));
}

static void
replay_first(struct parties *p, struct link *l)
{
	put(l, parties_bytes(&p->reader.message));
}

static void
skip_one(struct parties *p, struct link *l)
{
	assert_int_equal(mdoc_session_send(p->reader.session, text,
			     &p->reader.message),
	    MDOC_OK);
	put_text(p, l);
}

static void
flip(struct parties *p, struct link *l)
{
	assert_int_equal(mdoc_session_send(p->reader.session, text,
			     &p->reader.message),
	    MDOC_OK);
	p->reader.message.ptr[p->reader.message.len - 1] ^= 0x40;
	put(l, parties_bytes(&p->reader.message));
}

static void
truncate_message(struct parties *p, struct link *l)
{
	assert_int_equal(mdoc_session_send(p->reader.session, text,
			     &p->reader.message),
	    MDOC_OK);
	p->reader.message.len--;
	put(l, parties_bytes(&p->reader.message));
}

static void
put_status(struct link *l, uint8_t status)
{
	uint8_t m[] = { 0xa1, 0x66, 's', 't', 'a', 't', 'u', 's', status };

	put(l, (mdoc_bytes){ m, sizeof(m) });
}

static void
status_10(struct parties *p, struct link *l)
{
	(void)p;
	put_status(l, 10);
}

static void
status_11(struct parties *p, struct link *l)
{
	(void)p;
	put_status(l, 11);
}

static void
status_20(struct parties *p, struct link *l)
{
	(void)p;
	put_status(l, 20);
}

/* What is no frame can only be put on a socket. */
static void
put_raw(struct link *l, const void *p, size_t n)
{
	assert_int_equal(send(mdoc_transport_fd(l->reader), p, n, 0), n);
}

static void
oversized(struct parties *p, struct link *l)
{
	(void)p;
	put_raw(l, "\x7f\xff\xff\xff", 4);
}

static void
half_frame(struct parties *p, struct link *l)
{
	(void)p;
	put_raw(l, "\0\0\1\0half", 8);
	mdoc_transport_free(&l->reader);
}

static const struct {
	void (*act)(struct parties *p, struct link *l);
	bool tcp_only;
	int result;        /* of the mdoc's loop */
	const char *state; /* of its session afterwards */
	int answer;        /* status that the reader gets, or 0 */
} rows[] = {
	{ hang_up, false, MDOC_E_PEER, "established", 0 },
	{ stall, false, MDOC_E_TIMEOUT, "established", 0 },
	{ garbage, false, MDOC_OK, "message-malformed", 11 },
	{ other_cbor, false, MDOC_OK, "message-not-session", 11 },
	{ replay, false, MDOC_OK, "decrypt-failed", 10 },
	{ replay_first, false, MDOC_OK, "establishment-repeated", 10 },
	{ skip_one, false, MDOC_OK, "decrypt-failed", 10 },
	{ flip, false, MDOC_OK, "decrypt-failed", 10 },
	{ truncate_message, false, MDOC_OK, "message-malformed", 11 },
	{ status_10, false, MDOC_OK, "peer-encryption-error", 0 },
	{ status_11, false, MDOC_OK, "peer-decoding-error", 0 },
	{ status_20, false, MDOC_OK, "peer-terminated", 0 },
	{ oversized, true, MDOC_E_PEER, "established", 0 },
	{ half_frame, true, MDOC_E_PEER, "established", 0 },
};

/* The reader gets what the mdoc has to say about it, then nothing. */
static void
check_answer(struct parties *p, struct link *l, int answer)
{
	static const char *const names[] = { "peer-encryption-error",
		"peer-decoding-error" };
	mdoc_buf m = MDOC_BUF_INIT;
	struct party *r = &p->reader;
	int code;

	if (l->reader == NULL)
		return;
	do {
		code = mdoc_transport_recv(l->reader, &m, STALL);
		if (code != MDOC_OK)
			break;
		assert_int_equal(mdoc_session_receive(r->session,
				     parties_bytes(&m), &r->event),
		    MDOC_OK);
	} while (r->event.type == MDOC_EVENT_RESPONSE);
	mdoc_buf_reset(&m);
	if (answer == 0) {
		assert_int_not_equal(code, MDOC_OK);
		return;
	}
	assert_int_equal(code, MDOC_OK);
	assert_string_equal(r->event.name, names[answer - 10]);
	assert_int_equal(r->event.status, answer);
}

static void
test_bad_readers(void **state)
{
	struct parties p;
	struct link l;

	(void)state;
	for (size_t i = 0; i < nitems(links) * nitems(rows); i++) {
		size_t row = i / nitems(links);

		if (rows[row].tcp_only && links[i % nitems(links)] != link_tcp)
			continue;
		parties_new(&p, "P-256");
		links[i % nitems(links)](&p, &l);
		put_text(&p, &l);
		rows[row].act(&p, &l);
		assert_int_equal(serve(l.device, &p.device, STALL),
		    rows[row].result);
		assert_string_equal(mdoc_session_state(p.device.session),
		    rows[row].state);
		check_answer(&p, &l, rows[row].answer);
		mdoc_transport_free(&l.reader);
		mdoc_transport_free(&l.device);
		parties_free(&p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_bad_readers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
