/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions whose EDeviceKey and EReaderKey are in a token. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mdoc/session/session.h"
#include "tests/support/parties.h"
#include "tests/support/softhsm.h"
#include "tests/support/vectors.h"

#define TOKEN "pkcs11:token=session"
#define PIN   "?pin-value=1234"

static struct softhsm hsm;

static int
setup(void **state)
{
	(void)state;
	if (softhsm_module() == NULL)
		return 0;
	return softhsm_new(&hsm, "session") ? 0 : -1;
}

static void
need_softhsm(void)
{
	if (hsm.module == NULL) {
		print_message("# skipped: SoftHSMv2 is not here\n");
		skip();
	}
}

static void
good(const struct party *p, int r)
{
	if (r != MDOC_OK)
		fail_msg("%d: %s", r, mdoc_ctx_error(p->ctx));
}

/* The key goes into the token; the session has it from there. */
static void
into_token(struct party *p, const char *uri)
{
	mdoc_key *key = NULL;

	good(p, mdoc_ctx_set_module(p->ctx, hsm.module));
	good(p,
	    mdoc_key_import(p->ctx, uri, p->key, MDOC_KEY_USE_DERIVE, &key));
	assert_non_null(mdoc_key_uri(key));
	mdoc_key_free(&p->key);
	p->key = key;
}

static void
sessions_again(struct parties *p, const struct blob *engagement)
{
	struct party *d = &p->device, *r = &p->reader;

	mdoc_session_free(&d->session);
	mdoc_session_free(&r->session);
	good(d, mdoc_session_new_device(d->ctx, d->key, &d->session));
	good(d,
	    mdoc_session_set_engagement(d->session,
		to_public(blob_bytes(engagement))));
	good(r,
	    mdoc_session_new_reader(r->ctx, to_public(blob_bytes(engagement)),
		r->key, &r->session));
}

static void
set_handover(struct parties *p)
{
	struct blob hs = BLOB_INIT, hr = BLOB_INIT;
	mdoc_bytes parts[2];

	VECTORS_OR_SKIP("annexD/nfc_handover_select.hex", &hs);
	VECTORS_OR_SKIP("annexD/nfc_handover_request.hex", &hr);
	parts[0] = to_public(blob_bytes(&hs));
	parts[1] = to_public(blob_bytes(&hr));
	good(&p->device,
	    mdoc_session_set_handover(p->device.session, "nfc", parts, 2));
	good(&p->reader,
	    mdoc_session_set_handover(p->reader.session, "nfc", parts, 2));
	blob_reset(&hs);
	blob_reset(&hr);
}

static void
sent(struct party *p, const char *plain, const char *message)
{
	struct blob in = BLOB_INIT, want = BLOB_INIT;

	VECTORS_OR_SKIP(plain, &in);
	VECTORS_OR_SKIP(message, &want);
	good(p,
	    mdoc_session_send(p->session, to_public(blob_bytes(&in)),
		&p->message));
	assert_int_equal(p->message.len, want.len);
	assert_memory_equal(p->message.ptr, want.ptr, want.len);
	blob_reset(&in);
	blob_reset(&want);
}

/* All messages of Annex D, with both keys in the token. */
static void
test_annex_d(void **state)
{
	struct blob engagement = BLOB_INIT;
	struct parties p;

	(void)state;
	need_softhsm();
	if (!parties_annex_d(&p)) {
		print_message("# skipped: P11_MDOC_VECTORS is not there\n");
		skip();
	}
	assert_true(blob_set(&engagement,
	    from_public(mdoc_session_engagement(p.device.session))));
	into_token(&p.device, TOKEN ";object=edevice" PIN);
	into_token(&p.reader, TOKEN ";object=ereader" PIN);
	sessions_again(&p, &engagement);
	set_handover(&p);
	sent(&p.reader, "annexD/device_request.hex",
	    "annexD/session_establishment.hex");
	parties_receive(&p.device, parties_bytes(&p.reader.message), "request");
	sent(&p.device, "annexD/device_response.hex",
	    "annexD/session_data.hex");
	parties_receive(&p.reader, parties_bytes(&p.device.message),
	    "response");
	/* The session ends; a key that was given to it does not. */
	assert_int_equal(mdoc_session_end(p.device.session, &p.device.message),
	    MDOC_OK);
	assert_true(mdoc_key_is_private(p.device.key));
	blob_reset(&engagement);
	parties_free(&p);
}

