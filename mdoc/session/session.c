/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "mdoc/session/session.h"

#define INFO_READER "SKReader"
#define INFO_DEVICE "SKDevice"

/* Longest message: what a transport can carry, and the CBOR layer reads. */
#define MESSAGE_MAX CBOR_MAX_SIZE

mdoc_session *
session_new(mdoc_ctx *ctx, const struct session_role *role)
{
	mdoc_session *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->ctx = ctx;
	s->role = role;
	s->handover = handover_find("qr");
	s->out.sender = role->sender;
	s->in.sender =
	    role->sender == ENCRYPT_READER ? ENCRYPT_DEVICE : ENCRYPT_READER;
	return s;
}

int
session_take_key(mdoc_session *s, mdoc_key *key, const struct curve *curve)
{
	int r;

	if (curve->kind == CURVE_EDWARDS)
		return ctx_fail(s->ctx, MDOC_E_KEY,
		    "session: no key agreement is possible on %s", curve->name);
	if (key == NULL) {
		if ((r = mdoc_key_generate(s->ctx, curve->name, &s->fresh)) !=
		    MDOC_OK)
			return r;
		key = s->fresh;
	}
	if (key_curve(key) != curve)
		return ctx_fail(s->ctx, MDOC_E_KEY,
		    "session: the key is on %s, the engagement's on %s",
		    key_curve(key)->name, curve->name);
	if (!mdoc_key_is_private(key))
		return ctx_fail(s->ctx, MDOC_E_KEY,
		    "session: a private key is needed");
	s->key = key;
	return MDOC_OK;
}

int
session_transcript_make(mdoc_session *s)
{
	struct bytes parts[HANDOVER_MAX_PARTS];
	struct transcript_input in = {
		.engagement = blob_bytes(&s->engagement),
		.ereader_key = blob_bytes(&s->ereader_key),
		.handover = s->handover,
		.parts = parts,
		.n = s->n_parts,
	};

	for (size_t i = 0; i < s->n_parts; i++)
		parts[i] = blob_bytes(&s->parts[i]);
	if (!transcript_write(&in, &s->transcript))
		return ctx_fail(s->ctx, MDOC_E_MEMORY,
		    "transcript: out of memory");
	return MDOC_OK;
}

int
session_derive(mdoc_session *s, const struct cose_key *peer)
{
	bool reader = s->role->sender == ENCRYPT_READER;
	struct encrypt *sk_reader = reader ? &s->out : &s->in;
	struct encrypt *sk_device = reader ? &s->in : &s->out;
	uint8_t salt[TRANSCRIPT_SALT_LEN];
	int r;

	if ((r = transcript_salt(s->ctx, blob_bytes(&s->transcript), salt)) !=
	    MDOC_OK)
		return r;
	if ((r = key_derive2(s->key, peer, salt, INFO_READER, INFO_DEVICE,
		 &sk_reader->key, &sk_device->key)) != MDOC_OK)
		return r;
	s->stage = SESSION_ESTABLISHED;
	return MDOC_OK;
}

int
session_check_unused(mdoc_session *s, const char *what)
{
	if (s->stage == SESSION_ENGAGED)
		return MDOC_OK;
	return ctx_fail(s->ctx, MDOC_E_ARGUMENT,
	    "%s: too late, the session has begun", what);
}

/* Session end: the keys go (12.2). */
static void
end(mdoc_session *s, enum event_id by)
{
	encrypt_reset(&s->in);
	encrypt_reset(&s->out);
	if (s->role->key_ends && s->fresh != NULL) {
		mdoc_key_free(&s->fresh);
		s->key = NULL;
	}
	s->stage = SESSION_ENDED;
	s->ended_by = by;
	log_printf(LOG_INFO, "session", "%s: ended: %s", s->role->name,
	    event_kind(by)->name);
}

