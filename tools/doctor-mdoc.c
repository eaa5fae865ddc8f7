/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <string.h>

#include "doctor-mdoc.h"

#define MAX_SECRET 66

/* clang-format off */
static const struct doctor_curve curves[] = {
	{ "P-256", "prime256v1", DOCTOR_EC, 1, 32, -7, "SHA256",
	    { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 },
	    10, NULL },
	{ "P-384", "secp384r1", DOCTOR_EC, 2, 48, -35, "SHA384",
	    { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 }, 7, NULL },
	{ "P-521", "secp521r1", DOCTOR_EC, 3, 66, -36, "SHA512",
	    { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23 }, 7, NULL },
	{ "brainpoolP256r1", "brainpoolP256r1", DOCTOR_EC, 256, 32, -7,
	    "SHA256", { 0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01,
	    0x01, 0x07 }, 11, NULL },
	{ "brainpoolP320r1", "brainpoolP320r1", DOCTOR_EC, 257, 40, -35,
	    "SHA384", { 0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01,
	    0x01, 0x09 }, 11, NULL },
	{ "brainpoolP384r1", "brainpoolP384r1", DOCTOR_EC, 258, 48, -35,
	    "SHA384", { 0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01,
	    0x01, 0x0b }, 11, NULL },
	{ "brainpoolP512r1", "brainpoolP512r1", DOCTOR_EC, 259, 64, -36,
	    "SHA512", { 0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01,
	    0x01, 0x0d }, 11, NULL },
	{ "Ed25519", "ED25519", DOCTOR_EDWARDS, 6, 32, -8, NULL,
	    { 0x06, 0x03, 0x2b, 0x65, 0x70 }, 5, "edwards25519" },
	{ "Ed448", "ED448", DOCTOR_EDWARDS, 7, 57, -8, NULL,
	    { 0x06, 0x03, 0x2b, 0x65, 0x71 }, 5, "edwards448" },
	{ "X25519", "X25519", DOCTOR_MONTGOMERY, 4, 32, 0, NULL,
	    { 0x06, 0x03, 0x2b, 0x65, 0x6e }, 5, "curve25519" },
	{ "X448", "X448", DOCTOR_MONTGOMERY, 5, 56, 0, NULL,
	    { 0x06, 0x03, 0x2b, 0x65, 0x6f }, 5, "curve448" },
};

/* clang-format on */

const struct doctor_curve *
doctor_curve_at(size_t i)
{
	return i < sizeof curves / sizeof curves[0] ? &curves[i] : NULL;
}

const struct doctor_curve *
doctor_curve_of(mdoc_bytes params)
{
	for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
		const struct doctor_curve *c = &curves[i];
		size_t n = c->old_name != NULL ? strlen(c->old_name) : 0;

		if (params.len == c->params_len &&
		    !memcmp(params.ptr, c->params, params.len))
			return c;
		if (n > 0 && params.len == n + 2 &&
		    !memcmp(params.ptr + 2, c->old_name, n))
			return c;
	}
	return NULL;
}

/* ---- a CBOR writer of three functions; a failure shows as MDOC_E_MEMORY */

struct out {
	mdoc_buf buf;
	int error;
};

static void
put(struct out *o, const void *data, size_t len)
{
	if (o->error == MDOC_OK)
		o->error = mdoc_buf_append(&o->buf, (mdoc_bytes){ data, len });
}

static void
put_head(struct out *o, unsigned major, size_t n)
{
	unsigned char head[3] = { (unsigned char)(major << 5) };

	if (n < 24) {
		head[0] |= (unsigned char)n;
		put(o, head, 1);
	} else if (n < 256) {
		head[0] |= 24;
		head[1] = (unsigned char)n;
		put(o, head, 2);
	} else {
		head[0] |= 25;
		head[1] = (unsigned char)(n >> 8);
		head[2] = (unsigned char)n;
		put(o, head, 3);
	}
}

static void
put_int(struct out *o, int v)
{
	if (v < 0)
		put_head(o, 1, (size_t)(-1 - v));
	else
		put_head(o, 0, (size_t)v);
}

static void
put_text(struct out *o, const char *s)
{
	put_head(o, 3, strlen(s));
	put(o, s, strlen(s));
}