static void
test_curves(void **state)
{
	static const char *const curves[] = { "P-256", "P-384", "P-521" };
	char uri[96];
	struct parties p;
	struct party *d = &p.device, *r = &p.reader;

	(void)state;
	need_softhsm();
	for (size_t i = 0; i < nitems(curves); i++) {
		parties_new(&p, NULL);
		snprintf(uri, sizeof(uri), TOKEN ";object=%s" PIN, curves[i]);
		good(d, mdoc_ctx_set_module(d->ctx, hsm.module));
		good(d,
		    mdoc_key_create(d->ctx, uri, curves[i], MDOC_KEY_USE_DERIVE,
			&d->key));
		mdoc_session_free(&d->session);
		mdoc_session_free(&r->session);
		good(d, mdoc_session_new_device(d->ctx, d->key, &d->session));
		/* The reader's fresh key is on the same curve. */
		good(r,
		    mdoc_session_new_reader(r->ctx,
			mdoc_session_engagement(d->session), NULL,
			&r->session));
		parties_establish(&p);
		parties_free(&p);
	}
}

/* A point off the curve never reaches the token. */
static void
test_bad_peer(void **state)
{
	struct parties p;
	struct party *d = &p.device, *r = &p.reader;

	(void)state;
	need_softhsm();
	parties_new(&p, "P-256");
	into_token(d, TOKEN ";object=invalid" PIN);
	mdoc_session_free(&d->session);
	good(d, mdoc_session_new_device(d->ctx, d->key, &d->session));
	good(r,
	    mdoc_session_send(r->session, to_public(bytes_str("x")),
		&r->message));
	/* The last byte of y: 16 bytes of head, 75 of key */
	r->message.ptr[16 + 75 - 1] ^= 1;
	parties_receive(d, parties_bytes(&r->message), "reader-key-invalid");
	assert_int_equal(d->event.error, MDOC_E_KEY);
	parties_free(&p);
}

/* A policy that forbids what this token can do ends in a named event. */
static void
test_forbidden(void **state)
{
	struct parties p;
	struct party *d = &p.device;
	char path = 0;

	(void)state;
	need_softhsm();
	parties_new(&p, "P-256");
	into_token(d, TOKEN ";object=forbidden" PIN);
	good(d, mdoc_key_path(d->key, &path));
	assert_int_equal(path, 'C');
	mdoc_session_free(&d->session);
	good(d, mdoc_session_new_device(d->ctx, d->key, &d->session));
	good(d, mdoc_ctx_set_minimum_path(d->ctx, 'A'));
	mdoc_session_free(&p.reader.session);
	good(&p.reader,
	    mdoc_session_new_reader(p.reader.ctx,
		mdoc_session_engagement(d->session), p.reader.key,
		&p.reader.session));
	good(&p.reader,
	    mdoc_session_send(p.reader.session, to_public(bytes_str("x")),
		&p.reader.message));
	parties_receive(d, parties_bytes(&p.reader.message),
	    "agreement-failed");
	assert_int_equal(d->event.error, MDOC_E_POLICY);
	assert_int_equal(d->event.answer.ptr[8], 10);
	parties_receive(&p.reader, d->event.answer, "peer-encryption-error");
	parties_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_annex_d),
		cmocka_unit_test(test_curves),
		cmocka_unit_test(test_bad_peer),
		cmocka_unit_test(test_forbidden),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
