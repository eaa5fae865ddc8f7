/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "mdoc/codec/cose.h"
#include "mdoc/holder/device-auth.h"

#define PATH_MEMORY    'M'
#define PATH_SIGNATURE 'S'

static int
transcript_fail(mdoc_ctx *ctx, const struct tbs_error *e)
{
	return ctx_fail(ctx, MDOC_E_ARGUMENT,
	    "SessionTranscript: %s at offset %zu%s%s%s",
	    cbor_error_name(e->error), e->offset, e->what == NULL ? "" : " (",
	    e->what == NULL ? "" : e->what, e->what == NULL ? "" : ")");
}

int
device_session_begin(struct device_session *s, mdoc_ctx *ctx,
    struct bytes transcript)
{
	struct tbs_transcript t = { .whole = BYTES_NULL };
	struct tbs_error e;

	if (bytes_is_null(transcript))
		return ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "SessionTranscript: none");
	if (!tbs_transcript_read(transcript, &t, &e))
		return transcript_fail(ctx, &e);
	*s = (struct device_session){
		.ctx = ctx,
		.transcript = t.whole,
		.ereader_key = t.ereader_key,
	};
	return MDOC_OK;
}

/* What a MAC needs, once per session. The transcript has an EReaderKey. */
static int
session_agree(struct device_session *s)
{
	struct cbor_reader r;
	struct bytes parts[2];
	uint8_t head[16];

	if (s->agreed)
		return MDOC_OK;
	cbor_reader_init(&r, s->ereader_key);
	if (!cose_key_read(&r, false, &s->peer) || !cbor_finish(&r))
		return ctx_fail_cbor(s->ctx, &r,
		    "EReaderKey of the transcript");
	parts[0] = bytes_of(head, tbs_tag24_head(s->transcript.len, head));
	parts[1] = s->transcript;
	if (!hasher_digest(s->ctx->hasher, HASH_SHA256, parts, 2, s->salt))
		return ctx_fail(s->ctx, MDOC_E_CRYPTO, "SHA-256 failed");
	s->agreed = true;
	return MDOC_OK;
}

/* *ret: why there can be no MAC, or NULL. */
static int
mac_obstacle(struct device_session *s, mdoc_key *key, const char **ret)
{
	char path;
	int r;

	*ret = NULL;
	if (bytes_is_null(s->ereader_key)) {
		*ret = "the transcript has no EReaderKey";
		return MDOC_OK;
	}
	if (key_curve(key)->kind == CURVE_EDWARDS) {
		*ret = "the device key can only sign";
		return MDOC_OK;
	}
	if ((r = session_agree(s)) != MDOC_OK)
		return r;
	if (key_curve(key) != s->peer.curve)
		*ret = "EReaderKey and device key are on different curves";
	else if (mdoc_key_path(key, &path) != MDOC_OK || path == PATH_SIGNATURE)
		*ret = "the token allows no key agreement with the device key";
	return MDOC_OK;
}

static int
mac_write(struct device_session *s, const struct device_auth_input *in,
    const struct authentication *a, struct cbor_writer *w, char *ret_path)
{
	const struct bytes *parts;
	uint8_t tag[32];
	size_t n;
	int r;

	parts = authentication_parts(a, &n);
	r = key_device_mac(in->key, &s->peer, s->salt, parts, n, tag, ret_path);
	if (r != MDOC_OK)
		return r;
	cbor_put_map(w, 1);
	cbor_put_str(w, "deviceMac");
	cose_write(w, COSE_ALG_HMAC256, NULL, 0, BYTES_NULL,
	    bytes_of(tag, sizeof(tag)));
	return MDOC_OK;
}

static int
signature_write(const struct device_session *s,
    const struct device_auth_input *in, const struct authentication *a,
    struct cbor_writer *w, char *ret_path)
{
	const struct bytes *parts;
	uint8_t signature[CURVE_MAX_SIG];
	size_t n, len = 0;
	int r;

	if (key_alg(in->key) == 0)
		return ctx_fail(s->ctx, MDOC_E_KEY,
		    "a device key on %s cannot sign", mdoc_key_curve(in->key));
	parts = authentication_parts(a, &n);
	r = key_sign(in->key, TBS_DEVICE_AUTHENTICATION, parts, n, signature,
	    &len);
	if (r != MDOC_OK)
		return r;
	cbor_put_map(w, 1);
	cbor_put_str(w, "deviceSignature");
	cose_write(w, key_alg(in->key), NULL, 0, BYTES_NULL,
	    bytes_of(signature, len));
	*ret_path =
	    mdoc_key_uri(in->key) == NULL ? PATH_MEMORY : PATH_SIGNATURE;
	return MDOC_OK;
}

