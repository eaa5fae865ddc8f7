/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <limits.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "vendor-ext/hpke.h"
#include "vendor-ext/pkcs11-3.h"

#define HASH_LEN  32
#define KEY_LEN   16
#define NONCE_LEN 12
#define CRV_P256  1

/* "HPKE-v1" and suite_id (RFC 9180 4.1, 5.1) before each label */
#define VERSION_KEM   "HPKE-v1KEM\x00\x10"
#define VERSION_SUITE "HPKE-v1HPKE\x00\x10\x00\x01\x00\x01"
#define SECRET_LABEL  VERSION_SUITE "secret"
#define LITERAL(s)    bytes_of((s), sizeof(s) - 1)

/* The public inputs of the key schedule. */
struct schedule {
	struct blob shared; /* info of LabeledExpand: shared_secret */
	struct blob key;    /* the same: key */
	struct blob nonce;  /* the same: base_nonce */
};

/* One message on its way. */
struct message {
	const struct hpke_input *in;
	const struct schedule *s;
	struct bytes ciphertext;
	struct blob plain;
};

bool
hpke_point_valid(struct bytes point)
{
	return point.len == HPKE_ENC_LEN &&
	    curve_point_valid(curve_by_cose(CRV_P256), point);
}

/* ---- key schedule */

/* What HKDF-Expand is told in LabeledExpand (4). */
static bool
expand_info(struct blob *out, uint16_t len, struct bytes version,
    struct bytes label, const struct bytes context[2])
{
	return blob_append_u8(out, (uint8_t)(len >> 8)) &&
	    blob_append_u8(out, (uint8_t)len) &&
	    blob_append_bytes(out, version) && blob_append_bytes(out, label) &&
	    blob_append_bytes(out, context[0]) &&
	    blob_append_bytes(out, context[1]);
}

/* LabeledExtract of something public, without a salt. */
static bool
extract_public(struct hasher *h, struct bytes label, struct bytes ikm,
    uint8_t out[HASH_LEN])
{
	const struct bytes parts[] = { LITERAL(VERSION_SUITE), label, ikm };

	return hasher_hmac(h, BYTES_NULL, parts, nitems(parts), out);
}

/* KeySchedule of the base mode (5.1): everything but the secret. */
static bool
schedule_make(struct hasher *h, const struct hpke_input *in,
    struct schedule *ret)
{
	const struct bytes kem_context[] = { in->enc, in->public_key };
	uint8_t context[1 + 2 * HASH_LEN] = { 0 /* mode_base */ };
	const struct bytes contexts[] = { bytes_of(context, sizeof(context)),
		BYTES_NULL };

	return extract_public(h, LITERAL("psk_id_hash"), BYTES_NULL,
		   context + 1) &&
	    extract_public(h, LITERAL("info_hash"), in->info,
		context + 1 + HASH_LEN) &&
	    expand_info(&ret->shared, HASH_LEN, LITERAL(VERSION_KEM),
		LITERAL("shared_secret"), kem_context) &&
	    expand_info(&ret->key, KEY_LEN, LITERAL(VERSION_SUITE),
		LITERAL("key"), contexts) &&
	    expand_info(&ret->nonce, NONCE_LEN, LITERAL(VERSION_SUITE),
		LITERAL("base_nonce"), contexts);
}

static void
schedule_reset(struct schedule *s)
{
	blob_reset(&s->shared);
	blob_reset(&s->key);
	blob_reset(&s->nonce);
}

/* ---- paths C and D: the shared secret is here */

static bool
gcm_open(EVP_CIPHER_CTX *ctx, const uint8_t *key, const uint8_t *nonce,
    const struct message *m, uint8_t *out)
{
	struct bytes in = m->ciphertext, aad = m->in->aad;
	size_t len = in.len - HPKE_TAG_LEN;
	uint8_t tag[HPKE_TAG_LEN];
	int n = 0;

	memcpy(tag, in.ptr + len, sizeof(tag));
	return EVP_DecryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, key, nonce) ==
	    1 &&
	    (aad.len == 0 ||
		EVP_DecryptUpdate(ctx, NULL, &n, aad.ptr, (int)aad.len) == 1) &&
	    (len == 0 ||
		EVP_DecryptUpdate(ctx, out, &n, in.ptr, (int)len) == 1) &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) ==
	    1 &&
	    EVP_DecryptFinal_ex(ctx, out + len, &n) == 1;
}

