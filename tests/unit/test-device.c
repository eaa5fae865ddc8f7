/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#include "mdoc/session/session.h"
#include "tests/support/failmalloc.h"
#include "tests/support/parties.h"
#include "tests/support/vectors.h"

/* The mdoc of Annex D, with its key in memory. */
static void
test_annex_d(void **state)
{
	struct blob want = BLOB_INIT, in = BLOB_INIT, key = BLOB_INIT;
	mdoc_bytes transcript;
	struct parties p;
	struct party *d = &p.device;

	(void)state;
	VECTORS_OR_SKIP("annexD/session_establishment.hex", &in);
	VECTORS_OR_SKIP("annexD/device_request.hex", &want);
	assert_true(parties_annex_d(&p));
	assert_string_equal(mdoc_session_state(d->session), "engaged");
	assert_null(mdoc_session_transcript(d->session).ptr);
	parties_receive(d, to_public(blob_bytes(&in)), "request");
	assert_int_equal(d->event.type, MDOC_EVENT_REQUEST);
	assert_int_equal(d->event.status, -1);
	assert_true(bytes_equal(from_public(d->event.data), blob_bytes(&want)));
	assert_string_equal(mdoc_session_state(d->session), "established");

	VECTORS_OR_SKIP("annexD/session_transcript_bytes.hex", &want);
	transcript = mdoc_session_transcript(d->session);
	assert_int_equal(transcript.len, want.len);
	assert_memory_equal(transcript.ptr, want.ptr, want.len);
	assert_true(vectors_read_key("SKReader", &key));
	assert_true(bytes_equal(blob_bytes(&d->session->in.key),
	    blob_bytes(&key)));
	assert_true(vectors_read_key("SKDevice", &key));
	assert_true(bytes_equal(blob_bytes(&d->session->out.key),
	    blob_bytes(&key)));

	VECTORS_OR_SKIP("annexD/device_response.hex", &in);
	VECTORS_OR_SKIP("annexD/session_data.hex", &want);
	assert_int_equal(mdoc_session_send(d->session,
			     to_public(blob_bytes(&in)), &d->message),
	    MDOC_OK);
	assert_int_equal(d->message.len, want.len);
	assert_memory_equal(d->message.ptr, want.ptr, want.len);

	VECTORS_OR_SKIP("annexD/session_termination.hex", &in);
	parties_receive(d, to_public(blob_bytes(&in)), "peer-terminated");
	assert_int_equal(d->event.type, MDOC_EVENT_TERMINATED);
	assert_int_equal(d->event.status, 20);
	parties_assert_ended(d, "peer-terminated");
	assert_null(mdoc_session_ereader_key(d->session));
	parties_free(&p);
	blob_reset(&want);
	blob_reset(&in);
	blob_reset(&key);
}

/* SessionEstablishment as the reader made it, to be changed. */
static void
establishment(struct parties *p, struct blob *ret)
{
	parties_new(p, "P-256");
	assert_int_equal(mdoc_session_send(p->reader.session,
			     to_public(bytes_str("request")),
			     &p->reader.message),
	    MDOC_OK);
	assert_true(blob_set(ret,
	    bytes_of(p->reader.message.ptr, p->reader.message.len)));
}

static void
device_fails(struct parties *p, const struct blob *in, const char *name,
    int error, int answer)
{
	struct party *d = &p->device;

	parties_receive(d, to_public(blob_bytes(in)), name);
	assert_int_equal(d->event.type, MDOC_EVENT_ERROR);
	assert_int_equal(d->event.error, error);
	assert_int_equal(d->event.status, -1);
	assert_null(d->event.data.ptr);
	assert_string_not_equal(d->event.reason, "");
	assert_int_equal(d->event.answer.len, 9);
	assert_int_equal(d->event.answer.ptr[8], answer);
	parties_assert_ended(d, name);
	parties_free(p);
}

/* Where things are: a2 6a "eReaderKey" d8 18 58 4b a4 01 02 20 01 21 58 20 x */
#define AT_KEY 16
#define AT_CRV (AT_KEY + 4)
#define AT_X   (AT_KEY + 8)
#define AT_Y   (AT_X + 32 + 3)