static int
check_alive(mdoc_session *s)
{
	if (s->stage != SESSION_ENDED)
		return MDOC_OK;
	return ctx_fail(s->ctx, MDOC_E_SESSION,
	    "session: it has ended before (%s)", event_kind(s->ended_by)->name);
}

static void
event_fill(mdoc_session *s, enum event_id id, const struct message *m,
    mdoc_event *ret)
{
	const struct event_kind *k = event_kind(id);

	*ret = (mdoc_event){
		.type = k->type,
		.name = k->name,
		.reason = k->type == MDOC_EVENT_ERROR ? s->reason : k->reason,
		.error = k->error,
		.status = m == NULL ? MESSAGE_NO_STATUS : m->status,
		.answer = to_public(message_status(k->answer)),
	};
	log_printf(LOG_DEBUG, "session", "%s: event: %s", s->role->name,
	    k->name);
}

/*
 * The session is over by an error. error: its code, the text stands in the
 * context; or MDOC_OK: code and text are those of the event.
 */
static void
fail(mdoc_session *s, enum event_id id, int error, mdoc_event *ret)
{
	const struct event_kind *k = event_kind(id);

	if (error == MDOC_OK)
		error = ctx_fail(s->ctx, k->error, "session: %s", k->reason);
	(void)snprintf(s->reason, sizeof(s->reason), "%s",
	    mdoc_ctx_error(s->ctx));
	event_fill(s, id, NULL, ret);
	ret->error = error;
	end(s, id);
}

/* false: the session is over and *ret says why. */
static bool
decrypt(mdoc_session *s, struct bytes data, mdoc_event *ret)
{
	enum encrypt_result result;
	size_t n;

	if (data.len < AEAD_TAG_LEN) {
		fail(s, EVENT_DECRYPT_FAILED, MDOC_OK, ret);
		return false;
	}
	n = data.len - AEAD_TAG_LEN;
	/* One byte at least, so that data that are empty are not absent. */
	if (!blob_reserve(&s->plain, n + 1)) {
		fail(s, EVENT_NO_MEMORY, MDOC_OK, ret);
		return false;
	}
	result = encrypt_open(&s->in, s->ctx->aead, data, s->plain.ptr);
	if (result != ENCRYPT_OK) {
		fail(s,
		    result == ENCRYPT_EXHAUSTED ? EVENT_COUNTER_EXHAUSTED
						: EVENT_DECRYPT_FAILED,
		    MDOC_OK, ret);
		return false;
	}
	s->plain.len = n;
	return true;
}

/* A message with data, of which status is no error. */
static void
receive_data(mdoc_session *s, const struct message *m,
    const struct cbor_reader *source, mdoc_event *ret)
{
	enum event_id id = EVENT_NO_MEMORY;
	int r;

	if (s->stage == SESSION_ENGAGED) {
		if ((r = s->role->receive_first(s, m, source, &id)) !=
		    MDOC_OK) {
			fail(s, r == MDOC_E_MEMORY ? EVENT_NO_MEMORY : id, r,
			    ret);
			return;
		}
	} else if (!bytes_is_null(m->ereader_key_bytes)) {
		fail(s, EVENT_ESTABLISHED_TWICE, MDOC_OK, ret);
		return;
	}
	if (!decrypt(s, m->data, ret))
		return;
	event_fill(s, s->role->data, m, ret);
	ret->data = to_public(blob_bytes(&s->plain));
	if (m->status == MDOC_STATUS_TERMINATION)
		end(s, EVENT_PEER_TERMINATED);
}

