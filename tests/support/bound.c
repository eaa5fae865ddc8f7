/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "common/cbor.h"
#include "tests/support/bound.h"
#include "vendor-ext/cose-key.h"
#include "vendor-ext/pkcs11-3.h"
#include "vendor-ext/tbs.h"

#define MAX_ATTRIBUTES 16

struct template
{
	CK_ATTRIBUTE a[MAX_ATTRIBUTES];
	CK_ULONG n;
};

static void
put(struct template *t, CK_ATTRIBUTE_TYPE type, const void *value, size_t len)
{
	assert_true(t->n < nitems(t->a));
	t->a[t->n++] =
	    (CK_ATTRIBUTE){ type, (void *)(uintptr_t)value, (CK_ULONG)len };
}

static void
put_binding(struct template *t, const struct bound_key *k)
{
	if (k->purpose != 0)
		put(t, CKA_MDOC_PURPOSE, &k->purpose, sizeof(k->purpose));
	if (k->doc_types != NULL)
		put(t, CKA_MDOC_DOC_TYPES, k->doc_types, strlen(k->doc_types));
	if (k->method != 0)
		put(t, CKA_MDOC_METHOD, &k->method, sizeof(k->method));
	if (k->uses != 0)
		put(t, CKA_MDOC_USES_LEFT, &k->uses, sizeof(k->uses));
}

#define EC_EDWARDS_KEY_PAIR_GEN 0x1055UL

static CK_MECHANISM_TYPE
generator(const struct curve *c)
{
	static const CK_MECHANISM_TYPE types[] = {
		[CURVE_WEIERSTRASS] = CKM_EC_KEY_PAIR_GEN,
		[CURVE_EDWARDS] = EC_EDWARDS_KEY_PAIR_GEN,
		[CURVE_MONTGOMERY] = CKM_EC_MONTGOMERY_KEY_PAIR_GEN,
	};

	return types[c->kind];
}

CK_RV
bound_generate(CK_SESSION_HANDLE s, const struct bound_key *k,
    CK_OBJECT_HANDLE *ret, CK_OBJECT_HANDLE *ret_public)
{
	const struct curve *c = k->curve != NULL ? k->curve : curve_by_cose(1);
	const CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	const CK_BBOOL *token = k->of_session ? &no : &yes;
	CK_MECHANISM m = { generator(c), NULL, 0 };
	struct template pub = { .n = 0 }, priv = { .n = 0 };
	CK_OBJECT_HANDLE public;
	CK_RV rv;

	put(&pub, CKA_EC_PARAMS, c->oid.ptr, c->oid.len);
	put(&pub, CKA_TOKEN, token, sizeof(*token));
	put(&priv, CKA_TOKEN, token, sizeof(*token));
	if (k->id != NULL) {
		put(&pub, CKA_ID, k->id, strlen(k->id));
		put(&priv, CKA_ID, k->id, strlen(k->id));
	}
	if (c->kind != CURVE_MONTGOMERY)
		put(&priv, CKA_SIGN, &yes, sizeof(yes));
	if (c->kind != CURVE_EDWARDS)
		put(&priv, CKA_DERIVE, &yes, sizeof(yes));
	if (k->extractable) {
		put(&priv, CKA_EXTRACTABLE, &yes, sizeof(yes));
		put(&priv, CKA_SENSITIVE, &no, sizeof(no));
	}
	if (k->sealed) {
		put(&priv, CKA_EXTRACTABLE, &no, sizeof(no));
		put(&priv, CKA_SENSITIVE, &yes, sizeof(yes));
	}
	if (k->always)
		put(&priv, CKA_ALWAYS_AUTHENTICATE, &yes, sizeof(yes));
	put_binding(&priv, k);
	rv = C_GenerateKeyPair(s, &m, pub.a, pub.n, priv.a, priv.n, &public,
	    ret);
	if (rv == CKR_OK && ret_public != NULL)
		*ret_public = public;
	return rv;
}

CK_RV
bound_set(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key, const struct bound_key *k)
{
	struct template t = { .n = 0 };

	put_binding(&t, k);
	return C_SetAttributeValue(s, key, t.a, t.n);
}

CK_ULONG
bound_get(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type)
{
	CK_ULONG value = 0;
	CK_ATTRIBUTE a = { type, &value, sizeof(value) };

	assert_int_equal(C_GetAttributeValue(s, key, &a, 1), CKR_OK);
	assert_int_equal(a.ulValueLen, sizeof(value));
	return value;
}

static void
put_wrapped(struct cbor_writer *w, struct blob *content)
{
	cbor_put_tag24(w, blob_bytes(content));
	assert_int_equal(w->error, CBOR_OK);
	blob_reset(content);
}

static void
put_transcript(struct cbor_writer *w, const struct curve *c,
    struct bytes reader)
{
	struct blob key = BLOB_INIT;
	struct cbor_writer kw;

	cbor_put_array(w, 3);
	cbor_put_null(w);
	if (bytes_is_null(reader)) {
		cbor_put_null(w);
	} else {
		cbor_writer_init(&kw, &key);
		cose_key_write(&kw, c, reader);
		put_wrapped(w, &key);
	}
	cbor_put_null(w);
}

