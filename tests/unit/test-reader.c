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

/* The reader of Annex D: transcript, keys and both messages as published. */
static void
test_annex_d(void **state)
{
	struct blob want = BLOB_INIT, in = BLOB_INIT, key = BLOB_INIT;
	mdoc_bytes transcript;
	struct parties p;
	struct party *r = &p.reader;

	(void)state;
	VECTORS_OR_SKIP("annexD/session_transcript_bytes.hex", &want);
	assert_true(parties_annex_d(&p));
	transcript = mdoc_session_transcript(r->session);
	assert_int_equal(transcript.len, want.len);
	assert_memory_equal(transcript.ptr, want.ptr, want.len);

	VECTORS_OR_SKIP("annexD/device_request.hex", &in);
	VECTORS_OR_SKIP("annexD/session_establishment.hex", &want);
	assert_int_equal(mdoc_session_send(r->session,
			     to_public(blob_bytes(&in)), &r->message),
	    MDOC_OK);
	assert_int_equal(r->message.len, want.len);
	assert_memory_equal(r->message.ptr, want.ptr, want.len);

	assert_true(vectors_read_key("SKReader", &key));
	assert_true(bytes_equal(blob_bytes(&r->session->out.key),
	    blob_bytes(&key)));
	assert_true(vectors_read_key("SKDevice", &key));
	assert_true(bytes_equal(blob_bytes(&r->session->in.key),
	    blob_bytes(&key)));

	VECTORS_OR_SKIP("annexD/session_data.hex", &in);
	VECTORS_OR_SKIP("annexD/device_response.hex", &want);
	parties_receive(r, to_public(blob_bytes(&in)), "response");
	assert_int_equal(r->event.type, MDOC_EVENT_RESPONSE);
	assert_true(bytes_equal(from_public(r->event.data), blob_bytes(&want)));

	VECTORS_OR_SKIP("annexD/session_termination.hex", &want);
	assert_int_equal(mdoc_session_end(r->session, &r->message), MDOC_OK);
	assert_int_equal(r->message.len, want.len);
	assert_memory_equal(r->message.ptr, want.ptr, want.len);
	parties_assert_ended(r, "terminated");
	/* To verify the device MAC with */
	assert_ptr_equal(mdoc_session_ereader_key(r->session), r->key);
	parties_free(&p);
	blob_reset(&want);
	blob_reset(&in);
	blob_reset(&key);
}

static void
refused(mdoc_ctx *ctx, mdoc_bytes engagement, mdoc_key *key, int code,
    const char *why)
{
	mdoc_session *s = NULL;

	assert_int_equal(mdoc_session_new_reader(ctx, engagement, key, &s),
	    code);
	assert_non_null(strstr(mdoc_ctx_error(ctx), why));
	assert_null(s);
}

static void
test_bad_engagement(void **state)
{
	struct blob copy = BLOB_INIT;
	mdoc_bytes engagement;
	struct parties p;

	(void)state;
	parties_new(&p, "P-256");
	engagement = mdoc_session_engagement(p.device.session);
	assert_true(blob_set(&copy, from_public(engagement)));
	for (size_t n = 0; n < copy.len; n++)
		refused(p.reader.ctx, (mdoc_bytes){ copy.ptr, n }, NULL,
		    MDOC_E_CBOR, "DeviceEngagement");
	/* The last byte of y: no longer a point */
	copy.ptr[copy.len - 1] ^= 1;
	refused(p.reader.ctx, to_public(blob_bytes(&copy)), NULL, MDOC_E_KEY,
	    "EDeviceKey is not a point on P-256");
	copy.ptr[copy.len - 1] ^= 1;
	/* {0: "1.0", 1: [1, ...: the cipher suite */
	assert_int_equal(copy.ptr[8], 1);
	copy.ptr[8] = 2;
	refused(p.reader.ctx, to_public(blob_bytes(&copy)), NULL,
	    MDOC_E_STRUCTURE, "cipher suite 1");
	blob_reset(&copy);
	parties_free(&p);
}

static void
test_bad_key(void **state)
{
	mdoc_buf cose = MDOC_BUF_INIT;
	mdoc_key *other = NULL, *public = NULL;
	mdoc_bytes engagement;
	struct parties p;

	(void)state;
	parties_new(&p, "P-256");
	engagement = mdoc_session_engagement(p.device.session);
	assert_int_equal(mdoc_key_generate(p.reader.ctx, "P-384", &other),
	    MDOC_OK);
	refused(p.reader.ctx, engagement, other, MDOC_E_KEY,
	    "on P-384, the engagement's on P-256");
	assert_int_equal(mdoc_key_cose(p.reader.key, &cose), MDOC_OK);
	assert_int_equal(mdoc_key_from_bytes(p.reader.ctx, parties_bytes(&cose),
			     &public),
	    MDOC_OK);
	refused(p.reader.ctx, engagement, public, MDOC_E_KEY, "private key");
	mdoc_key_free(&other);
	mdoc_key_free(&public);
	mdoc_buf_reset(&cose);
	parties_free(&p);
}