static void
put_bytes(struct out *o, const void *data, size_t len)
{
	put_head(o, 2, len);
	put(o, data, len);
}

/* #6.24(bstr) */
static void
put_tag24(struct out *o, const mdoc_buf *content)
{
	put(o, "\xd8\x18", 2);
	put_bytes(o, content->ptr, content->len);
}

static int
finish(struct out *o, mdoc_buf *ret)
{
	if (o->error != MDOC_OK) {
		mdoc_buf_reset(&o->buf);
		return o->error;
	}
	mdoc_buf_reset(ret);
	*ret = o->buf;
	return MDOC_OK;
}

/* ---- keys */

EVP_PKEY *
doctor_reader_key(const struct doctor_curve *c)
{
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *key = NULL;

	ctx = EVP_PKEY_CTX_new_from_name(NULL,
	    c->kind == DOCTOR_EC ? "EC" : c->group, NULL);
	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
	    (c->kind == DOCTOR_EC &&
		EVP_PKEY_CTX_set_group_name(ctx, c->group) != 1) ||
	    EVP_PKEY_generate(ctx, &key) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* A compressed or hybrid default of the provider is not wanted. */
static void
want_uncompressed(const struct doctor_curve *c, EVP_PKEY *key)
{
	if (c->kind == DOCTOR_EC)
		(void)EVP_PKEY_set_utf8_string_param(key,
		    OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
		    OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED);
}

size_t
doctor_point(const struct doctor_curve *c, EVP_PKEY *key, unsigned char *out)
{
	size_t len = 0;

	want_uncompressed(c, key);
	if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, out,
		DOCTOR_MAX_POINT, &len) != 1)
		return 0;
	return len;
}

static EVP_PKEY *
public_of(const struct doctor_curve *c, const unsigned char *point, size_t len)
{
	OSSL_PARAM params[3] = { OSSL_PARAM_END, OSSL_PARAM_END,
		OSSL_PARAM_END };
	size_t want = c->kind == DOCTOR_EC ? 1 + 2 * c->field : c->field;
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *key = NULL;

	if (len != want)
		return NULL;
	params[0] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
	    (void *)(uintptr_t)point, len);
	if (c->kind == DOCTOR_EC)
		params[1] =
		    OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
			(char *)(uintptr_t)c->group, 0);
	ctx = EVP_PKEY_CTX_new_from_name(NULL,
	    c->kind == DOCTOR_EC ? "EC" : c->group, NULL);
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

EVP_PKEY *
doctor_public(const struct doctor_curve *c, mdoc_bytes point)
{
	EVP_PKEY *key = public_of(c, point.ptr, point.len);
	size_t head;

	/* An OCTET STRING around it: 04 LEN or 04 81 LEN. */
	if (key != NULL || point.len < 4 || point.ptr[0] != 0x04)
		return key;
	head = point.ptr[1] == 0x81 ? 3 : 2;
	return public_of(c, point.ptr + head, point.len - head);
}

int
doctor_cose_key(const struct doctor_curve *c, EVP_PKEY *key, mdoc_buf *ret)
{
	unsigned char point[DOCTOR_MAX_POINT];
	struct out o = { MDOC_BUF_INIT, MDOC_OK };
	size_t len;

	len = doctor_point(c, key, point);
	if (len == 0)
		return MDOC_E_CRYPTO;
	put_head(&o, 5, c->kind == DOCTOR_EC ? 4 : 3);
	put_int(&o, 1);
	put_int(&o, c->kind == DOCTOR_EC ? 2 : 1);
	put_int(&o, -1);
	put_int(&o, c->cose);
	put_int(&o, -2);
	if (c->kind == DOCTOR_EC) {
		put_bytes(&o, point + 1, c->field);
		put_int(&o, -3);
		put_bytes(&o, point + 1 + c->field, c->field);
	} else {
		put_bytes(&o, point, len);
	}
	return finish(&o, ret);
}

/* ---- structures of ISO/IEC 18013-5 */

