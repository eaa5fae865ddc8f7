/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <openssl/ec.h>
#include <openssl/x509.h>

#include <cmocka.h>

#include <mdoc/request.h>

#include "mdoc/crypto/key.h"
#include "mdoc/crypto/sigver.h"
#include "mdoc/model/request.h"
#include "tests/support/failmalloc.h"
#include "tests/support/vectors.h"

#define MDL    "org.iso.18013.5.1.mDL"
#define MDL_NS "org.iso.18013.5.1"

static mdoc_ctx *ctx;

static int
setup(void **state)
{
	(void)state;
	return mdoc_ctx_new(&ctx) == MDOC_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	mdoc_ctx_free(&ctx);
	return 0;
}

/* A reader's key and a certificate for it, made by OpenSSL alone. */
struct reader {
	mdoc_key *key;
	struct blob cert;
};

static void
take_der(int len, unsigned char *der, struct blob *ret)
{
	assert_true(len > 0);
	assert_true(blob_set(ret, bytes_of(der, (size_t)len)));
	OPENSSL_free(der);
}

static void
reader_new(struct reader *d, const char *group)
{
	EVP_PKEY *pkey = EVP_EC_gen(group);
	unsigned char *der = NULL;
	struct blob pkcs8 = BLOB_INIT;
	X509 *x = X509_new();
	PKCS8_PRIV_KEY_INFO *p8;
	int len;

	*d = (struct reader){ .key = NULL };
	assert_non_null(pkey);
	assert_non_null(x);
	assert_int_equal(X509_set_version(x, 2), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 1), 1);
	assert_int_equal(X509_NAME_add_entry_by_txt(X509_get_subject_name(x),
			     "CN", MBSTRING_ASC,
			     (const unsigned char *)"reader", -1, -1, 0),
	    1);
	assert_int_equal(X509_set_issuer_name(x, X509_get_subject_name(x)), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), 0));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), 3600));
	assert_int_equal(X509_set_pubkey(x, pkey), 1);
	assert_true(X509_sign(x, pkey, EVP_sha256()) > 0);
	len = i2d_X509(x, &der);
	take_der(len, der, &d->cert);
	p8 = EVP_PKEY2PKCS8(pkey);
	assert_non_null(p8);
	der = NULL;
	len = i2d_PKCS8_PRIV_KEY_INFO(p8, &der);
	take_der(len, der, &pkcs8);
	assert_int_equal(mdoc_key_from_bytes(ctx, to_public(blob_bytes(&pkcs8)),
			     &d->key),
	    MDOC_OK);
	PKCS8_PRIV_KEY_INFO_free(p8);
	blob_reset(&pkcs8);
	X509_free(x);
	EVP_PKEY_free(pkey);
}

static void
reader_free(struct reader *d)
{
	mdoc_key_free(&d->key);
	blob_reset(&d->cert);
}

static mdoc_request *
request_new(void)
{
	mdoc_request *q = NULL;

	assert_int_equal(mdoc_request_new(ctx, &q), MDOC_OK);
	return q;
}

static void
add(mdoc_request *q, const char *ns, const char *element, int intent)
{
	assert_int_equal(mdoc_request_add_element(q, ns, element, intent),
	    MDOC_OK);
}

static int
encode(mdoc_request *q, mdoc_buf *ret)
{
	return mdoc_request_encode(q, NULL, NULL, 0, (mdoc_bytes){ NULL, 0 },
	    ret);
}

