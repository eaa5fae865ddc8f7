/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mdoc/session/session.h"
#include "tests/support/failmalloc.h"
#include "tests/support/parties.h"

static const mdoc_bytes text = { (const uint8_t *)"text", 4 };

static void
send_text(struct party *p, struct blob *ret)
{
	assert_int_equal(mdoc_session_send(p->session, text, &p->message),
	    MDOC_OK);
	assert_true(blob_set(ret, bytes_of(p->message.ptr, p->message.len)));
}

static void
assert_error(struct party *p, const struct blob *message, const char *name,
    int error, int answer)
{
	parties_receive(p, to_public(blob_bytes(message)), name);
	assert_int_equal(p->event.type, MDOC_EVENT_ERROR);
	assert_int_equal(p->event.error, error);
	assert_null(p->event.data.ptr);
	assert_int_equal(p->event.answer.len, 9);
	assert_int_equal(p->event.answer.ptr[8], answer);
	assert_string_equal(p->event.reason, mdoc_ctx_error(p->ctx));
	parties_assert_ended(p, name);
}

static void
test_dialogue(void **state)
{
	struct parties p;
	char line[32];

	(void)state;
	parties_new(&p, NULL);
	assert_string_equal(mdoc_session_state(p.reader.session), "engaged");
	parties_establish(&p);
	assert_string_equal(mdoc_session_state(p.reader.session),
	    "established");
	assert_string_equal(mdoc_session_state(p.device.session),
	    "established");
	for (int i = 0; i < 300; i++) {
		snprintf(line, sizeof(line), "message %d", i);
		parties_talk(&p.reader, &p.device, line);
		/* One side may say more than the other. */
		if (i % 3 == 0)
			parties_talk(&p.reader, &p.device, line);
		parties_talk(&p.device, &p.reader, line);
	}
	assert_int_equal(p.reader.session->out.counter, 401);
	assert_int_equal(p.reader.session->in.counter, 301);
	parties_free(&p);
}

/* Nothing at all, one byte, and a message longer than any buffer so far. */
static void
test_lengths(void **state)
{
	static const size_t lengths[] = { 0, 1, 15, 16, 17, 255, 65536, 3 };
	struct blob big = BLOB_INIT;
	struct parties p;
	mdoc_bytes part;

	(void)state;
	parties_new(&p, NULL);
	assert_non_null(blob_extend(&big, 65536));
	memset(big.ptr, 0x5a, big.len);
	for (size_t i = 0; i < nitems(lengths); i++) {
		part = (mdoc_bytes){ big.ptr, lengths[i] };
		assert_int_equal(mdoc_session_send(p.reader.session, part,
				     &p.reader.message),
		    MDOC_OK);
		parties_receive(&p.device, parties_bytes(&p.reader.message),
		    "request");
		assert_int_equal(p.device.event.data.len, lengths[i]);
		assert_non_null(p.device.event.data.ptr);
		assert_memory_equal(p.device.event.data.ptr, big.ptr,
		    lengths[i]);
	}
	blob_reset(&big);
	parties_free(&p);
}

static void
test_too_long(void **state)
{
	const mdoc_bytes huge = { text.ptr, CBOR_MAX_SIZE + 1 };
	struct parties p;

	(void)state;
	parties_new(&p, NULL);
	assert_int_equal(mdoc_session_send(p.reader.session, huge,
			     &p.reader.message),
	    MDOC_E_ARGUMENT);
	assert_int_equal(mdoc_session_send(p.reader.session,
			     (mdoc_bytes){ NULL, 0 }, &p.reader.message),
	    MDOC_E_ARGUMENT);
	assert_string_equal(mdoc_session_state(p.reader.session), "engaged");
	parties_receive(&p.device, huge, "message-too-long");
	assert_int_equal(p.device.event.error, MDOC_E_PEER);
	assert_int_equal(p.device.event.answer.ptr[8], 11);
	parties_assert_ended(&p.device, "message-too-long");
	parties_free(&p);
}

static void
test_replay(void **state)
{
	struct blob m = BLOB_INIT;
	struct parties p;

	(void)state;
	parties_new(&p, NULL);
	parties_establish(&p);
	send_text(&p.reader, &m);
	parties_receive(&p.device, to_public(blob_bytes(&m)), "request");
	assert_error(&p.device, &m, "decrypt-failed", MDOC_E_SESSION, 10);
	parties_free(&p);
	blob_reset(&m);
}

