/* SPDX-License-Identifier: BSD-3-Clause */
/* Credentials as their holder keeps them: in memory, and in a token. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "mdoc/crypto/ctx.h"
#include "mdoc/holder/credential.h"
#include "tests/support/exchange.h"
#include "tests/support/failmalloc.h"
#include "tests/support/softhsm.h"

#define VALUE(s)                                          \
	(mdoc_bytes)                                      \
	{                                                 \
		(const unsigned char *)(s), sizeof(s) - 1 \
	}

static int
setup(void **state)
{
	static struct exchange x;
	mdoc_issuer *issuer;
	char name[16];

	exchange_new(&x, "P-256");
	issuer = exchange_issuer(&x, "P-256");
	for (unsigned i = 0; i < 40; i++) {
		assert_true(snprintf(name, sizeof(name), "e%u", i * 7 % 40) >
		    0);
		assert_int_equal(mdoc_issuer_add(issuer, EXCHANGE_NS, name,
				     VALUE("\xf5")),
		    MDOC_OK);
	}
	assert_int_equal(mdoc_issuer_add(issuer, "org.example", "e7",
			     VALUE("\x07")),
	    MDOC_OK);
	exchange_issue(&x, issuer);
	*state = &x;
	return 0;
}

static int
teardown(void **state)
{
	exchange_free(*state);
	return 0;
}

static void
test_read(void **state)
{
	struct exchange *x = *state;
	mdoc_buf cose = MDOC_BUF_INIT;
	mdoc_bytes have;

	have = mdoc_credential_doc_type(x->credential);
	assert_true(bytes_equal_str(from_public(have), EXCHANGE_MDL));
	have = mdoc_credential_issuer_signed(x->credential);
	assert_int_equal(have.len, x->issuer_signed.len);
	assert_memory_equal(have.ptr, x->issuer_signed.ptr, have.len);
	assert_ptr_not_equal(have.ptr, x->issuer_signed.ptr);
	assert_int_equal(mdoc_key_cose(x->device_key, &cose), MDOC_OK);
	have = mdoc_credential_device_key(x->credential);
	assert_int_equal(have.len, cose.len);
	assert_memory_equal(have.ptr, cose.ptr, cose.len);
	mdoc_buf_reset(&cose);
}

static void
test_index(void **state)
{
	struct exchange *x = *state;
	const mdoc_credential *c = x->credential;
	const struct bytes ns = bytes_str(EXCHANGE_NS);
	char name[16];
	size_t at;

	for (unsigned i = 0; i < 40; i++) {
		assert_true(snprintf(name, sizeof(name), "e%u", i) > 0);
		assert_true(credential_item_find(c, ns, bytes_str(name), &at));
		assert_true(bytes_equal_str(c->items[at].element, name));
		assert_int_equal(c->items[at].name_space, 0);
	}
	assert_true(credential_item_find(c, bytes_str("org.example"),
	    bytes_str("e7"), &at));
	assert_int_equal(c->items[at].name_space, 1);
	assert_false(credential_item_find(c, bytes_str("org.example"),
	    bytes_str("e8"), &at));
	assert_false(credential_item_find(c, ns, bytes_str("e"), &at));
	assert_false(credential_item_find(c, ns, bytes_str("e99"), &at));
	assert_false(credential_item_find(c, bytes_str(""), bytes_str(""),
	    &at));
}

/* {"version": "1.0", "documents": [{"docType", "issuerSigned"} * n],
 * "status": 0} */
static void
wrap(const mdoc_buf *issuer_signed, unsigned n, struct blob *ret)
{
	struct cbor_writer w;

	blob_clear(ret);
	cbor_writer_init(&w, ret);
	cbor_put_map(&w, 3);
	cbor_put_str(&w, "version");
	cbor_put_str(&w, "1.0");
	cbor_put_str(&w, "documents");
	cbor_put_array(&w, n);
	for (unsigned i = 0; i < n; i++) {
		cbor_put_map(&w, 2);
		cbor_put_str(&w, "docType");
		cbor_put_str(&w, EXCHANGE_MDL);
		cbor_put_str(&w, "issuerSigned");
		cbor_put_raw(&w,
		    bytes_of(issuer_signed->ptr, issuer_signed->len));
	}
	cbor_put_str(&w, "status");
	cbor_put_uint(&w, 0);
	assert_int_equal(w.error, CBOR_OK);
}