/* {"version": "1.0", "docRequests": [{"itemsRequest": 24(...)}]} */
static void
test_bytes(void **state)
{
	static const char hex[] =
	    "a26776657273696f6e63312e306b646f63526571756573"
	    "747381a16c6974656d7352657175657374d8185822"
	    "a267646f63547970656178"
	    "6a6e616d65537061636573a2616ea26161f56162f4"
	    "616da16161f4";
	mdoc_buf have = MDOC_BUF_INIT, again = MDOC_BUF_INIT;
	mdoc_request *q = request_new();
	struct blob want = BLOB_INIT;

	(void)state;
	assert_int_equal(mdoc_request_add_document(q, "x"), MDOC_OK);
	add(q, "n", "a", 1);
	add(q, "m", "a", 0);
	/* Joins its namespace, wherever it comes. */
	add(q, "n", "b", 0);
	assert_int_equal(encode(q, &have), MDOC_OK);
	vectors_hex(hex, &want);
	want.ptr[43] = (uint8_t)(want.len - 44);
	assert_int_equal(have.len, want.len);
	assert_memory_equal(have.ptr, want.ptr, want.len);
	assert_int_equal(encode(q, &again), MDOC_OK);
	assert_int_equal(again.len, want.len);
	mdoc_request_free(&q);
	assert_null(q);
	mdoc_request_free(&q);
	mdoc_request_free(NULL);
	mdoc_buf_reset(&have);
	mdoc_buf_reset(&again);
	blob_reset(&want);
}

struct copy {
	mdoc_request *q;
	size_t document;
};

static int
copy_element(void *arg, const mdoc_request_element *e)
{
	struct copy *c = arg;
	char name[3][64];
	const mdoc_bytes *from[3] = { &e->doc_type, &e->name_space,
		&e->element };

	for (size_t i = 0; i < 3; i++) {
		assert_true(from[i]->len < sizeof(name[i]));
		memcpy(name[i], from[i]->ptr, from[i]->len);
		name[i][from[i]->len] = '\0';
	}
	if (c->document != e->document)
		assert_int_equal(mdoc_request_add_document(c->q, name[0]),
		    MDOC_OK);
	c->document = e->document;
	add(c->q, name[1], name[2], e->intent_to_retain);
	return 0;
}

/* What Annex D asks for, asked again, gives the bytes its reader signed. */
static void
test_annex_d(void **state)
{
	struct blob in = BLOB_INIT;
	mdoc_buf have = MDOC_BUF_INIT;
	struct copy c = { .document = SIZE_MAX };
	struct doc_request want, got;
	struct request qw, qg;
	struct cbor_reader r;

	(void)state;
	VECTORS_OR_SKIP("annexD/device_request.hex", &in);
	c.q = request_new();
	assert_int_equal(mdoc_request_read(ctx, to_public(blob_bytes(&in)),
			     copy_element, &c),
	    MDOC_OK);
	assert_int_equal(encode(c.q, &have), MDOC_OK);
	cbor_reader_init(&r, blob_bytes(&in));
	assert_true(request_read(&r, &qw));
	assert_true(request_next(&qw, &want));
	cbor_reader_init(&r, bytes_of(have.ptr, have.len));
	assert_true(request_read(&r, &qg));
	assert_true(request_next(&qg, &got));
	assert_true(want.has_reader_auth);
	assert_false(got.has_reader_auth);
	assert_true(bytes_equal(want.items_bytes, got.items_bytes));
	mdoc_request_free(&c.q);
	mdoc_buf_reset(&have);
	blob_reset(&in);
}

/* Sig_structure over ReaderAuthenticationBytes, put together by hand. */
static void
sig_structure(struct bytes transcript, struct bytes items, int alg,
    struct blob *ret)
{
	struct blob inner = BLOB_INIT, payload = BLOB_INIT, prot = BLOB_INIT;
	struct cbor_writer w;

	cbor_writer_init(&w, &inner);
	cbor_put_array(&w, 3);
	cbor_put_str(&w, "ReaderAuthentication");
	cbor_put_raw(&w, transcript);
	cbor_put_raw(&w, items);
	assert_int_equal(w.error, CBOR_OK);
	cbor_writer_init(&w, &payload);
	cbor_put_tag24(&w, blob_bytes(&inner));
	assert_int_equal(w.error, CBOR_OK);
	cbor_writer_init(&w, &prot);
	cbor_put_map(&w, 1);
	cbor_put_int(&w, 1);
	cbor_put_int(&w, alg);
	assert_int_equal(w.error, CBOR_OK);
	cbor_writer_init(&w, ret);
	cbor_put_array(&w, 4);
	cbor_put_str(&w, "Signature1");
	cbor_put_bstr(&w, blob_bytes(&prot));
	cbor_put_bstr(&w, bytes_of("", 0));
	cbor_put_bstr(&w, blob_bytes(&payload));
	assert_int_equal(w.error, CBOR_OK);
	blob_reset(&inner);
	blob_reset(&payload);
	blob_reset(&prot);
}