int
doctor_transcript(const struct doctor_curve *c, EVP_PKEY *reader, mdoc_buf *ret)
{
	struct out o = { MDOC_BUF_INIT, MDOC_OK };
	mdoc_buf key = MDOC_BUF_INIT, engagement = MDOC_BUF_INIT;
	int r;

	r = doctor_cose_key(c, reader, &key);
	if (r == MDOC_OK)
		r = mdoc_buf_append(&engagement,
		    (mdoc_bytes){ (const unsigned char *)"\xa0", 1 });
	if (r == MDOC_OK) {
		/* [DeviceEngagementBytes, EReaderKeyBytes, null: QR] */
		put_head(&o, 4, 3);
		put_tag24(&o, &engagement);
		put_tag24(&o, &key);
		put(&o, "\xf6", 1);
		r = finish(&o, ret);
	}
	mdoc_buf_reset(&key);
	mdoc_buf_reset(&engagement);
	return r;
}

/* 12.4.2: ["DeviceAuthentication", SessionTranscript, DocType, #6.24({})] */
static void
put_device_authentication(struct out *o, const mdoc_buf *transcript,
    const mdoc_buf *key)
{
	(void)key;
	put_head(o, 4, 4);
	put_text(o, "DeviceAuthentication");
	put(o, transcript->ptr, transcript->len);
	put_text(o, DOCTOR_DOC_TYPE);
	put(o, "\xd8\x18\x41\xa0", 4);
}

/* 12.5: ["ReaderAuthentication", SessionTranscript, ItemsRequestBytes] */
static void
put_reader_authentication(struct out *o, const mdoc_buf *transcript,
    const mdoc_buf *key)
{
	struct out items = { MDOC_BUF_INIT, MDOC_OK };

	(void)key;
	put_head(&items, 5, 2);
	put_text(&items, "docType");
	put_text(&items, DOCTOR_DOC_TYPE);
	put_text(&items, "nameSpaces");
	put_head(&items, 5, 1);
	put_text(&items, DOCTOR_DOC_TYPE ".1");
	put_head(&items, 5, 1);
	put_text(&items, "element");
	put(&items, "\xf4", 1);
	put_head(o, 4, 3);
	put_text(o, "ReaderAuthentication");
	put(o, transcript->ptr, transcript->len);
	put_tag24(o, &items.buf);
	if (o->error == MDOC_OK)
		o->error = items.error;
	mdoc_buf_reset(&items.buf);
}

static void
put_date(struct out *o, const char *name, const char *date)
{
	put_text(o, name);
	put_head(o, 6, 0);
	put_text(o, date);
}

/* 12.3.4; valid for one second long ago. */
static void
put_security_object(struct out *o, const mdoc_buf *transcript,
    const mdoc_buf *key)
{
	static const unsigned char digest[32];

	(void)transcript;
	put_head(o, 5, 6);
	put_text(o, "version");
	put_text(o, "1.0");
	put_text(o, "digestAlgorithm");
	put_text(o, "SHA-256");
	put_text(o, "valueDigests");
	put_head(o, 5, 1);
	put_text(o, DOCTOR_DOC_TYPE ".1");
	put_head(o, 5, 1);
	put_int(o, 0);
	put_bytes(o, digest, sizeof digest);
	put_text(o, "deviceKeyInfo");
	put_head(o, 5, 1);
	put_text(o, "deviceKey");
	put(o, key->ptr, key->len);
	put_text(o, "docType");
	put_text(o, DOCTOR_DOC_TYPE);
	put_text(o, "validityInfo");
	put_head(o, 5, 3);
	put_date(o, "signed", "2000-01-01T00:00:00Z");
	put_date(o, "validFrom", "2000-01-01T00:00:00Z");
	put_date(o, "validUntil", "2000-01-01T00:00:01Z");
}

int
doctor_input_make(enum doctor_input which, const struct doctor_curve *c,
    EVP_PKEY *reader, mdoc_buf *ret)
{
	static void (*const write[])(struct out *, const mdoc_buf *,
	    const mdoc_buf *) = {
		[DOCTOR_DEVICE_AUTHENTICATION] = put_device_authentication,
		[DOCTOR_READER_AUTHENTICATION] = put_reader_authentication,
		[DOCTOR_MOBILE_SECURITY_OBJECT] = put_security_object,
	};
	mdoc_buf transcript = MDOC_BUF_INIT, key = MDOC_BUF_INIT;
	struct out inner = { MDOC_BUF_INIT, MDOC_OK };
	struct out o = { MDOC_BUF_INIT, MDOC_OK };
	int r;

	r = doctor_transcript(c, reader, &transcript);
	if (r == MDOC_OK)
		r = doctor_cose_key(c, reader, &key);
	if (r == MDOC_OK) {
		write[which](&inner, &transcript, &key);
		put_tag24(&o, &inner.buf);
		if (o.error == MDOC_OK)
			o.error = inner.error;
		r = finish(&o, ret);
	}
	mdoc_buf_reset(&inner.buf);
	mdoc_buf_reset(&transcript);
	mdoc_buf_reset(&key);
	return r;
}