/* An engagement may carry any curve of the table, but not every one agrees. */
static void
test_edwards_engagement(void **state)
{
	/* {0: "1.0", 1: [1, 24({1: 1, -1: 6, -2: the base point})]} */
	static const char hex[] =
	    "a20063312e30018201d8185828a3010120062158205866666666666666"
	    "666666666666666666666666666666666666666666666666";
	struct blob in = BLOB_INIT;
	struct parties p;

	(void)state;
	parties_new(&p, "P-256");
	vectors_hex(hex, &in);
	refused(p.reader.ctx, to_public(blob_bytes(&in)), NULL, MDOC_E_KEY,
	    "no key agreement is possible on Ed25519");
	blob_reset(&in);
	parties_free(&p);
}

/* Messages of the mdoc before the first request */
static void
test_too_early(void **state)
{
	const mdoc_bytes data = { (const uint8_t *)"\xa1\x64"
						   "data\x40",
		7 };
	mdoc_buf end = MDOC_BUF_INIT;
	struct parties p;

	(void)state;
	parties_new(&p, NULL);
	parties_receive(&p.reader, data, "data-too-early");
	assert_int_equal(p.reader.event.error, MDOC_E_SESSION);
	assert_int_equal(p.reader.event.answer.ptr[8], 10);
	parties_assert_ended(&p.reader, "data-too-early");
	parties_free(&p);

	parties_new(&p, NULL);
	assert_int_equal(mdoc_session_end(p.device.session, &end), MDOC_OK);
	parties_receive(&p.reader, parties_bytes(&end), "peer-terminated");
	assert_int_equal(p.reader.event.status, 20);
	parties_assert_ended(&p.reader, "peer-terminated");
	mdoc_buf_reset(&end);
	parties_free(&p);
}

/* Nothing of the mdoc's settings is there for a reader. */
static void
test_not_device(void **state)
{
	const mdoc_bytes array = { (const uint8_t *)"\x80", 1 };
	struct parties p;

	(void)state;
	parties_new(&p, NULL);
	assert_int_equal(mdoc_session_set_retrieval(p.reader.session, array),
	    MDOC_E_ARGUMENT);
	assert_int_equal(mdoc_session_set_engagement(p.reader.session,
			     mdoc_session_engagement(p.device.session)),
	    MDOC_E_ARGUMENT);
	assert_non_null(strstr(mdoc_ctx_error(p.reader.ctx), "the mdoc"));
	parties_free(&p);
}

/* The transcript follows the handover, until the first message is made. */
static void
test_handover(void **state)
{
	const mdoc_bytes select = { (const uint8_t *)"Hs", 2 };
	struct tbs_transcript t;
	struct parties p;

	(void)state;
	parties_new(&p, NULL);
	assert_int_equal(mdoc_session_set_handover(p.reader.session, "nfc",
			     &select, 1),
	    MDOC_OK);
	assert_true(tbs_transcript_read(
	    from_public(mdoc_session_transcript(p.reader.session)), &t, NULL));
	assert_true(bytes_equal(t.handover, bytes_of("\x82\x42Hs\xf6", 5)));
	assert_int_equal(mdoc_session_set_handover(p.device.session, "nfc",
			     &select, 1),
	    MDOC_OK);
	assert_null(mdoc_session_transcript(p.device.session).ptr);
	parties_establish(&p);
	assert_true(
	    bytes_equal(from_public(mdoc_session_transcript(p.device.session)),
		from_public(mdoc_session_transcript(p.reader.session))));
	assert_int_equal(mdoc_session_set_handover(p.reader.session, "qr", NULL,
			     0),
	    MDOC_E_ARGUMENT);
	assert_non_null(strstr(mdoc_ctx_error(p.reader.ctx), "too late"));
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
		r = mdoc_session_new_reader(p.reader.ctx,
		    mdoc_session_engagement(p.device.session), p.reader.key,
		    &s);
		if (!failmalloc_disarm())
			break;
		assert_int_equal(r, MDOC_E_MEMORY);
		assert_null(s);
	}
	assert_int_equal(r, MDOC_OK);
	assert_true(n > 3);
	mdoc_session_free(&s);
	parties_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_annex_d),
		cmocka_unit_test(test_bad_engagement),
		cmocka_unit_test(test_bad_key),
		cmocka_unit_test(test_edwards_engagement),
		cmocka_unit_test(test_too_early),
		cmocka_unit_test(test_not_device),
		cmocka_unit_test(test_handover),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