void
bound_transcript(const struct curve *c, struct bytes reader, struct blob *ret)
{
	struct blob body = BLOB_INIT;
	struct cbor_writer w;

	cbor_writer_init(&w, &body);
	put_transcript(&w, c, reader);
	cbor_writer_init(&w, ret);
	put_wrapped(&w, &body);
}

void
bound_device_data(const char *doc_type, const struct curve *c,
    struct bytes reader, struct blob *ret)
{
	static const uint8_t empty[] = { 0xa0 };
	struct blob body = BLOB_INIT;
	struct cbor_writer w;

	cbor_writer_init(&w, &body);
	cbor_put_array(&w, 4);
	cbor_put_str(&w, "DeviceAuthentication");
	put_transcript(&w, c, reader);
	cbor_put_str(&w, doc_type);
	cbor_put_tag24(&w, bytes_of(empty, 1));
	cbor_writer_init(&w, ret);
	put_wrapped(&w, &body);
}

void
bound_reader_data(struct blob *ret)
{
	struct blob body = BLOB_INIT, items = BLOB_INIT;
	struct cbor_writer w;

	cbor_writer_init(&w, &items);
	cbor_put_map(&w, 2);
	cbor_put_str(&w, "docType");
	cbor_put_str(&w, BOUND_DOC_TYPE);
	cbor_put_str(&w, "nameSpaces");
	cbor_put_map(&w, 1);
	cbor_put_str(&w, "org.example");
	cbor_put_map(&w, 1);
	cbor_put_str(&w, "name");
	cbor_put_bool(&w, false);
	cbor_writer_init(&w, &body);
	cbor_put_array(&w, 3);
	cbor_put_str(&w, "ReaderAuthentication");
	put_transcript(&w, NULL, BYTES_NULL);
	put_wrapped(&w, &items);
	cbor_writer_init(&w, ret);
	put_wrapped(&w, &body);
}

static void
put_date(struct cbor_writer *w, const char *name)
{
	cbor_put_str(w, name);
	cbor_put_tag(w, 0);
	cbor_put_str(w, "2024-01-01T00:00:00Z");
}

void
bound_issuer_data(const char *doc_type, struct bytes device, struct blob *ret)
{
	struct blob body = BLOB_INIT;
	struct cbor_writer w;

	cbor_writer_init(&w, &body);
	cbor_put_map(&w, 6);
	cbor_put_str(&w, "version");
	cbor_put_str(&w, "1.0");
	cbor_put_str(&w, "digestAlgorithm");
	cbor_put_str(&w, "SHA-256");
	cbor_put_str(&w, "valueDigests");
	cbor_put_map(&w, 1);
	cbor_put_str(&w, "org.example");
	cbor_put_map(&w, 1);
	cbor_put_uint(&w, 0);
	cbor_put_bstr(&w, bytes_str("digest"));
	cbor_put_str(&w, "deviceKeyInfo");
	cbor_put_map(&w, 1);
	cbor_put_str(&w, "deviceKey");
	cose_key_write(&w, curve_by_cose(1), device);
	cbor_put_str(&w, "docType");
	cbor_put_str(&w, doc_type);
	cbor_put_str(&w, "validityInfo");
	cbor_put_map(&w, 3);
	put_date(&w, "signed");
	put_date(&w, "validFrom");
	put_date(&w, "validUntil");
	cbor_writer_init(&w, ret);
	put_wrapped(&w, &body);
}

void
bound_sig_structure(int alg, struct bytes payload, struct blob *ret)
{
	uint8_t protected[16], prefix[TBS_PREFIX_MAX + sizeof(protected)];
	size_t n;

	n = tbs_protected_alg(alg, protected);
	n = tbs_cose_prefix("Signature1", bytes_of(protected, n), payload.len,
	    prefix);
	assert_true(blob_append(ret, prefix, n));
	assert_true(blob_append_bytes(ret, payload));
}

void
bound_peer(const struct curve *c, struct blob *ret)
{
	uint8_t point[CURVE_MAX_POINT];
	size_t len = 0;
	EVP_PKEY *key;

	key = c->kind == CURVE_WEIERSTRASS
	    ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", c->group)
	    : EVP_PKEY_Q_keygen(NULL, NULL, c->group);
	assert_non_null(key);
	assert_int_equal(EVP_PKEY_get_octet_string_param(key, "pub", point,
			     sizeof(point), &len),
	    1);
	assert_true(blob_set(ret, bytes_of(point, len)));
	EVP_PKEY_free(key);
}

CK_RV
bound_sign(CK_SESSION_HANDLE s, CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key,
    struct bytes data, CK_BYTE *out, CK_ULONG *len)
{
	CK_MECHANISM m = { type, NULL, 0 };
	CK_RV rv;

	rv = C_SignInit(s, &m, key);
	return rv == CKR_OK
	    ? C_Sign(s, (CK_BYTE *)(uintptr_t)data.ptr, data.len, out, len)
	    : rv;
}