static void
test_bad_keys(void **state)
{
	struct blob in = BLOB_INIT;
	struct parties p;

	(void)state;
	establishment(&p, &in);
	in.ptr[AT_Y + 31] ^= 1;
	device_fails(&p, &in, "reader-key-invalid", MDOC_E_KEY, 10);

	/* The point at infinity has no coordinates; 0, 0 is no point. */
	establishment(&p, &in);
	memset(in.ptr + AT_X, 0, 32);
	memset(in.ptr + AT_Y, 0, 32);
	device_fails(&p, &in, "reader-key-invalid", MDOC_E_KEY, 10);

	/* Coordinates beyond the field */
	establishment(&p, &in);
	memset(in.ptr + AT_X, 0xff, 32);
	device_fails(&p, &in, "reader-key-invalid", MDOC_E_KEY, 10);

	establishment(&p, &in);
	assert_int_equal(in.ptr[AT_CRV], 1);
	in.ptr[AT_CRV] = 8;
	device_fails(&p, &in, "reader-key-invalid", MDOC_E_STRUCTURE, 10);

	/* Another pair of bytes in place of a head inside tag 24 */
	establishment(&p, &in);
	in.ptr[AT_KEY] = 0xff;
	device_fails(&p, &in, "message-malformed", MDOC_E_CBOR, 11);
	blob_reset(&in);
}

/* u = 0 and u = 1 have small order: no secret would come of them. */
static void
test_small_order(void **state)
{
	struct blob in = BLOB_INIT;
	struct parties p;

	(void)state;
	for (uint8_t u = 0; u < 2; u++) {
		parties_new(&p, "X25519");
		assert_int_equal(mdoc_session_send(p.reader.session,
				     to_public(bytes_str("request")),
				     &p.reader.message),
		    MDOC_OK);
		assert_true(blob_set(&in,
		    from_public(parties_bytes(&p.reader.message))));
		/* ... a3 01 01 20 04 21 58 20 u */
		memset(in.ptr + AT_KEY + 8, 0, 32);
		in.ptr[AT_KEY + 8] = u;
		device_fails(&p, &in, "reader-key-invalid", MDOC_E_KEY, 10);
	}
	blob_reset(&in);
}

/* An engagement may carry the own key with y as its sign. */
static void
test_compressed_engagement(void **state)
{
	struct blob out = BLOB_INIT;
	struct parties p;
	struct party *d = &p.device, *r = &p.reader;
	struct bytes in;
	uint8_t odd;

	(void)state;
	parties_new(&p, "P-256");
	in = from_public(mdoc_session_engagement(d->session));
	odd = in.ptr[in.len - 1] & 1;
	assert_true(blob_append(&out, in.ptr, in.len - 34));
	out.ptr[12] = (uint8_t)(out.ptr[12] - 33);
	for (uint8_t sign = 0; sign < 2; sign++) {
		assert_true(blob_append_u8(&out, sign == 0 ? 0xf4 : 0xf5));
		assert_int_equal(mdoc_session_set_engagement(d->session,
				     to_public(blob_bytes(&out))),
		    sign == odd ? MDOC_OK : MDOC_E_KEY);
		blob_truncate(&out, out.len - 1);
	}
	mdoc_session_free(&r->session);
	assert_int_equal(mdoc_session_new_reader(r->ctx,
			     mdoc_session_engagement(d->session), r->key,
			     &r->session),
	    MDOC_OK);
	parties_establish(&p);
	parties_free(&p);
	blob_reset(&out);
}

/* Another curve of the same length of coordinates */
static void
test_curve_mismatch(void **state)
{
	mdoc_key *key = NULL;
	mdoc_buf cose = MDOC_BUF_INIT;
	struct blob in = BLOB_INIT, out = BLOB_INIT;
	struct cbor_writer w;
	struct parties p;

	(void)state;
	parties_new(&p, "P-256");
	assert_int_equal(mdoc_key_generate(p.reader.ctx, "brainpoolP256r1",
			     &key),
	    MDOC_OK);
	assert_int_equal(mdoc_key_cose(key, &cose), MDOC_OK);
	cbor_writer_init(&w, &out);
	cbor_put_map(&w, 2);
	cbor_put_str(&w, "eReaderKey");
	cbor_put_tag24(&w, bytes_of(cose.ptr, cose.len));
	cbor_put_str(&w, "data");
	cbor_put_bstr(&w, bytes_str("0123456789abcdef"));
	device_fails(&p, &out, "curve-mismatch", MDOC_E_KEY, 10);
	mdoc_key_free(&key);
	mdoc_buf_reset(&cose);
	blob_reset(&in);
	blob_reset(&out);
}

/* EReaderKey is never compressed, whatever EDeviceKey may be (12.7.2). */
static void
test_compressed(void **state)
{
	struct bytes in;
	struct blob out = BLOB_INIT;
	struct blob whole = BLOB_INIT;
	struct parties p;

	(void)state;
	establishment(&p, &whole);
	in = blob_bytes(&whole);
	assert_true(blob_append(&out, in.ptr, AT_Y - 2));
	out.ptr[AT_KEY - 1] = (uint8_t)(0x4b - 33);
	assert_true(blob_append_u8(&out, in.ptr[AT_Y + 31] & 1 ? 0xf5 : 0xf4));
	assert_true(blob_append(&out, in.ptr + AT_Y + 32, in.len - AT_Y - 32));
	device_fails(&p, &out, "reader-key-invalid", MDOC_E_KEY, 10);
	blob_reset(&out);
	blob_reset(&whole);
}

