/* SPDX-License-Identifier: BSD-3-Clause */
/* device: the mdoc's side of a session until its keys are there. */
#include "config.h"

#include "mdoc/model/engagement.h"
#include "mdoc/session/session.h"

#define DEFAULT_CURVE "P-256"

/*
 * EReaderKey is on the curve of EDeviceKey (12.2) and, unlike that, always
 * uncompressed (12.7.2). That it is a point is seen when it is used.
 */
static int
check_reader_key(mdoc_session *s, const struct cose_key *k,
    enum event_id *ret_event)
{
	const struct curve *own = key_curve(s->key);

	if (k->curve != own) {
		*ret_event = EVENT_CURVE_MISMATCH;
		return ctx_fail(s->ctx, MDOC_E_KEY,
		    "eReaderKey: on %s, but the EDeviceKey is on %s",
		    k->curve->name, own->name);
	}
	*ret_event = EVENT_KEY_INVALID;
	if (k->compressed)
		return ctx_fail(s->ctx, MDOC_E_KEY,
		    "eReaderKey: y is a sign, not a coordinate");
	return MDOC_OK;
}

static int
read_reader_key(mdoc_session *s, const struct message *m,
    const struct cbor_reader *source, struct cose_key *ret,
    enum event_id *ret_event)
{
	struct cbor_reader r;
	int code;

	cbor_reader_nested(&r, source, m->ereader_key);
	if (cose_key_read(&r, false, ret) && cbor_finish(&r))
		return MDOC_OK;
	code = ctx_fail_cbor(s->ctx, &r, "eReaderKey");
	*ret_event = code == MDOC_E_CBOR ? EVENT_MALFORMED : EVENT_KEY_INVALID;
	return code;
}

static int
device_receive_first(mdoc_session *s, const struct message *m,
    const struct cbor_reader *source, enum event_id *ret_event)
{
	struct cose_key peer;
	int r;

	if (bytes_is_null(m->ereader_key_bytes)) {
		*ret_event = EVENT_NO_ESTABLISHMENT;
		return ctx_fail(s->ctx, MDOC_E_STRUCTURE,
		    "SessionEstablishment: eReaderKey is missing");
	}
	if ((r = read_reader_key(s, m, source, &peer, ret_event)) != MDOC_OK ||
	    (r = check_reader_key(s, &peer, ret_event)) != MDOC_OK)
		return r;
	*ret_event = EVENT_NO_MEMORY;
	if (!blob_set(&s->ereader_key, m->ereader_key_bytes))
		return ctx_fail(s->ctx, MDOC_E_MEMORY,
		    "session: out of memory");
	if ((r = session_transcript_make(s)) != MDOC_OK)
		return r;
	/* Our own key was found fit before: the peer's is not. */
	r = session_derive(s, &peer);
	*ret_event =
	    r == MDOC_E_KEY ? EVENT_KEY_INVALID : EVENT_AGREEMENT_FAILED;
	return r;
}

static const struct session_role device_role = {
	.name = "device",
	.sender = ENCRYPT_DEVICE,
	.data = EVENT_REQUEST,
	.key_ends = true,
	.receive_first = device_receive_first,
};

/* methods: an array item, or NULL. Read back, since these are the caller's. */
static int
engagement_make(mdoc_session *s, struct bytes methods)
{
	struct blob out = BLOB_INIT;
	struct engagement e;
	struct cbor_reader r;
	struct cbor_writer w;
	int code;

	cbor_writer_init(&w, &out);
	engagement_write(&w, key_curve(s->key), key_point(s->key), methods);
	if (w.error != CBOR_OK) {
		code = ctx_fail(s->ctx, MDOC_E_MEMORY,
		    "DeviceEngagement: out of memory");
		goto out;
	}
	cbor_reader_init(&r, blob_bytes(&out));
	if (!engagement_read(&r, &e)) {
		code = ctx_fail_cbor(s->ctx, &r, "DeviceEngagement");
		goto out;
	}
	blob_move(&s->engagement, &out);
	code = MDOC_OK;
out:
	blob_reset(&out);
	return code;
}

int
mdoc_session_new_device(mdoc_ctx *ctx, mdoc_key *edevice_key,
    mdoc_session **ret)
{
	const struct curve *curve = edevice_key != NULL
	    ? key_curve(edevice_key)
	    : curve_by_name(bytes_str(DEFAULT_CURVE));
	mdoc_session *s;
	int r;

	if ((s = session_new(ctx, &device_role)) == NULL) {
		r = ctx_fail(ctx, MDOC_E_MEMORY, "session: out of memory");
		goto out;
	}
	if ((r = session_take_key(s, edevice_key, curve)) != MDOC_OK ||
	    (r = engagement_make(s, BYTES_NULL)) != MDOC_OK)
		goto out;
	*ret = s;
	s = NULL;
	r = MDOC_OK;
out:
	mdoc_session_free(&s);
	return r;
}

static int
check_device(mdoc_session *s, const char *what)
{
	if (s->role != &device_role)
		return ctx_fail(s->ctx, MDOC_E_ARGUMENT,
		    "%s: it is the mdoc that has one", what);
	return session_check_unused(s, what);
}

/* Ours is a point, so that what is equal to it is one. */
static bool
is_own_key(const mdoc_session *s, const struct cose_key *k)
{
	const struct curve *c = key_curve(s->key);
	struct bytes own = key_point(s->key), x, y;

	if (k->curve != c)
		return false;
	if (c->kind != CURVE_WEIERSTRASS)
		return bytes_equal(k->x, own);
	x = bytes_of(own.ptr + 1, c->field_len);
	y = bytes_of(x.ptr + x.len, c->field_len);
	return bytes_equal(k->x, x) &&
	    (k->compressed ? k->y_odd == (y.ptr[y.len - 1] & 1)
			   : bytes_equal(k->y, y));
}

int
mdoc_session_set_engagement(mdoc_session *session, mdoc_bytes device_engagement)
{
	static const char what[] = "DeviceEngagement";
	struct bytes in = from_public(device_engagement);
	struct engagement e;
	struct cbor_reader r;
	int code;

	if ((code = check_device(session, what)) != MDOC_OK)
		return code;
	cbor_reader_init(&r, in);
	if (!engagement_read(&r, &e))
		return ctx_fail_cbor(session->ctx, &r, what);
	if (!is_own_key(session, &e.edevice_key))
		return ctx_fail(session->ctx, MDOC_E_KEY,
		    "%s: it carries another key than the session's", what);
	if (!blob_set(&session->engagement, in))
		return ctx_fail(session->ctx, MDOC_E_MEMORY,
		    "%s: out of memory", what);
	return MDOC_OK;
}

int
mdoc_session_set_retrieval(mdoc_session *session, mdoc_bytes methods)
{
	int r;

	if ((r = check_device(session, "DeviceRetrievalMethods")) != MDOC_OK)
		return r;
	return engagement_make(session, from_public(methods));
}