/* ---- is it right? */

/* [context, protected, h'', payload], RFC 9052 4.4 and 6.3 */
static int
cose_structure(const char *context, int alg, mdoc_bytes payload, mdoc_buf *ret)
{
	struct out protected_ = { MDOC_BUF_INIT, MDOC_OK };
	struct out o = { MDOC_BUF_INIT, MDOC_OK };

	put_head(&protected_, 5, 1);
	put_int(&protected_, 1);
	put_int(&protected_, alg);
	put_head(&o, 4, 4);
	put_text(&o, context);
	put_bytes(&o, protected_.buf.ptr, protected_.buf.len);
	put_bytes(&o, "", 0);
	put_bytes(&o, payload.ptr, payload.len);
	mdoc_buf_reset(&protected_.buf);
	return finish(&o, ret);
}

/* r || s as the SEQUENCE that OpenSSL wants; to be freed. 0: cannot be one. */
static size_t
signature_der(const struct doctor_curve *c, mdoc_bytes raw, unsigned char **ret)
{
	ECDSA_SIG *sig = NULL;
	BIGNUM *r = NULL, *s = NULL;
	int n = 0;

	if (raw.len != 2 * c->field)
		return 0;
	sig = ECDSA_SIG_new();
	r = BN_bin2bn(raw.ptr, (int)c->field, NULL);
	s = BN_bin2bn(raw.ptr + c->field, (int)c->field, NULL);
	if (sig != NULL && r != NULL && s != NULL &&
	    ECDSA_SIG_set0(sig, r, s) == 1) {
		r = s = NULL;
		n = i2d_ECDSA_SIG(sig, ret);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return n > 0 ? (size_t)n : 0;
}

static bool
verify(const struct doctor_curve *c, EVP_PKEY *key, mdoc_bytes data,
    mdoc_bytes signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char *der = NULL;
	mdoc_bytes sig = signature;
	bool ok = ctx != NULL;

	if (ok && c->kind == DOCTOR_EC) {
		sig.len = signature_der(c, signature, &der);
		sig.ptr = der;
		ok = sig.len > 0;
	}
	ok = ok &&
	    EVP_DigestVerifyInit_ex(ctx, NULL, c->hash, NULL, NULL, key,
		NULL) == 1 &&
	    EVP_DigestVerify(ctx, sig.ptr, sig.len, data.ptr, data.len) == 1;
	OPENSSL_free(der);
	EVP_MD_CTX_free(ctx);
	return ok;
}

bool
doctor_signature_ok(const struct doctor_curve *c, EVP_PKEY *key,
    mdoc_bytes payload, mdoc_bytes signature)
{
	mdoc_buf tbs = MDOC_BUF_INIT;
	bool ok;

	ok = cose_structure("Signature1", c->alg, payload, &tbs) == MDOC_OK &&
	    verify(c, key, (mdoc_bytes){ tbs.ptr, tbs.len }, signature);
	mdoc_buf_reset(&tbs);
	return ok;
}

bool
doctor_raw_ok(const struct doctor_curve *c, EVP_PKEY *key, mdoc_bytes data,
    mdoc_bytes signature)
{
	unsigned char *der = NULL;
	EVP_PKEY_CTX *ctx;
	size_t len;
	bool ok;

	if (c->kind != DOCTOR_EC)
		return verify(c, key, data, signature);
	len = signature_der(c, signature, &der);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	ok = len > 0 && ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
	    EVP_PKEY_verify(ctx, der, len, data.ptr, data.len) == 1;
	EVP_PKEY_CTX_free(ctx);
	OPENSSL_free(der);
	return ok;
}

bool
doctor_agree(EVP_PKEY *mine, EVP_PKEY *peer, unsigned char *z, size_t *len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, mine, NULL);
	bool ok;

	ok = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
	    EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
	    EVP_PKEY_derive(ctx, z, len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/* 12.2.1, 12.4.3: HKDF-SHA-256 of Z, salt SHA-256(SessionTranscriptBytes). */
static bool
session_key(mdoc_bytes z, const mdoc_buf *transcript, const char *info,
    unsigned char *out)
{
	struct out tagged = { MDOC_BUF_INIT, MDOC_OK };
	unsigned char salt[32];
	OSSL_PARAM params[5];
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	bool ok;

	put_tag24(&tagged, transcript);
	ok = tagged.error == MDOC_OK && ctx != NULL &&
	    EVP_Q_digest(NULL, "SHA256", NULL, tagged.buf.ptr, tagged.buf.len,
		salt, NULL) == 1;
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
	    (char[]){ "SHA256" }, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
	    (void *)(uintptr_t)z.ptr, z.len);
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt,
	    sizeof salt);
	params[3] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
	    (void *)(uintptr_t)info, strlen(info));
	params[4] = OSSL_PARAM_construct_end();
	ok = ok && EVP_KDF_derive(ctx, out, 32, params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	mdoc_buf_reset(&tagged.buf);
	return ok;
}