/* [24({}), 24({}), null], and the same in tag 24 */
static const uint8_t transcript[] = { 0xd8, 0x18, 0x4a, 0x83, 0xd8, 0x18, 0x41,
	0xa0, 0xd8, 0x18, 0x41, 0xa0, 0xf6 };
static const mdoc_bytes transcript_bytes = { transcript, sizeof(transcript) };
static const mdoc_bytes transcript_bare = { transcript + 3,
	sizeof(transcript) - 3 };

static void
check_auth(const struct reader *d, const struct doc_request *got)
{
	const struct cose *c = &got->reader_auth;
	struct blob tbs = BLOB_INIT;
	struct bytes part;
	struct sigver_input in = { .parts = &part, .n = 1 };

	assert_true(got->has_reader_auth);
	assert_false(c->tagged);
	assert_true(c->has_alg);
	assert_int_equal(c->alg, key_alg(d->key));
	assert_null(c->payload.ptr);
	assert_int_equal(c->x5chain_n, 1);
	assert_false(c->x5chain_protected);
	assert_true(bytes_equal(c->x5chain[0], blob_bytes(&d->cert)));
	sig_structure(from_public(transcript_bare), got->items_bytes, c->alg,
	    &tbs);
	part = blob_bytes(&tbs);
	in.alg = c->alg;
	in.signature = c->signature;
	assert_int_equal(sigver_cose(ctx->sigver, ctx->hasher,
			     key_curve(d->key), key_point(d->key), &in),
	    SIGVER_GOOD);
	tbs.ptr[tbs.len - 1] ^= 1;
	assert_int_equal(sigver_cose(ctx->sigver, ctx->hasher,
			     key_curve(d->key), key_point(d->key), &in),
	    SIGVER_BAD);
	blob_reset(&tbs);
}

static void
test_reader_auth(void **state)
{
	static const char *const groups[] = { "P-256", "P-384", "P-521",
		"brainpoolP256r1" };
	mdoc_buf have = MDOC_BUF_INIT;
	struct doc_request got;
	struct cbor_reader r;
	struct request q;
	struct reader d;
	mdoc_bytes chain;

	(void)state;
	for (size_t i = 0; i < 2 * nitems(groups); i++) {
		mdoc_request *m = request_new();

		reader_new(&d, groups[i / 2]);
		chain = to_public(blob_bytes(&d.cert));
		assert_int_equal(mdoc_request_add_document(m, MDL), MDOC_OK);
		add(m, MDL_NS, "family_name", 0);
		assert_int_equal(mdoc_request_add_document(m, "other"),
		    MDOC_OK);
		add(m, "ns", "element", 1);
		assert_int_equal(mdoc_request_encode(m, d.key, &chain, 1,
				     i % 2 ? transcript_bare : transcript_bytes,
				     &have),
		    MDOC_OK);
		cbor_reader_init(&r, bytes_of(have.ptr, have.len));
		assert_true(request_read(&r, &q));
		assert_int_equal(q.count, 2);
		while (request_next(&q, &got))
			check_auth(&d, &got);
		assert_int_equal(q.docs.error, CBOR_OK);
		mdoc_request_free(&m);
		reader_free(&d);
	}
	mdoc_buf_reset(&have);
}

static void
auth_refused(mdoc_request *q, mdoc_key *key, const mdoc_bytes *chain, size_t n,
    mdoc_bytes over, int code, const char *why)
{
	mdoc_buf out = MDOC_BUF_INIT;

	assert_int_equal(mdoc_request_encode(q, key, chain, n, over, &out),
	    code);
	assert_non_null(strstr(mdoc_ctx_error(ctx), why));
	assert_null(out.ptr);
}