static void
test_response_form(void **state)
{
	struct exchange *x = *state;
	struct blob response = BLOB_INIT;
	mdoc_credential *c = NULL;
	mdoc_bytes have;

	wrap(&x->issuer_signed, 1, &response);
	assert_int_equal(mdoc_credential_new(x->ctx,
			     to_public(blob_bytes(&response)), &c),
	    MDOC_OK);
	have = mdoc_credential_issuer_signed(c);
	assert_int_equal(have.len, x->issuer_signed.len);
	assert_memory_equal(have.ptr, x->issuer_signed.ptr, have.len);
	mdoc_credential_free(&c);
	wrap(&x->issuer_signed, 2, &response);
	assert_int_equal(mdoc_credential_new(x->ctx,
			     to_public(blob_bytes(&response)), &c),
	    MDOC_E_STRUCTURE);
	assert_non_null(strstr(mdoc_ctx_error(x->ctx), "2 documents"));
	assert_null(c);
	blob_reset(&response);
}

/* Wherever the input ends, and whichever byte is wrong: an error or not, but
 * never anything else. */
static void
test_bad_input(void **state)
{
	struct exchange *x = *state;
	mdoc_bytes in = exchange_bytes(&x->issuer_signed);
	mdoc_credential *c = NULL;
	int r;

	for (in.len = 0; in.len < x->issuer_signed.len; in.len++) {
		r = mdoc_credential_new(x->ctx, in, &c);
		assert_true(r == MDOC_E_CBOR || r == MDOC_E_STRUCTURE);
		assert_null(c);
	}
	for (size_t i = 0; i < x->issuer_signed.len; i++) {
		x->issuer_signed.ptr[i] ^= 0x41;
		r = mdoc_credential_new(x->ctx, in, &c);
		assert_true(r == MDOC_OK || r == MDOC_E_CBOR ||
		    r == MDOC_E_STRUCTURE || r == MDOC_E_KEY);
		mdoc_credential_free(&c);
		x->issuer_signed.ptr[i] ^= 0x41;
	}
}

static void
test_no_memory(void **state)
{
	struct exchange *x = *state;
	mdoc_credential *c = NULL;
	bool failed = true;
	int r;

	for (unsigned long n = 1; failed; n++) {
		failmalloc_arm(n);
		r = mdoc_credential_new(x->ctx,
		    exchange_bytes(&x->issuer_signed), &c);
		failed = failmalloc_disarm();
		assert_int_equal(r, failed ? MDOC_E_MEMORY : MDOC_OK);
		assert_true(failed == (c == NULL));
	}
	mdoc_credential_free(&c);
	mdoc_credential_free(&c);
	mdoc_credential_free(NULL);
}

/* ---- in a token */

struct listed {
	unsigned n;
	char label[32];
	size_t size;
	int64_t valid_until;
};

static int
count_listed(void *arg, const mdoc_credential_info *info)
{
	struct listed *l = arg;

	l->n++;
	l->size = info->size;
	l->valid_until = info->valid_until;
	assert_true(bytes_equal_str(from_public(info->doc_type), EXCHANGE_MDL));
	assert_true(snprintf(l->label, sizeof(l->label), "%s", info->label) <
	    (int)sizeof(l->label));
	return 0;
}

static mdoc_key *
import_device_key(struct exchange *x)
{
	mdoc_key *key = NULL;

	if (mdoc_key_import(x->ctx,
		"pkcs11:token=wallet;object=device?pin-value=1234",
		x->device_key, MDOC_KEY_USE_SIGN | MDOC_KEY_USE_DERIVE,
		&key) != MDOC_OK)
		fail_msg("import: %s", mdoc_ctx_error(x->ctx));
	return key;
}

static void
present_from_token(struct exchange *x, mdoc_credential *c,
    enum mdoc_device_auth mode, char want_path)
{
	static const char *const asked[] = { "e1", NULL };
	mdoc_buf request = MDOC_BUF_INIT, response = MDOC_BUF_INIT;
	mdoc_present_params p = { .size = sizeof(p), .mode = mode };
	mdoc_report *report;
	char path = 0;

	exchange_request(x->ctx, EXCHANGE_MDL, asked, &request);
	p.request = exchange_bytes(&request);
	p.transcript = exchange_bytes(&x->transcript);
	if (mdoc_present(x->ctx, &c, 1, &p, &response, &path) != MDOC_OK)
		fail_msg("present: %s", mdoc_ctx_error(x->ctx));
	assert_int_equal(path, want_path);
	report = exchange_verify(x, &response);
	exchange_expect(report, "trusted");
	mdoc_report_free(&report);
	mdoc_buf_reset(&request);
	mdoc_buf_reset(&response);
}