/* The key of this name, of the transcript that carries the reader's key. */
static bool
derive_key(const struct doctor_curve *c, EVP_PKEY *reader, EVP_PKEY *device,
    const char *info, unsigned char *out)
{
	mdoc_buf transcript = MDOC_BUF_INIT;
	unsigned char z[MAX_SECRET];
	size_t len = sizeof z;
	bool ok;

	ok = doctor_transcript(c, reader, &transcript) == MDOC_OK &&
	    doctor_agree(reader, device, z, &len) &&
	    session_key((mdoc_bytes){ z, len }, &transcript, info, out);
	OPENSSL_cleanse(z, sizeof z);
	mdoc_buf_reset(&transcript);
	return ok;
}

bool
doctor_mac_ok(const struct doctor_curve *c, EVP_PKEY *reader, EVP_PKEY *device,
    mdoc_bytes payload, mdoc_bytes tag)
{
	mdoc_buf tbm = MDOC_BUF_INIT;
	unsigned char key[32], mac[32];
	size_t mac_len = 0;
	bool ok;

	ok = derive_key(c, reader, device, "EMacKey", key) &&
	    /* 5: HMAC 256/256 */
	    cose_structure("MAC0", 5, payload, &tbm) == MDOC_OK &&
	    EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, sizeof key,
		tbm.ptr, tbm.len, mac, sizeof mac, &mac_len) != NULL &&
	    mac_len == tag.len && CRYPTO_memcmp(mac, tag.ptr, mac_len) == 0;
	OPENSSL_cleanse(key, sizeof key);
	mdoc_buf_reset(&tbm);
	return ok;
}

bool
doctor_gcm(const char *cipher, const unsigned char *key,
    const unsigned char *iv, mdoc_bytes text, unsigned char *out)
{
	EVP_CIPHER *c = EVP_CIPHER_fetch(NULL, cipher, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, last = 0;
	bool ok;

	ok = c != NULL && ctx != NULL &&
	    EVP_EncryptInit_ex2(ctx, c, key, iv, NULL) == 1 &&
	    EVP_EncryptUpdate(ctx, out, &n, text.ptr, (int)text.len) == 1 &&
	    EVP_EncryptFinal_ex(ctx, out + n, &last) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, DOCTOR_TAG_LEN,
		out + text.len) == 1;
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(c);
	return ok;
}

bool
doctor_session_ok(const struct doctor_curve *c, EVP_PKEY *reader,
    EVP_PKEY *device, const unsigned char *iv, mdoc_bytes text, mdoc_bytes sent)
{
	unsigned char key[32], out[256];
	bool ok;

	ok = text.len + DOCTOR_TAG_LEN <= sizeof out &&
	    sent.len == text.len + DOCTOR_TAG_LEN &&
	    derive_key(c, reader, device, "SKReader", key) &&
	    doctor_gcm("AES-256-GCM", key, iv, text, out) &&
	    memcmp(out, sent.ptr, sent.len) == 0;
	OPENSSL_cleanse(key, sizeof key);
	return ok;
}