/*
 * Without being told: a MAC, which nobody but this reader can check, where
 * reader and key allow it. A policy that forbids the key's path, or a token
 * that fails at it, leaves the signature.
 */
static int
auto_write(struct device_session *s, const struct device_auth_input *in,
    const struct authentication *a, struct cbor_writer *w, char *ret_path)
{
	const char *obstacle;
	int r;

	if ((r = mac_obstacle(s, in->key, &obstacle)) != MDOC_OK)
		return r;
	if (obstacle != NULL)
		return signature_write(s, in, a, w, ret_path);
	r = mac_write(s, in, a, w, ret_path);
	if ((r == MDOC_E_UNSUPPORTED || r == MDOC_E_POLICY) &&
	    key_alg(in->key) != 0)
		return signature_write(s, in, a, w, ret_path);
	return r;
}

static int
mac_only_write(struct device_session *s, const struct device_auth_input *in,
    const struct authentication *a, struct cbor_writer *w, char *ret_path)
{
	const char *obstacle;
	int r;

	if ((r = mac_obstacle(s, in->key, &obstacle)) != MDOC_OK)
		return r;
	if (obstacle != NULL)
		return ctx_fail(s->ctx, MDOC_E_UNSUPPORTED,
		    "no device MAC possible: %s", obstacle);
	return mac_write(s, in, a, w, ret_path);
}

int
device_auth_write(struct device_session *s, const struct device_auth_input *in,
    struct cbor_writer *w, char *ret_path)
{
	struct authentication a;
	char path = 0;
	int r = MDOC_E_ARGUMENT;

	authentication_device(&a, s->transcript, in->doc_type, in->name_spaces);
	switch (in->mode) {
	case MDOC_DEVICE_AUTH_AUTO:
		r = auto_write(s, in, &a, w, &path);
		break;
	case MDOC_DEVICE_AUTH_SIGNATURE:
		r = signature_write(s, in, &a, w, &path);
		break;
	case MDOC_DEVICE_AUTH_MAC:
		r = mac_only_write(s, in, &a, w, &path);
		break;
	default:
		r = ctx_fail(s->ctx, MDOC_E_ARGUMENT,
		    "device authentication: no such mode");
		break;
	}
	if (r == MDOC_OK && w->error != CBOR_OK)
		r = ctx_fail(s->ctx, MDOC_E_MEMORY, "out of memory");
	if (r == MDOC_OK && ret_path != NULL)
		*ret_path = path;
	return r;
}

/* DeviceNameSpaces of the caller, checked, with tag 24 around. */
static int
name_spaces_wrap(mdoc_ctx *ctx, struct bytes in, struct blob *ret)
{
	static const uint8_t empty[] = { 0xa0 };
	struct cbor_reader r;
	struct cbor_writer w;
	struct cbor_item item;

	if (bytes_is_null(in))
		in = bytes_of(empty, sizeof(empty));
	cbor_reader_init(&r, in);
	if (!cbor_peek(&r, &item) || !cbor_skip(&r, NULL) || !cbor_finish(&r))
		return ctx_fail_cbor(ctx, &r, "DeviceNameSpaces");
	if (item.kind != CBOR_KIND_MAP)
		return ctx_fail(ctx, MDOC_E_STRUCTURE,
		    "DeviceNameSpaces: a map expected");
	cbor_writer_init(&w, ret);
	cbor_put_tag24(&w, in);
	return w.error == CBOR_OK
	    ? MDOC_OK
	    : ctx_fail(ctx, MDOC_E_MEMORY, "out of memory");
}

int
mdoc_device_auth(mdoc_key *device_key, enum mdoc_device_auth mode,
    mdoc_bytes transcript, const char *doc_type, mdoc_bytes device_name_spaces,
    mdoc_buf *ret, char *ret_path)
{
	mdoc_ctx *ctx = key_ctx(device_key);
	struct device_session s = { .ctx = ctx };
	struct device_auth_input in = { .key = device_key, .mode = mode };
	struct blob name_spaces = BLOB_INIT, out = BLOB_INIT;
	struct cbor_writer w;
	int r;

	if (doc_type == NULL)
		return ctx_fail(ctx, MDOC_E_ARGUMENT, "docType: none");
	in.doc_type = bytes_str(doc_type);
	if ((r = device_session_begin(&s, ctx, from_public(transcript))) !=
	    MDOC_OK)
		return r;
	r = name_spaces_wrap(ctx, from_public(device_name_spaces),
	    &name_spaces);
	if (r != MDOC_OK)
		goto out;
	in.name_spaces = blob_bytes(&name_spaces);
	cbor_writer_init(&w, &out);
	r = device_auth_write(&s, &in, &w, ret_path);
	if (r == MDOC_OK)
		buf_take_blob(ret, &out);
out:
	blob_reset(&name_spaces);
	blob_reset(&out);
	return r;
}