static void
test_no_establishment(void **state)
{
	struct blob in = BLOB_INIT;
	struct parties p;

	(void)state;
	vectors_hex("a1646461746150000102030405060708090a0b0c0d0e0f", &in);
	parties_new(&p, NULL);
	device_fails(&p, &in, "establishment-missing", MDOC_E_STRUCTURE, 11);
	blob_reset(&in);
}

static void
test_repeated(void **state)
{
	struct blob in = BLOB_INIT;
	struct parties p;

	(void)state;
	establishment(&p, &in);
	parties_receive(&p.device, to_public(blob_bytes(&in)), "request");
	device_fails(&p, &in, "establishment-repeated", MDOC_E_SESSION, 10);
	blob_reset(&in);
}

/* The eReaderKey goes into the transcript as it came: not in its shortest
 * form, and with a label more. */
static void
test_as_received(void **state)
{
	struct blob in = BLOB_INIT, out = BLOB_INIT;
	mdoc_bytes transcript;
	struct parties p;

	(void)state;
	establishment(&p, &in);
	assert_true(blob_append(&out, in.ptr, 14));
	assert_true(blob_append(&out, "\x59\x00\x4f\xa5", 4));
	assert_true(blob_append(&out, in.ptr + AT_KEY + 1, 74));
	assert_true(blob_append(&out, "\x02\x42id", 4));
	assert_true(blob_append(&out, in.ptr + AT_KEY + 75,
	    in.len - AT_KEY - 75));
	/* The keys are others then, but what was hashed can be seen. */
	parties_receive(&p.device, to_public(blob_bytes(&out)),
	    "decrypt-failed");
	transcript = mdoc_session_transcript(p.device.session);
	assert_memory_equal(transcript.ptr + transcript.len - 1 - 84,
	    out.ptr + 12, 84);
	parties_free(&p);
	blob_reset(&in);
	blob_reset(&out);
}

/* Every truncation, and one byte more. */
static void
test_truncated(void **state)
{
	struct blob in = BLOB_INIT;
	struct parties p;
	struct party *d = &p.device;

	(void)state;
	establishment(&p, &in);
	for (size_t n = 0; n < in.len; n++) {
		mdoc_session_free(&d->session);
		assert_int_equal(mdoc_session_new_device(d->ctx, d->key,
				     &d->session),
		    MDOC_OK);
		parties_receive(d, (mdoc_bytes){ in.ptr, n },
		    "message-malformed");
		assert_int_equal(d->event.error, MDOC_E_CBOR);
		assert_int_equal(d->event.answer.ptr[8], 11);
		assert_non_null(strstr(d->event.reason, "at offset"));
	}
	mdoc_session_free(&d->session);
	assert_int_equal(mdoc_session_new_device(d->ctx, d->key, &d->session),
	    MDOC_OK);
	assert_true(blob_append_u8(&in, 0));
	device_fails(&p, &in, "message-malformed", MDOC_E_CBOR, 11);
	blob_reset(&in);
}

static void
test_curves(void **state)
{
	struct blob before = BLOB_INIT;
	struct parties p;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; curve_at(i) != NULL; i++) {
		if (curve_at(i)->kind == CURVE_EDWARDS)
			continue;
		parties_new(&p, curve_at(i)->name);
		parties_establish(&p);
		parties_free(&p);
		n++;
	}
	assert_true(n >= 9);
	blob_reset(&before);
}

static void
test_edwards(void **state)
{
	mdoc_session *s = NULL;
	mdoc_key *key = NULL;
	mdoc_ctx *ctx = NULL;

	(void)state;
	assert_int_equal(mdoc_ctx_new(&ctx), MDOC_OK);
	assert_int_equal(mdoc_key_generate(ctx, "Ed25519", &key), MDOC_OK);
	assert_int_equal(mdoc_session_new_device(ctx, key, &s), MDOC_E_KEY);
	assert_non_null(strstr(mdoc_ctx_error(ctx), "Ed25519"));
	assert_null(s);
	mdoc_key_free(&key);
	mdoc_ctx_free(&ctx);
}