static CK_RV
open_in_memory(struct hasher *h, struct bytes shared, struct message *m)
{
	const struct bytes parts[] = { LITERAL(SECRET_LABEL) };
	uint8_t secret[HASH_LEN], key[KEY_LEN], nonce[NONCE_LEN];
	const struct bytes prk = bytes_of(secret, sizeof(secret));
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	CK_RV rv = CKR_HOST_MEMORY;

	ERR_set_mark();
	/* One byte more: there may be no plaintext at all. */
	if (ctx == NULL ||
	    blob_extend(&m->plain, m->ciphertext.len - HPKE_TAG_LEN + 1) ==
		NULL ||
	    !hasher_hmac(h, shared, parts, nitems(parts), secret) ||
	    !hasher_hkdf_expand(h, prk, blob_bytes(&m->s->key), key,
		sizeof(key)) ||
	    !hasher_hkdf_expand(h, prk, blob_bytes(&m->s->nonce), nonce,
		sizeof(nonce)))
		goto out;
	rv = gcm_open(ctx, key, nonce, m, m->plain.ptr)
	    ? CKR_OK
	    : CKR_ENCRYPTED_DATA_INVALID;
	blob_truncate(&m->plain,
	    rv == CKR_OK ? m->ciphertext.len - HPKE_TAG_LEN : 0);
out:
	ERR_pop_to_mark();
	EVP_CIPHER_CTX_free(ctx);
	OPENSSL_cleanse(secret, sizeof(secret));
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(nonce, sizeof(nonce));
	return rv;
}

/* ---- paths A and B: the shared secret is an object of the token */

struct inside {
	const struct token *t;
	bool native; /* path A: it has HKDF */
	CK_OBJECT_HANDLE shared;
	CK_OBJECT_HANDLE base; /* of what is expanded: see there */
};

static void
destroy(const struct token *t, CK_OBJECT_HANDLE object)
{
	if (object != 0)
		(void)t->f->C_DestroyObject(t->session, object);
}

/* A: the label that is extracted from. Public, but HKDF's base is a key. */
static CK_RV
label_object(const struct token *t, CK_OBJECT_HANDLE *ret)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_BBOOL no = CK_FALSE, yes = CK_TRUE;
	CK_BYTE label[] = SECRET_LABEL;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_PRIVATE, &no, sizeof(no) },
		{ CKA_DERIVE, &yes, sizeof(yes) },
		{ CKA_VALUE, label, sizeof(label) - 1 },
	};

	return t->f->C_CreateObject(t->session, template, nitems(template),
	    ret);
}

/* A key that is derived and stays. */
static CK_RV
derive(const struct inside *i, CK_MECHANISM *m, CK_OBJECT_HANDLE base,
    CK_KEY_TYPE type, CK_ULONG len, CK_OBJECT_HANDLE *ret)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_BBOOL no = CK_FALSE, yes = CK_TRUE;
	CK_BBOOL opens = type == CKK_AES, goes_on = type != CKK_AES;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_SENSITIVE, &yes, sizeof(yes) },
		{ CKA_EXTRACTABLE, &no, sizeof(no) },
		{ CKA_DECRYPT, &opens, sizeof(opens) },
		{ CKA_DERIVE, &goes_on, sizeof(goes_on) },
		{ CKA_SIGN, &goes_on, sizeof(goes_on) },
		{ CKA_VALUE_LEN, &len, sizeof(len) },
	};

	return i->t->f->C_DeriveKey(i->t->session, m, base, template,
	    nitems(template), ret);
}

/*
 * B: secret = Extract(shared_secret, label), which is one HMAC, that is, the
 * feedback KDF of SP 800-108 without a counter or anything to feed back.
 */
static CK_RV
secret_object(const struct inside *i, CK_OBJECT_HANDLE *ret)
{
	CK_BYTE label[] = SECRET_LABEL;
	struct pkcs11_kdf_data data[] = {
		{ PKCS11_KDF_PREVIOUS, NULL, 0 },
		{ PKCS11_KDF_BYTE_ARRAY, label, sizeof(label) - 1 },
	};
	struct pkcs11_kdf_feedback_params p = { CKM_SHA256_HMAC, nitems(data),
		data, 0, NULL, 0, NULL };
	CK_MECHANISM m = { CKM_SP800_108_FEEDBACK_KDF, &p, sizeof(p) };

	return derive(i, &m, i->shared, CKK_GENERIC_SECRET, HASH_LEN, ret);
}