static void
test_bad_auth(void **state)
{
	const mdoc_bytes none = { NULL, 0 };
	mdoc_request *q = request_new();
	mdoc_buf cose = MDOC_BUF_INIT;
	mdoc_key *key = NULL;
	struct reader d, other;
	mdoc_bytes chain[9];

	(void)state;
	reader_new(&d, "P-256");
	reader_new(&other, "P-256");
	for (size_t i = 0; i < nitems(chain); i++)
		chain[i] = to_public(blob_bytes(&d.cert));
	assert_int_equal(mdoc_request_add_document(q, MDL), MDOC_OK);
	add(q, MDL_NS, "family_name", 0);

	auth_refused(q, d.key, NULL, 0, transcript_bytes, MDOC_E_ARGUMENT,
	    "x5chain: 0 certificates");
	auth_refused(q, d.key, chain, 9, transcript_bytes, MDOC_E_ARGUMENT,
	    "x5chain: 9 certificates");
	auth_refused(q, d.key, chain, 1, none, MDOC_E_STRUCTURE,
	    "SessionTranscript");
	auth_refused(q, d.key, chain, 1,
	    (mdoc_bytes){ transcript, sizeof(transcript) - 1 },
	    MDOC_E_STRUCTURE, "at offset");
	auth_refused(q, other.key, chain, 1, transcript_bytes, MDOC_E_KEY,
	    "not that of the reader's key");
	chain[0].len--;
	auth_refused(q, d.key, chain, 1, transcript_bytes, MDOC_E_CERTIFICATE,
	    "x5chain");
	assert_int_equal(mdoc_key_generate(ctx, "X25519", &key), MDOC_OK);
	auth_refused(q, key, chain, 1, transcript_bytes, MDOC_E_KEY,
	    "cannot sign");
	mdoc_key_free(&key);
	assert_int_equal(mdoc_key_cose(d.key, &cose), MDOC_OK);
	assert_int_equal(mdoc_key_from_bytes(ctx,
			     (mdoc_bytes){ cose.ptr, cose.len }, &key),
	    MDOC_OK);
	auth_refused(q, key, chain, 1, transcript_bytes, MDOC_E_KEY,
	    "cannot sign");
	mdoc_key_free(&key);
	mdoc_buf_reset(&cose);
	mdoc_request_free(&q);
	reader_free(&d);
	reader_free(&other);
}

static void
test_bad_elements(void **state)
{
	mdoc_request *q = request_new();
	mdoc_buf out = MDOC_BUF_INIT;

	(void)state;
	assert_int_equal(encode(q, &out), MDOC_E_ARGUMENT);
	assert_non_null(strstr(mdoc_ctx_error(ctx), "no document"));
	assert_int_equal(mdoc_request_add_element(q, "n", "e", 0),
	    MDOC_E_ARGUMENT);
	assert_int_equal(mdoc_request_add_document(q, ""), MDOC_E_ARGUMENT);
	assert_int_equal(mdoc_request_add_document(q, NULL), MDOC_E_ARGUMENT);
	assert_int_equal(mdoc_request_add_document(q, "\xff"), MDOC_E_ARGUMENT);
	assert_int_equal(encode(q, &out), MDOC_E_ARGUMENT);
	assert_int_equal(mdoc_request_add_document(q, "x"), MDOC_OK);
	assert_int_equal(mdoc_request_add_element(q, "", "e", 0),
	    MDOC_E_ARGUMENT);
	assert_int_equal(mdoc_request_add_element(q, "n", NULL, 0),
	    MDOC_E_ARGUMENT);
	assert_int_equal(mdoc_request_add_element(q, "n", "\xc0\x80", 0),
	    MDOC_E_ARGUMENT);
	assert_non_null(strstr(mdoc_ctx_error(ctx), "element is not UTF-8"));
	assert_int_equal(encode(q, &out), MDOC_E_ARGUMENT);
	assert_non_null(strstr(mdoc_ctx_error(ctx), "no element of x"));
	add(q, "n", "e", 0);
	assert_int_equal(mdoc_request_add_element(q, "n", "e", 1),
	    MDOC_E_ARGUMENT);
	assert_non_null(strstr(mdoc_ctx_error(ctx), "twice"));
	assert_int_equal(mdoc_request_add_document(q, "y"), MDOC_OK);
	assert_int_equal(encode(q, &out), MDOC_E_ARGUMENT);
	/* The same element of another document is another one. */
	add(q, "n", "e", 0);
	assert_int_equal(encode(q, &out), MDOC_OK);
	mdoc_buf_reset(&out);
	mdoc_request_free(&q);
}