static void
test_engagement(void **state)
{
	struct blob other = BLOB_INIT;
	struct parties p, q;
	mdoc_bytes e;

	(void)state;
	parties_new(&p, "P-256");
	parties_new(&q, "P-256");
	e = mdoc_session_engagement(p.device.session);
	assert_int_equal(mdoc_session_set_engagement(q.device.session, e),
	    MDOC_E_KEY);
	assert_int_equal(mdoc_session_set_engagement(p.device.session,
			     (mdoc_bytes){ e.ptr, e.len - 1 }),
	    MDOC_E_CBOR);
	/* {0, 1} and an application's own {-1: 0} */
	assert_true(blob_set(&other, from_public(e)));
	other.ptr[0]++;
	assert_true(blob_append(&other, "\x20\x00", 2));
	assert_int_equal(mdoc_session_set_engagement(p.device.session,
			     to_public(blob_bytes(&other))),
	    MDOC_OK);
	e = mdoc_session_engagement(p.device.session);
	assert_int_equal(e.len, other.len);
	assert_memory_equal(e.ptr, other.ptr, other.len);
	mdoc_session_free(&p.reader.session);
	assert_int_equal(mdoc_session_new_reader(p.reader.ctx, e, p.reader.key,
			     &p.reader.session),
	    MDOC_OK);
	parties_establish(&p);
	assert_int_equal(mdoc_session_set_engagement(p.device.session, e),
	    MDOC_E_ARGUMENT);
	blob_reset(&other);
	parties_free(&p);
	parties_free(&q);
}

static void
test_retrieval(void **state)
{
	/* [[2, 1, {0: false, 1: true, 11: 0}]] */
	static const uint8_t ble[] = { 0x81, 0x83, 2, 1, 0xa3, 0, 0xf4, 1, 0xf5,
		11, 0 };
	static const uint8_t twice[] = { 0x82, 0x83, 2, 1, 0xa0, 0x83, 2, 1,
		0xa0 };
	static const uint8_t more[] = { 0x81, 0x83, 2, 1, 0xa0, 3, 0xa0 };
	struct parties p;
	mdoc_session *s;
	mdoc_bytes e;
	size_t len;

	(void)state;
	parties_new(&p, "P-256");
	s = p.device.session;
	len = mdoc_session_engagement(s).len;
	assert_int_equal(mdoc_session_set_retrieval(s,
			     (mdoc_bytes){ (const uint8_t *)"\xa0", 1 }),
	    MDOC_E_STRUCTURE);
	assert_int_equal(mdoc_session_set_retrieval(s,
			     (mdoc_bytes){ (const uint8_t *)"\x80", 1 }),
	    MDOC_E_STRUCTURE);
	assert_int_equal(mdoc_session_set_retrieval(s,
			     (mdoc_bytes){ ble, sizeof(ble) - 1 }),
	    MDOC_E_CBOR);
	assert_int_equal(mdoc_session_set_retrieval(s,
			     (mdoc_bytes){ twice, sizeof(twice) }),
	    MDOC_E_CBOR);
	/* Nothing can be put in behind the array. */
	assert_int_equal(mdoc_session_set_retrieval(s,
			     (mdoc_bytes){ more, sizeof(more) }),
	    MDOC_E_CBOR);
	assert_int_equal(mdoc_session_engagement(s).len, len);
	assert_int_equal(mdoc_session_set_retrieval(s,
			     (mdoc_bytes){ ble, sizeof(ble) }),
	    MDOC_OK);
	e = mdoc_session_engagement(s);
	assert_int_equal(e.len, len + 1 + sizeof(ble));
	assert_memory_equal(e.ptr + len + 1, ble, sizeof(ble));
	parties_free(&p);
}

static void
test_memory(void **state)
{
	mdoc_session *s = NULL;
	struct parties p;
	unsigned long n;
	int r;

	(void)state;
	parties_new(&p, "P-256");
	for (n = 1;; n++) {
		failmalloc_arm(n);
		r = mdoc_session_new_device(p.device.ctx, p.device.key, &s);
		if (!failmalloc_disarm())
			break;
		assert_int_equal(r, MDOC_E_MEMORY);
		assert_null(s);
	}
	assert_int_equal(r, MDOC_OK);
	assert_true(n > 2);
	mdoc_session_free(&s);
	parties_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_annex_d),
		cmocka_unit_test(test_bad_keys),
		cmocka_unit_test(test_small_order),
		cmocka_unit_test(test_compressed_engagement),
		cmocka_unit_test(test_curve_mismatch),
		cmocka_unit_test(test_compressed),
		cmocka_unit_test(test_no_establishment),
		cmocka_unit_test(test_repeated),
		cmocka_unit_test(test_as_received),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_curves),
		cmocka_unit_test(test_edwards),
		cmocka_unit_test(test_engagement),
		cmocka_unit_test(test_retrieval),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