static void
token_steps(struct exchange *x, mdoc_key *key)
{
	static const char one[] =
	    "pkcs11:token=wallet;object=licence?pin-value=1234";
	static const char all[] = "pkcs11:token=wallet?pin-value=1234";
	mdoc_credential *c = NULL;
	struct listed l = { .n = 0 };

	assert_int_equal(mdoc_credential_load(x->ctx, one, &c), MDOC_E_TOKEN);
	/* A key of memory could not be found again. */
	assert_int_equal(mdoc_credential_store(x->credential, one,
			     x->device_key),
	    MDOC_E_KEY);
	if (mdoc_credential_store(x->credential, one, key) != MDOC_OK)
		fail_msg("store: %s", mdoc_ctx_error(x->ctx));
	assert_int_equal(mdoc_credential_store(x->credential, one, key),
	    MDOC_E_TOKEN);
	assert_non_null(strstr(mdoc_ctx_error(x->ctx), "already"));
	assert_int_equal(mdoc_credential_list(x->ctx, all, count_listed, &l),
	    MDOC_OK);
	assert_int_equal(l.n, 1);
	assert_string_equal(l.label, "licence");
	assert_int_equal(l.size, x->issuer_signed.len);
	assert_int_equal(l.valid_until, EXCHANGE_AT + 30 * 86400);

	if (mdoc_credential_load(x->ctx, one, &c) != MDOC_OK)
		fail_msg("load: %s", mdoc_ctx_error(x->ctx));
	present_from_token(x, c, MDOC_DEVICE_AUTH_SIGNATURE, 'S');
	present_from_token(x, c, MDOC_DEVICE_AUTH_MAC, 'C');
	present_from_token(x, c, MDOC_DEVICE_AUTH_AUTO, 'C');
	/* A policy leaves the signature, or nothing. */
	assert_int_equal(mdoc_ctx_set_minimum_path(x->ctx, 'A'), MDOC_OK);
	present_from_token(x, c, MDOC_DEVICE_AUTH_AUTO, 'S');
	assert_int_equal(mdoc_ctx_set_minimum_path(x->ctx, 'S'), MDOC_OK);
	mdoc_credential_free(&c);

	assert_int_equal(mdoc_credential_store(x->credential, all, key),
	    MDOC_OK);
	assert_int_equal(mdoc_credential_delete(x->ctx, all), MDOC_E_TOKEN);
	assert_non_null(strstr(mdoc_ctx_error(x->ctx), "2 credentials match"));
	assert_int_equal(mdoc_credential_delete(x->ctx, one), MDOC_OK);
	assert_int_equal(mdoc_credential_delete(x->ctx, one), MDOC_E_TOKEN);
	l.n = 0;
	assert_int_equal(mdoc_credential_list(x->ctx, all, count_listed, &l),
	    MDOC_OK);
	assert_int_equal(l.n, 1);
	/* Without a label of its own it has the docType's. */
	assert_string_equal(l.label, EXCHANGE_MDL);
}

static void
test_token(void **state)
{
	struct exchange *x = *state;
	struct softhsm hsm;
	mdoc_key *key;

	if (!softhsm_new(&hsm, "wallet"))
		skip();
	assert_int_equal(mdoc_ctx_set_module(x->ctx, hsm.module), MDOC_OK);
	key = import_device_key(x);
	token_steps(x, key);
	mdoc_key_free(&key);
}

static void
test_token_errors(void **state)
{
	struct exchange *x = *state;
	mdoc_credential *c = NULL;

	assert_int_equal(mdoc_credential_load(x->ctx, "file.cbor", &c),
	    MDOC_E_ARGUMENT);
	assert_int_equal(mdoc_credential_load(x->ctx, NULL, &c),
	    MDOC_E_ARGUMENT);
	assert_int_equal(mdoc_credential_load(x->ctx, "pkcs11:token=nobody",
			     &c),
	    MDOC_E_TOKEN);
	assert_int_equal(mdoc_credential_delete(x->ctx, "pkcs11:token"),
	    MDOC_E_ARGUMENT);
	assert_null(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_index),
		cmocka_unit_test(test_response_form),
		cmocka_unit_test(test_bad_input),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_token_errors),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