static void
test_many(void **state)
{
	mdoc_request *q = request_new();
	mdoc_buf out = MDOC_BUF_INIT;
	struct copy c = { .document = SIZE_MAX };
	mdoc_buf again = MDOC_BUF_INIT;
	char name[2];

	(void)state;
	for (char d = 'a'; d <= 'k'; d++) {
		name[0] = d;
		name[1] = '\0';
		assert_int_equal(mdoc_request_add_document(q, name), MDOC_OK);
		for (char n = 'a'; n <= 'l'; n++) {
			for (char e = 'a'; e <= 'z'; e++)
				add(q, (char[]){ n, '\0' }, (char[]){ e, '\0' },
				    e & 1);
		}
	}
	assert_int_equal(encode(q, &out), MDOC_OK);
	c.q = request_new();
	assert_int_equal(mdoc_request_read(ctx,
			     (mdoc_bytes){ out.ptr, out.len }, copy_element,
			     &c),
	    MDOC_OK);
	assert_int_equal(encode(c.q, &again), MDOC_OK);
	assert_int_equal(again.len, out.len);
	assert_memory_equal(again.ptr, out.ptr, out.len);
	mdoc_request_free(&q);
	mdoc_request_free(&c.q);
	mdoc_buf_reset(&out);
	mdoc_buf_reset(&again);
}

/* Everything from the first call to the last; the nth allocation fails. */
static int
whole(const struct reader *d, mdoc_buf *out)
{
	mdoc_bytes chain = to_public(blob_bytes(&d->cert));
	mdoc_request *q = NULL;
	int r;

	if ((r = mdoc_request_new(ctx, &q)) == MDOC_OK &&
	    (r = mdoc_request_add_document(q, "x")) == MDOC_OK &&
	    (r = mdoc_request_add_element(q, "n", "e", 0)) == MDOC_OK)
		r = mdoc_request_encode(q, d->key, &chain, 1, transcript_bytes,
		    out);
	mdoc_request_free(&q);
	return r;
}

static void
test_memory(void **state)
{
	mdoc_buf out = MDOC_BUF_INIT;
	struct reader d;
	unsigned long n;
	int r;

	(void)state;
	reader_new(&d, "P-256");
	for (n = 1;; n++) {
		failmalloc_arm(n);
		r = whole(&d, &out);
		if (!failmalloc_disarm())
			break;
		assert_int_equal(r, MDOC_E_MEMORY);
		assert_null(out.ptr);
	}
	assert_int_equal(r, MDOC_OK);
	assert_true(n > 8);
	mdoc_buf_reset(&out);
	reader_free(&d);
}

/* An element that found no memory leaves the request as it was. */
static void
test_memory_between(void **state)
{
	static const unsigned long nth[] = { 1, 2, 2 };
	mdoc_buf want = MDOC_BUF_INIT, have = MDOC_BUF_INIT;
	mdoc_request *q = request_new();

	(void)state;
	assert_int_equal(mdoc_request_add_document(q, "x"), MDOC_OK);
	add(q, "n", "e", 0);
	assert_int_equal(encode(q, &want), MDOC_OK);
	/* Name of the namespace; list of elements; name of the element */
	for (size_t i = 0; i < nitems(nth); i++) {
		failmalloc_arm(nth[i]);
		assert_int_equal(mdoc_request_add_element(q, "m", "e", 0),
		    MDOC_E_MEMORY);
		assert_true(failmalloc_disarm());
		assert_int_equal(encode(q, &have), MDOC_OK);
		assert_int_equal(have.len, want.len);
		assert_memory_equal(have.ptr, want.ptr, have.len);
	}
	mdoc_request_free(&q);
	mdoc_buf_reset(&want);
	mdoc_buf_reset(&have);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_annex_d),
		cmocka_unit_test(test_reader_auth),
		cmocka_unit_test(test_bad_auth),
		cmocka_unit_test(test_bad_elements),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_memory_between),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
