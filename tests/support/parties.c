/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mdoc/crypto/ctx.h"
#include "tests/support/parties.h"
#include "tests/support/vectors.h"
#include "vendor-ext/tbs.h"

mdoc_key *
parties_key(mdoc_ctx *ctx, struct bytes cose_key, struct bytes d)
{
	struct blob out = BLOB_INIT;
	struct cbor_writer w;
	mdoc_key *key = NULL;

	/* One more pair in a map of less than 23. */
	assert_true(blob_append_u8(&out, (uint8_t)(cose_key.ptr[0] + 1)));
	assert_true(blob_append(&out, cose_key.ptr + 1, cose_key.len - 1));
	cbor_writer_init(&w, &out);
	cbor_put_int(&w, -4);
	cbor_put_bstr(&w, d);
	assert_int_equal(w.error, CBOR_OK);
	assert_int_equal(mdoc_key_from_bytes(ctx, to_public(blob_bytes(&out)),
			     &key),
	    MDOC_OK);
	blob_reset(&out);
	return key;
}

static void
party_new(struct party *p)
{
	*p = (struct party){ .message = MDOC_BUF_INIT };
	assert_int_equal(mdoc_ctx_new(&p->ctx), MDOC_OK);
}

static void
sessions_new(struct parties *p, mdoc_bytes engagement)
{
	assert_int_equal(mdoc_session_new_device(p->device.ctx, p->device.key,
			     &p->device.session),
	    MDOC_OK);
	if (engagement.ptr != NULL)
		assert_int_equal(mdoc_session_set_engagement(p->device.session,
				     engagement),
		    MDOC_OK);
	assert_int_equal(mdoc_session_new_reader(p->reader.ctx,
			     mdoc_session_engagement(p->device.session),
			     p->reader.key, &p->reader.session),
	    MDOC_OK);
}

void
parties_new(struct parties *p, const char *curve)
{
	party_new(&p->device);
	party_new(&p->reader);
	if (curve != NULL) {
		assert_int_equal(mdoc_key_generate(p->device.ctx, curve,
				     &p->device.key),
		    MDOC_OK);
		assert_int_equal(mdoc_key_generate(p->reader.ctx, curve,
				     &p->reader.key),
		    MDOC_OK);
	}
	sessions_new(p, (mdoc_bytes){ NULL, 0 });
}

static void
set_handover(struct parties *p, struct bytes handover)
{
	struct bytes select = BYTES_NULL, request = BYTES_NULL;
	struct cbor_reader r;
	mdoc_bytes parts[2];

	cbor_reader_init(&r, handover);
	assert_true(cbor_enter_array_of(&r, 2));
	assert_true(cbor_get_bstr(&r, &select));
	assert_true(cbor_get_bstr(&r, &request));
	parts[0] = to_public(select);
	parts[1] = to_public(request);
	assert_int_equal(mdoc_session_set_handover(p->device.session, "nfc",
			     parts, 2),
	    MDOC_OK);
	assert_int_equal(mdoc_session_set_handover(p->reader.session, "nfc",
			     parts, 2),
	    MDOC_OK);
}

bool
parties_annex_d(struct parties *p)
{
	struct blob transcript = BLOB_INIT, d = BLOB_INIT;
	struct tbs_transcript t;
	struct cbor_reader r;
	uint64_t suite;
	struct bytes key = BYTES_NULL;

	if (vectors_folder() == NULL ||
	    !vectors_read("annexD/session_transcript_bytes.hex", &transcript))
		return false;
	assert_true(tbs_transcript_read(blob_bytes(&transcript), &t, NULL));
	party_new(&p->device);
	party_new(&p->reader);
	/* {0: "1.0", 1: [1, EDeviceKeyBytes]} */
	cbor_reader_init(&r,
	    bytes_of(t.engagement.ptr + 7, t.engagement.len - 7));
	assert_true(cbor_enter_array_of(&r, 2));
	assert_true(cbor_get_uint(&r, &suite));
	assert_true(cbor_get_tag24(&r, &key, NULL));
	assert_true(vectors_read_key("EDeviceKey d", &d));
	p->device.key = parties_key(p->device.ctx, key, blob_bytes(&d));
	assert_true(vectors_read_key("EReaderKey d", &d));
	p->reader.key =
	    parties_key(p->reader.ctx, t.ereader_key, blob_bytes(&d));
	sessions_new(p, to_public(t.engagement));
	set_handover(p, t.handover);
	blob_reset(&transcript);
	blob_reset(&d);
	return true;
}

static void
party_free(struct party *p)
{
	mdoc_session_free(&p->session);
	mdoc_key_free(&p->key);
	mdoc_buf_reset(&p->message);
	mdoc_ctx_free(&p->ctx);
}

void
parties_free(struct parties *p)
{
	party_free(&p->device);
	party_free(&p->reader);
}

void
parties_receive(struct party *to, mdoc_bytes message, const char *name)
{
	assert_int_equal(mdoc_session_receive(to->session, message, &to->event),
	    MDOC_OK);
	assert_string_equal(to->event.name, name);
}

void
parties_talk(struct party *from, struct party *to, const char *text)
{
	struct bytes want = bytes_str(text);

	assert_int_equal(mdoc_session_send(from->session, to_public(want),
			     &from->message),
	    MDOC_OK);
	parties_receive(to, parties_bytes(&from->message),
	    mdoc_session_ereader_key(to->session) == NULL ? "request"
							  : "response");
	assert_true(bytes_equal(from_public(to->event.data), want));
	assert_null(to->event.answer.ptr);
	assert_int_equal(to->event.status, -1);
	assert_int_equal(to->event.error, MDOC_OK);
}

void
parties_establish(struct parties *p)
{
	parties_talk(&p->reader, &p->device, "request");
	parties_talk(&p->device, &p->reader, "response");
}

void
parties_assert_ended(struct party *p, const char *name)
{
	const mdoc_bytes text = to_public(bytes_str("text"));
	mdoc_buf out = MDOC_BUF_INIT;
	mdoc_event e = { .status = 77 };

	assert_string_equal(mdoc_session_state(p->session), name);
	assert_int_equal(mdoc_session_receive(p->session, text, &e),
	    MDOC_E_SESSION);
	assert_int_equal(e.status, 77);
	assert_non_null(strstr(mdoc_ctx_error(p->ctx), name));
	assert_int_equal(mdoc_session_send(p->session, text, &out),
	    MDOC_E_SESSION);
	assert_int_equal(mdoc_session_send_last(p->session, text, &out),
	    MDOC_E_SESSION);
	assert_int_equal(mdoc_session_end(p->session, &out), MDOC_E_SESSION);
	assert_null(out.ptr);
}