/* Extract and Expand in one step on A, Expand of the secret on B. */
static CK_RV
key_inside(const struct inside *i, const struct blob *info,
    CK_OBJECT_HANDLE *ret)
{
	struct pkcs11_hkdf_params hkdf = { CK_TRUE, CK_TRUE, CKM_SHA256,
		PKCS11_HKDF_SALT_KEY, NULL, 0, i->shared, info->ptr,
		(CK_ULONG)info->len };
	CK_MECHANISM native = { CKM_HKDF_DERIVE, &hkdf, sizeof(hkdf) };
	struct pkcs11_kdf_counter counter = { CK_FALSE, 8 };
	struct pkcs11_kdf_data data[] = {
		{ PKCS11_KDF_BYTE_ARRAY, info->ptr, (CK_ULONG)info->len },
		{ PKCS11_KDF_COUNTER, &counter, sizeof(counter) },
	};
	struct pkcs11_kdf_params kdf = { CKM_SHA256_HMAC, nitems(data), data, 0,
		NULL };
	CK_MECHANISM composed = { CKM_SP800_108_COUNTER_KDF, &kdf,
		sizeof(kdf) };

	return derive(i, i->native ? &native : &composed, i->base, CKK_AES,
	    KEY_LEN, ret);
}

/* The nonce has to be known: it is a parameter of the decryption. */
static CK_RV
nonce_native(const struct inside *i, const struct blob *info, struct blob *ret)
{
	struct pkcs11_hkdf_params p = { CK_TRUE, CK_TRUE, CKM_SHA256,
		PKCS11_HKDF_SALT_KEY, NULL, 0, i->shared, info->ptr,
		(CK_ULONG)info->len };
	CK_MECHANISM m = { CKM_HKDF_DERIVE, &p, sizeof(p) };
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_BBOOL no = CK_FALSE, yes = CK_TRUE;
	CK_ULONG len = NONCE_LEN;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_SENSITIVE, &no, sizeof(no) },
		{ CKA_EXTRACTABLE, &yes, sizeof(yes) },
		{ CKA_VALUE_LEN, &len, sizeof(len) },
	};
	CK_OBJECT_HANDLE nonce = 0;
	CK_RV rv;

	rv = i->t->f->C_DeriveKey(i->t->session, &m, i->base, template,
	    nitems(template), &nonce);
	if (rv == CKR_OK)
		rv = token_get(i->t, nonce, CKA_VALUE, ret);
	if (rv == CKR_OK && ret->len != NONCE_LEN)
		rv = CKR_DEVICE_ERROR;
	destroy(i->t, nonce);
	return rv;
}

/* Expand of one block is an HMAC: its first bytes are the nonce. */
static CK_RV
nonce_composed(const struct inside *i, const struct blob *info,
    struct blob *ret)
{
	const struct token *t = i->t;
	CK_MECHANISM m = { CKM_SHA256_HMAC, NULL, 0 };
	CK_ULONG len = HASH_LEN;
	struct blob in = BLOB_INIT;
	CK_RV rv = CKR_HOST_MEMORY;

	if (!blob_set(&in, blob_bytes(info)) || !blob_append_u8(&in, 1) ||
	    blob_extend(ret, HASH_LEN) == NULL)
		goto out;
	rv = t->f->C_SignInit(t->session, &m, i->base);
	if (rv == CKR_OK)
		rv = t->f->C_Sign(t->session, in.ptr, (CK_ULONG)in.len,
		    ret->ptr, &len);
	if (rv == CKR_OK && len != HASH_LEN)
		rv = CKR_DEVICE_ERROR;
	blob_truncate(ret, NONCE_LEN);
out:
	blob_reset(&in);
	return rv;
}

