/* SPDX-License-Identifier: BSD-3-Clause */
/* reader: the reader's side of a session until its keys are there. */
#include "config.h"

#include "mdoc/model/engagement.h"
#include "mdoc/session/session.h"

static int
reader_receive_first(mdoc_session *s, const struct message *m,
    const struct cbor_reader *source, enum event_id *ret_event)
{
	(void)m;
	(void)source;
	*ret_event = EVENT_TOO_EARLY;
	return ctx_fail(s->ctx, MDOC_E_SESSION,
	    "session: data from the mdoc before a request was sent");
}

static int
reader_send_first(mdoc_session *s)
{
	return session_derive(s, &s->peer);
}

static const struct session_role reader_role = {
	.name = "reader",
	.sender = ENCRYPT_READER,
	.data = EVENT_RESPONSE,
	/* A device MAC is verified with EReaderKey after the last message. */
	.key_ends = false,
	.receive_first = reader_receive_first,
	.send_first = reader_send_first,
};

/* Reads the session's own copy, so that what is found stays. */
static int
read_engagement(mdoc_session *s)
{
	uint8_t point[CURVE_MAX_POINT];
	struct engagement e;
	struct cbor_reader r;
	size_t len;

	cbor_reader_init(&r, blob_bytes(&s->engagement));
	if (!engagement_read(&r, &e))
		return ctx_fail_cbor(s->ctx, &r, "DeviceEngagement");
	if (!cose_key_point(&e.edevice_key, point, &len))
		return ctx_fail(s->ctx, MDOC_E_KEY,
		    "DeviceEngagement: EDeviceKey is not a point on %s",
		    e.edevice_key.curve->name);
	s->peer = e.edevice_key;
	return MDOC_OK;
}

static int
write_reader_key(mdoc_session *s)
{
	uint8_t key[CURVE_MAX_POINT + 32];
	struct cbor_writer inner, w;

	cbor_writer_fixed(&inner, key, sizeof(key));
	cose_key_write(&inner, key_curve(s->key), key_point(s->key));
	cbor_writer_init(&w, &s->ereader_key);
	cbor_put_tag24(&w, bytes_of(key, inner.len));
	if (inner.error != CBOR_OK || w.error != CBOR_OK)
		return ctx_fail(s->ctx, MDOC_E_MEMORY,
		    "EReaderKey: out of memory");
	return MDOC_OK;
}

int
mdoc_session_new_reader(mdoc_ctx *ctx, mdoc_bytes device_engagement,
    mdoc_key *ereader_key, mdoc_session **ret)
{
	mdoc_session *s;
	int r;

	if ((s = session_new(ctx, &reader_role)) == NULL ||
	    !blob_set(&s->engagement, from_public(device_engagement))) {
		r = ctx_fail(ctx, MDOC_E_MEMORY, "session: out of memory");
		goto out;
	}
	if ((r = read_engagement(s)) != MDOC_OK ||
	    (r = session_take_key(s, ereader_key, s->peer.curve)) != MDOC_OK ||
	    (r = write_reader_key(s)) != MDOC_OK ||
	    (r = session_transcript_make(s)) != MDOC_OK)
		goto out;
	*ret = s;
	s = NULL;
	r = MDOC_OK;
out:
	mdoc_session_free(&s);
	return r;
}