int
mdoc_session_receive(mdoc_session *session, mdoc_bytes message, mdoc_event *ret)
{
	struct cbor_reader reader;
	struct message m;
	enum event_id id;
	int r;

	if ((r = check_alive(session)) != MDOC_OK)
		return r;
	blob_clear(&session->plain);
	if (message.len > MESSAGE_MAX) {
		fail(session, EVENT_TOO_LONG, MDOC_OK, ret);
		return MDOC_OK;
	}
	cbor_reader_init(&reader, from_public(message));
	if (!message_read(&reader, &m)) {
		r = ctx_fail_cbor(session->ctx, &reader, "session message");
		fail(session,
		    r == MDOC_E_CBOR ? EVENT_MALFORMED : EVENT_NOT_SESSION, r,
		    ret);
		return MDOC_OK;
	}
	/* Errors come without data (12.2); what comes with them is not
	 * looked at. */
	id = event_of_status(m.status);
	if (m.status != MESSAGE_NO_STATUS &&
	    (bytes_is_null(m.data) || id == EVENT_PEER_ENCRYPTION_ERROR ||
		id == EVENT_PEER_DECODING_ERROR)) {
		event_fill(session, id, &m, ret);
		end(session, id);
		return MDOC_OK;
	}
	receive_data(session, &m, &reader, ret);
	return MDOC_OK;
}

static int
seal(mdoc_session *s, struct bytes plaintext, struct bytes ereader_key,
    int status, struct blob *out)
{
	enum encrypt_result result;
	uint8_t *data;

	data = message_write(out, ereader_key, plaintext.len + AEAD_TAG_LEN,
	    status);
	if (data == NULL)
		return ctx_fail(s->ctx, MDOC_E_MEMORY,
		    "session: out of memory");
	result = encrypt_seal(&s->out, s->ctx->aead, plaintext, data);
	if (result == ENCRYPT_EXHAUSTED)
		return ctx_fail(s->ctx, MDOC_E_SESSION, "session: %s",
		    event_kind(EVENT_COUNTER_EXHAUSTED)->reason);
	if (result != ENCRYPT_OK) {
		/* The peer would wait for a counter that never comes. */
		end(s, EVENT_ENCRYPT_FAILED);
		return ctx_fail(s->ctx, MDOC_E_CRYPTO, "session: %s",
		    event_kind(EVENT_ENCRYPT_FAILED)->reason);
	}
	return MDOC_OK;
}

static int
check_plaintext(mdoc_session *s, struct bytes plaintext)
{
	size_t taken = AEAD_TAG_LEN + s->ereader_key.len + 64;

	if (bytes_is_null(plaintext))
		return ctx_fail(s->ctx, MDOC_E_ARGUMENT,
		    "session: nothing to send");
	if (plaintext.len > MESSAGE_MAX - taken)
		return ctx_fail(s->ctx, MDOC_E_ARGUMENT,
		    "session: %zu bytes do not fit a message", plaintext.len);
	return MDOC_OK;
}

static int
send_data(mdoc_session *s, struct bytes plaintext, int status,
    mdoc_buf *ret_message)
{
	const bool first = s->role->send_first != NULL && s->out.counter == 0;
	struct bytes ereader_key = BYTES_NULL;
	struct blob out = BLOB_INIT;
	int r;

	if ((r = check_alive(s)) != MDOC_OK ||
	    (r = check_plaintext(s, plaintext)) != MDOC_OK)
		return r;
	if (first && status != MESSAGE_NO_STATUS)
		return ctx_fail(s->ctx, MDOC_E_ARGUMENT,
		    "session: the first message cannot be the last");
	if (s->stage == SESSION_ENGAGED) {
		if (!first)
			return ctx_fail(s->ctx, MDOC_E_ARGUMENT,
			    "session: SessionEstablishment has not come yet");
		if ((r = s->role->send_first(s)) != MDOC_OK)
			return r;
	}
	if (first)
		ereader_key = blob_bytes(&s->ereader_key);
	if ((r = seal(s, plaintext, ereader_key, status, &out)) != MDOC_OK)
		goto out;
	if (status != MESSAGE_NO_STATUS)
		end(s, EVENT_TERMINATED);
	buf_take_blob(ret_message, &out);
	r = MDOC_OK;
out:
	blob_reset(&out);
	return r;
}