/* PKCS#11 wants all of it writable. */
static CK_RV
decrypt_inside(const struct token *t, CK_OBJECT_HANDLE key, struct blob *nonce,
    struct message *m)
{
	struct blob in = BLOB_INIT, aad = BLOB_INIT;
	CK_GCM_PARAMS p = { nonce->ptr, NONCE_LEN, NONCE_LEN * 8UL, NULL,
		(CK_ULONG)m->in->aad.len, HPKE_TAG_LEN * 8UL };
	CK_MECHANISM mechanism = { CKM_AES_GCM, &p, sizeof(p) };
	CK_ULONG len = (CK_ULONG)m->ciphertext.len;
	CK_RV rv = CKR_HOST_MEMORY;

	blob_clear(&m->plain);
	if (!blob_set(&in, m->ciphertext) || !blob_set(&aad, m->in->aad) ||
	    blob_extend(&m->plain, in.len) == NULL)
		goto out;
	p.pAAD = aad.ptr;
	rv = t->f->C_DecryptInit(t->session, &mechanism, key);
	if (rv == CKR_OK)
		rv = t->f->C_Decrypt(t->session, in.ptr, (CK_ULONG)in.len,
		    m->plain.ptr, &len);
	if (rv == CKR_OK && len != in.len - HPKE_TAG_LEN)
		rv = CKR_DEVICE_ERROR;
	blob_truncate(&m->plain, rv == CKR_OK ? len : 0);
out:
	blob_reset(&in);
	blob_reset(&aad);
	return rv;
}

/* agree_use_fn: all that is left to do, so that a refusal is known here. */
static CK_RV
open_inside(const struct token *t, struct hasher *h,
    const struct agree_secret *s, void *arg)
{
	struct inside i = { t, s->path == AGREE_PATH_A, s->handle, 0 };
	struct message *m = arg;
	CK_OBJECT_HANDLE key = 0;
	struct blob nonce = BLOB_INIT;
	CK_RV rv;

	(void)h;
	rv = i.native ? label_object(t, &i.base) : secret_object(&i, &i.base);
	if (rv == CKR_OK)
		rv = key_inside(&i, &m->s->key, &key);
	if (rv == CKR_OK)
		rv = i.native ? nonce_native(&i, &m->s->nonce, &nonce)
			      : nonce_composed(&i, &m->s->nonce, &nonce);
	if (rv == CKR_OK)
		rv = decrypt_inside(t, key, &nonce, m);
	destroy(t, i.base);
	destroy(t, key);
	blob_reset(&nonce);
	return rv;
}

/* ---- */

static CK_RV
open_scheduled(const struct token *t, struct hasher *h, struct message *m)
{
	const struct hpke_input *in = m->in;
	struct agree_secret secret = AGREE_SECRET_INIT;
	const struct agree_input ai = {
		.key = in->key,
		.curve = curve_by_cose(CRV_P256),
		.peer = in->enc,
		.prefix = LITERAL(VERSION_KEM "eae_prk"),
		.info = blob_bytes(&m->s->shared),
		.weakest = in->weakest,
		.use = open_inside,
		.arg = m,
	};
	CK_RV rv;

	rv = agree_derive(t, h, &ai, &secret);
	if (rv == CKR_OK && secret.handle == 0)
		rv = open_in_memory(h, blob_bytes(&secret.memory), m);
	if (rv == CKR_OK && in->path != NULL)
		*in->path = secret.path;
	agree_secret_reset(t, &secret);
	return rv;
}

CK_RV
hpke_open(const struct token *t, struct hasher *h, const struct hpke_input *in,
    struct bytes ciphertext, struct blob *ret)
{
	struct schedule s = { .shared = BLOB_INIT };
	struct message m = { .in = in, .s = &s, .ciphertext = ciphertext };
	CK_RV rv = CKR_HOST_MEMORY;

	if (!hpke_point_valid(in->public_key))
		return CKR_DOMAIN_PARAMS_INVALID;
	if (ciphertext.len < HPKE_TAG_LEN || ciphertext.len > INT_MAX ||
	    in->aad.len > INT_MAX)
		return CKR_ENCRYPTED_DATA_LEN_RANGE;
	if (schedule_make(h, in, &s))
		rv = open_scheduled(t, h, &m);
	if (rv == CKR_OK)
		blob_move(ret, &m.plain);
	blob_reset(&m.plain);
	schedule_reset(&s);
	return rv;
}