static void
test_order(void **state)
{
	struct blob first = BLOB_INIT, second = BLOB_INIT;
	struct parties p;

	(void)state;
	parties_new(&p, NULL);
	parties_establish(&p);
	send_text(&p.device, &first);
	send_text(&p.device, &second);
	assert_error(&p.reader, &second, "decrypt-failed", MDOC_E_SESSION, 10);
	parties_free(&p);
	blob_reset(&first);
	blob_reset(&second);
}

/* One's own message sent back is not the peer's. */
static void
test_reflection(void **state)
{
	struct blob m = BLOB_INIT;
	struct parties p;

	(void)state;
	parties_new(&p, NULL);
	send_text(&p.reader, &m);
	assert_error(&p.reader, &m, "establishment-repeated", MDOC_E_SESSION,
	    10);
	parties_free(&p);

	parties_new(&p, NULL);
	parties_establish(&p);
	send_text(&p.reader, &m);
	assert_error(&p.reader, &m, "decrypt-failed", MDOC_E_SESSION, 10);
	parties_free(&p);
	blob_reset(&m);
}

/* Whatever bit is flipped in it, a message is never taken for a request. */
static void
test_bits(void **state)
{
	struct blob m = BLOB_INIT;
	struct parties p;
	struct party *d = &p.device;
	size_t kinds[MDOC_EVENT_ERROR + 1] = { 0 };

	(void)state;
	parties_new(&p, "P-256");
	send_text(&p.reader, &m);
	for (size_t i = 0; i < m.len * 8; i++) {
		m.ptr[i / 8] ^= (uint8_t)(1 << i % 8);
		mdoc_session_free(&d->session);
		assert_int_equal(mdoc_session_new_device(d->ctx, d->key,
				     &d->session),
		    MDOC_OK);
		assert_int_equal(mdoc_session_receive(d->session,
				     to_public(blob_bytes(&m)), &d->event),
		    MDOC_OK);
		kinds[d->event.type]++;
		assert_int_equal(d->event.type, MDOC_EVENT_ERROR);
		parties_assert_ended(d, d->event.name);
		m.ptr[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	assert_int_equal(kinds[MDOC_EVENT_ERROR], m.len * 8);
	blob_reset(&m);
	parties_free(&p);
}

static void
test_truncated(void **state)
{
	struct blob m = BLOB_INIT;
	struct parties p;

	(void)state;
	for (size_t n = 0; n < 1 + 5 + 1 + 4 + 16; n++) {
		parties_new(&p, NULL);
		parties_establish(&p);
		send_text(&p.device, &m);
		assert_int_equal(m.len, 1 + 5 + 1 + 4 + 16);
		blob_truncate(&m, n);
		assert_error(&p.reader, &m, "message-malformed", MDOC_E_CBOR,
		    11);
		parties_free(&p);
	}
	blob_reset(&m);
}

static void
test_peer_status(void **state)
{
	/* {"status": n}, {"data": h'00', "status": n}; what it is called */
	static const struct {
		uint8_t n;
		const char *name;
		bool data;
	} rows[] = {
		{ 10, "peer-encryption-error", false },
		{ 11, "peer-decoding-error", false },
		{ 20, "peer-terminated", false },
		{ 12, "peer-status", false },
		{ 10, "peer-encryption-error", true },
		{ 11, "peer-decoding-error", true },
	};

	uint8_t only[] = "\xa1\x66status";
	uint8_t with[] = "\xa2\x64"
			 "data\x41\x00\x66status";
	struct parties p;
	mdoc_bytes m;

	(void)state;
	for (size_t i = 0; i < nitems(rows); i++) {
		parties_new(&p, NULL);
		parties_establish(&p);
		only[8] = with[15] = rows[i].n;
		m = rows[i].data ? (mdoc_bytes){ with, 16 }
				 : (mdoc_bytes){ only, 9 };
		parties_receive(&p.device, m, rows[i].name);
		assert_int_equal(p.device.event.type, MDOC_EVENT_TERMINATED);
		assert_int_equal(p.device.event.status, rows[i].n);
		assert_int_equal(p.device.event.error, MDOC_OK);
		assert_null(p.device.event.data.ptr);
		assert_null(p.device.event.answer.ptr);
		assert_string_not_equal(p.device.event.reason, "");
		parties_assert_ended(&p.device, rows[i].name);
		parties_free(&p);
	}
}

/* A status that nobody has given a meaning says nothing about the data. */
static void
test_unknown_status_with_data(void **state)
{
	struct parties p;
	struct blob m = BLOB_INIT;

	(void)state;
	parties_new(&p, NULL);
	parties_establish(&p);
	send_text(&p.reader, &m);
	m.ptr[0]++;
	assert_true(blob_append(&m, "\x66status\x00", 8));
	parties_receive(&p.device, to_public(blob_bytes(&m)), "request");
	assert_int_equal(p.device.event.status, 0);
	assert_int_equal(p.device.event.data.len, 4);
	assert_string_equal(mdoc_session_state(p.device.session),
	    "established");
	parties_free(&p);
	blob_reset(&m);
}

static void
test_last(void **state)
{
	struct parties p;

	(void)state;
	parties_new(&p, NULL);
	assert_int_equal(mdoc_session_send_last(p.reader.session, text,
			     &p.reader.message),
	    MDOC_E_ARGUMENT);
	parties_establish(&p);
	assert_int_equal(mdoc_session_send_last(p.device.session, text,
			     &p.device.message),
	    MDOC_OK);
	parties_assert_ended(&p.device, "terminated");
	parties_receive(&p.reader, parties_bytes(&p.device.message),
	    "response");
	assert_int_equal(p.reader.event.status, 20);
	assert_memory_equal(p.reader.event.data.ptr, "text", 4);
	parties_assert_ended(&p.reader, "peer-terminated");
	/* What is needed to verify the response is still there. */
	assert_non_null(mdoc_session_transcript(p.reader.session).ptr);
	assert_non_null(mdoc_session_ereader_key(p.reader.session));
	assert_true(
	    mdoc_key_is_private(mdoc_session_ereader_key(p.reader.session)));
	parties_free(&p);
}

static void
test_end(void **state)
{
	struct parties p;

	(void)state;
	/* Before there are keys */
	parties_new(&p, NULL);
	assert_int_equal(mdoc_session_end(p.reader.session, &p.reader.message),
	    MDOC_OK);
	parties_receive(&p.device, parties_bytes(&p.reader.message),
	    "peer-terminated");
	parties_assert_ended(&p.reader, "terminated");
	parties_assert_ended(&p.device, "peer-terminated");
	parties_free(&p);

	parties_new(&p, NULL);
	parties_establish(&p);
	assert_int_equal(mdoc_session_end(p.device.session, &p.device.message),
	    MDOC_OK);
	assert_int_equal(p.device.message.len, 9);
	parties_receive(&p.reader, parties_bytes(&p.device.message),
	    "peer-terminated");
	/* The keys are gone, the mdoc's own fresh key too. */
	assert_null(p.device.session->in.key.ptr);
	assert_null(p.device.session->out.key.ptr);
	assert_null(p.device.session->fresh);
	assert_null(p.reader.session->in.key.ptr);
	assert_null(p.reader.session->out.key.ptr);
	assert_int_equal(mdoc_session_set_handover(p.device.session, "qr", NULL,
			     0),
	    MDOC_E_ARGUMENT);
	assert_int_equal(mdoc_session_set_engagement(p.device.session, text),
	    MDOC_E_ARGUMENT);
	parties_free(&p);
}

static void
test_device_first(void **state)
{
	struct parties p;

	(void)state;
	parties_new(&p, NULL);
	assert_int_equal(mdoc_session_send(p.device.session, text,
			     &p.device.message),
	    MDOC_E_ARGUMENT);
	assert_non_null(strstr(mdoc_ctx_error(p.device.ctx),
	    "SessionEstablishment has not come"));
	assert_null(p.device.message.ptr);
	/* No harm is done. */
	parties_establish(&p);
	parties_free(&p);
}

static void
test_counter_exhausted(void **state)
{
	struct blob m = BLOB_INIT;
	struct parties p;

	(void)state;
	parties_new(&p, NULL);
	parties_establish(&p);
	p.reader.session->out.counter = UINT32_MAX - 1;
	p.device.session->in.counter = UINT32_MAX - 1;
	parties_talk(&p.reader, &p.device, "the last one");
	assert_int_equal(mdoc_session_send(p.reader.session, text,
			     &p.reader.message),
	    MDOC_E_SESSION);
	assert_non_null(strstr(mdoc_ctx_error(p.reader.ctx), "counter"));
	/* It can still be ended in good order. */
	assert_int_equal(mdoc_session_end(p.reader.session, &p.reader.message),
	    MDOC_OK);
	send_text(&p.device, &m);
	m.ptr[m.len - 1] ^= 1;
	assert_error(&p.device, &m, "counter-exhausted", MDOC_E_SESSION, 10);
	blob_reset(&m);
	parties_free(&p);
}

/* What could not be set leaves things as they were. */
static void
test_handover_memory(void **state)
{
	struct blob before = BLOB_INIT;
	struct parties p;
	unsigned long n;
	int r;

	(void)state;
	parties_new(&p, NULL);
	assert_true(blob_set(&before,
	    from_public(mdoc_session_transcript(p.reader.session))));
	for (n = 1;; n++) {
		failmalloc_arm(n);
		r = mdoc_session_set_handover(p.reader.session, "nfc", &text,
		    1);
		if (!failmalloc_disarm())
			break;
		assert_int_equal(r, MDOC_E_MEMORY);
		assert_string_equal(p.reader.session->handover->name, "qr");
		assert_int_equal(p.reader.session->n_parts, 0);
		assert_true(bytes_equal(blob_bytes(&before),
		    from_public(mdoc_session_transcript(p.reader.session))));
	}
	blob_reset(&before);
	assert_int_equal(r, MDOC_OK);
	assert_true(n > 1);
	assert_int_equal(mdoc_session_set_handover(p.device.session, "nfc",
			     &text, 1),
	    MDOC_OK);
	parties_establish(&p);
	parties_free(&p);
}

/* One allocation after the other fails in a whole exchange. */
static bool
exchange(struct parties *p, unsigned long nth)
{
	struct party *r = &p->reader, *d = &p->device;
	bool done = false;
	int e;

	failmalloc_arm(nth);
	if ((e = mdoc_session_send(r->session, text, &r->message)) != MDOC_OK) {
		assert_int_equal(e, MDOC_E_MEMORY);
		/* Not lost: the caller may try again. */
		failmalloc_disarm();
		assert_int_equal(mdoc_session_send(r->session, text,
				     &r->message),
		    MDOC_OK);
		parties_receive(d, parties_bytes(&r->message), "request");
		return false;
	}
	e = mdoc_session_receive(d->session, parties_bytes(&r->message),
	    &d->event);
	assert_int_equal(e, MDOC_OK);
	if (d->event.type == MDOC_EVENT_ERROR) {
		assert_int_equal(d->event.error, MDOC_E_MEMORY);
		assert_string_equal(d->event.name, "out-of-memory");
		assert_int_equal(d->event.answer.ptr[8], 10);
		goto out;
	}
	e = mdoc_session_send_last(d->session, text, &d->message);
	if (e != MDOC_OK) {
		assert_int_equal(e, MDOC_E_MEMORY);
		goto out;
	}
	e = mdoc_session_receive(r->session, parties_bytes(&d->message),
	    &r->event);
	assert_int_equal(e, MDOC_OK);
	if (r->event.type == MDOC_EVENT_ERROR)
		assert_int_equal(r->event.error, MDOC_E_MEMORY);
	else
		done = true;
out:
	return !failmalloc_disarm() && done;
}

static void
test_memory(void **state)
{
	struct parties p;
	unsigned long n;
	bool done;

	(void)state;
	for (n = 1, done = false; !done; n++) {
		parties_new(&p, "P-256");
		done = exchange(&p, n);
		parties_free(&p);
	}
	assert_true(n > 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogue),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_reflection),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_peer_status),
		cmocka_unit_test(test_unknown_status_with_data),
		cmocka_unit_test(test_last),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_device_first),
		cmocka_unit_test(test_counter_exhausted),
		cmocka_unit_test(test_handover_memory),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