int
mdoc_session_send(mdoc_session *session, mdoc_bytes plaintext,
    mdoc_buf *ret_message)
{
	return send_data(session, from_public(plaintext), MESSAGE_NO_STATUS,
	    ret_message);
}

int
mdoc_session_send_last(mdoc_session *session, mdoc_bytes plaintext,
    mdoc_buf *ret_message)
{
	return send_data(session, from_public(plaintext),
	    MDOC_STATUS_TERMINATION, ret_message);
}

int
mdoc_session_end(mdoc_session *session, mdoc_buf *ret_message)
{
	struct blob out = BLOB_INIT;
	int r;

	if ((r = check_alive(session)) != MDOC_OK)
		return r;
	if (!blob_set(&out, message_status(MDOC_STATUS_TERMINATION)))
		return ctx_fail(session->ctx, MDOC_E_MEMORY,
		    "session: out of memory");
	end(session, EVENT_TERMINATED);
	buf_take_blob(ret_message, &out);
	return MDOC_OK;
}

struct handed {
	const struct handover *handover;
	struct blob parts[HANDOVER_MAX_PARTS];
	size_t n;
};

/* Exchanges what the session has for what is given. */
static void
swap_handover(mdoc_session *s, struct handed *h)
{
	struct handed old = { .handover = s->handover, .n = s->n_parts };

	memcpy(old.parts, s->parts, sizeof(old.parts));
	s->handover = h->handover;
	s->n_parts = h->n;
	memcpy(s->parts, h->parts, sizeof(s->parts));
	*h = old;
}

int
mdoc_session_set_handover(mdoc_session *session, const char *handover,
    const mdoc_bytes *parts, size_t n)
{
	struct handed h = { .n = n };
	int r;

	if ((r = session_check_unused(session, "handover")) != MDOC_OK)
		return r;
	h.handover = transcript_handover(session->ctx, handover, n);
	if (h.handover == NULL)
		return MDOC_E_ARGUMENT;
	for (size_t i = 0; i < n; i++) {
		if (!blob_set(&h.parts[i], from_public(parts[i]))) {
			r = ctx_fail(session->ctx, MDOC_E_MEMORY,
			    "handover: out of memory");
			goto out;
		}
	}
	swap_handover(session, &h);
	/* The reader knows both keys, so it has a transcript already. */
	if (session->ereader_key.len > 0 &&
	    (r = session_transcript_make(session)) != MDOC_OK)
		swap_handover(session, &h);
out:
	for (size_t i = 0; i < HANDOVER_MAX_PARTS; i++)
		blob_reset(&h.parts[i]);
	return r;
}

const char *
mdoc_session_state(const mdoc_session *session)
{
	switch (session->stage) {
	case SESSION_ENGAGED:
		return "engaged";
	case SESSION_ESTABLISHED:
		return "established";
	case SESSION_ENDED:
	default:
		return event_kind(session->ended_by)->name;
	}
}

mdoc_bytes
mdoc_session_engagement(const mdoc_session *session)
{
	return to_public(blob_bytes(&session->engagement));
}

mdoc_bytes
mdoc_session_transcript(const mdoc_session *session)
{
	return to_public(blob_bytes(&session->transcript));
}

mdoc_key *
mdoc_session_ereader_key(mdoc_session *session)
{
	return session->role->sender == ENCRYPT_READER ? session->key : NULL;
}

void
mdoc_session_free(mdoc_session **session)
{
	mdoc_session *s;

	if (session == NULL || (s = *session) == NULL)
		return;
	encrypt_reset(&s->in);
	encrypt_reset(&s->out);
	blob_reset(&s->plain);
	blob_reset(&s->engagement);
	blob_reset(&s->ereader_key);
	blob_reset(&s->transcript);
	for (size_t i = 0; i < HANDOVER_MAX_PARTS; i++)
		blob_reset(&s->parts[i]);
	mdoc_key_free(&s->fresh);
	free(s);
	*session = NULL;
}
