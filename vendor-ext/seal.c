/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <sys/random.h>

#include <limits.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "vendor-ext/seal.h"

#define KEY_LEN   32
#define NONCE_LEN 12
#define TAG_LEN   16

/* A sealed record: magic, nonce, ciphertext, tag. */
static const uint8_t magic[8] = { 'p', '1', '1', 'm', 'd', 'o', 'c', 1 };

#define HEAD_LEN (sizeof(magic) + NONCE_LEN)

/* ---- the point of a name */

/*
 * The x coordinate of an attempt: SHA-512 over label, number of the attempt
 * and of the block, public key and name, cut to the field.
 */
static bool
attempt_x(struct hasher *h, const struct seal_key *key, struct bytes name,
    uint8_t attempt, uint8_t x[CURVE_MAX_FIELD])
{
	uint8_t digest[HASHER_MAX_LEN], count[2] = { attempt, 0 };
	const struct bytes parts[] = { bytes_str("p11-mdoc seal 1"),
		bytes_of(count, sizeof(count)), key->point, name };
	size_t len = key->curve->field_len, n;

	for (size_t at = 0; at < len; at += n, count[1]++) {
		if (!hasher_digest(h, HASH_SHA512, parts, nitems(parts),
			digest))
			return false;
		n = len - at < sizeof(digest) ? len - at : sizeof(digest);
		memcpy(x + at, digest, n);
	}
	/* P-521: the first byte has one bit. */
	if (len == 66)
		x[0] &= 1;
	return true;
}

/*
 * Try and increment: an x that is on the curve has been found after two
 * attempts on average. What is hashed is public, so that time tells nothing.
 */
static CK_RV
name_point(struct hasher *h, const struct seal_key *key, struct bytes name,
    uint8_t out[CURVE_MAX_POINT])
{
	uint8_t x[CURVE_MAX_FIELD];
	uint8_t attempt = 0;

	do {
		if (!attempt_x(h, key, name, attempt, x))
			return CKR_HOST_MEMORY;
		if (curve_point_expand(key->curve,
			bytes_of(x, key->curve->field_len), false, out))
			return CKR_OK;
	} while (++attempt != 0);
	return CKR_FUNCTION_FAILED;
}

/* ---- the key of a record */

static CK_RV
record_key(const struct token *t, struct hasher *h, const struct seal_key *key,
    struct bytes name, uint8_t out[KEY_LEN])
{
	struct agree_secret secret = AGREE_SECRET_INIT;
	struct agree_input in = { .key = key->key,
		.curve = key->curve,
		.info = bytes_str("p11-mdoc seal 1"),
		.weakest = key->weakest };
	uint8_t peer[CURVE_MAX_POINT];
	CK_RV rv;

	if (key->curve->kind != CURVE_WEIERSTRASS)
		return CKR_KEY_TYPE_INCONSISTENT;
	rv = name_point(h, key, name, peer);
	if (rv != CKR_OK)
		return rv;
	in.peer = bytes_of(peer, 1 + 2 * key->curve->field_len);
	rv = agree_derive(t, h, &in, &secret);
	if (rv == CKR_OK)
		rv = agree_hmac(t, h, &secret, &name, 1, out);
	agree_secret_reset(t, &secret);
	return rv;
}

/* ---- AES-256-GCM; magic and name are authenticated as well */

static bool
gcm_begin(EVP_CIPHER_CTX *ctx, int seals, const uint8_t *key,
    const uint8_t *nonce, struct bytes name)
{
	int n;

	return ctx != NULL && name.len <= INT_MAX &&
	    EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce,
		seals) == 1 &&
	    EVP_CipherUpdate(ctx, NULL, &n, magic, (int)sizeof(magic)) == 1 &&
	    EVP_CipherUpdate(ctx, NULL, &n, name.ptr, (int)name.len) == 1;
}

static bool
gcm_close(const uint8_t *key, struct bytes name, struct bytes plain,
    uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *text = out + HEAD_LEN;
	int n = 0;
	bool good;

	ERR_set_mark();
	good = gcm_begin(ctx, 1, key, out + sizeof(magic), name) &&
	    (plain.len == 0 ||
		EVP_CipherUpdate(ctx, text, &n, plain.ptr, (int)plain.len) ==
		    1) &&
	    EVP_CipherFinal_ex(ctx, text + plain.len, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN,
		text + plain.len) == 1;
	ERR_pop_to_mark();
	EVP_CIPHER_CTX_free(ctx);
	return good;
}

static bool
gcm_open(const uint8_t *key, struct bytes name, struct bytes sealed,
    uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	size_t len = sealed.len - HEAD_LEN - TAG_LEN;
	const uint8_t *text = sealed.ptr + HEAD_LEN;
	uint8_t tag[TAG_LEN];
	int n = 0;
	bool good;

	memcpy(tag, text + len, sizeof(tag));
	ERR_set_mark();
	good = gcm_begin(ctx, 0, key, sealed.ptr + sizeof(magic), name) &&
	    (len == 0 || EVP_CipherUpdate(ctx, out, &n, text, (int)len) == 1) &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) ==
		1 &&
	    EVP_CipherFinal_ex(ctx, out + len, &n) == 1;
	ERR_pop_to_mark();
	EVP_CIPHER_CTX_free(ctx);
	return good;
}

/* ---- */

CK_RV
seal_close(const struct token *t, struct hasher *h, const struct seal_key *key,
    struct bytes name, struct bytes plain, struct blob *ret)
{
	struct blob out = BLOB_INIT;
	uint8_t k[KEY_LEN], *p;
	CK_RV rv;

	if (plain.len > INT_MAX - HEAD_LEN - TAG_LEN)
		return CKR_DATA_LEN_RANGE;
	rv = record_key(t, h, key, name, k);
	if (rv != CKR_OK)
		goto out;
	p = blob_extend(&out, HEAD_LEN + plain.len + TAG_LEN);
	if (p == NULL) {
		rv = CKR_HOST_MEMORY;
		goto out;
	}
	memcpy(p, magic, sizeof(magic));
	if (getrandom(p + sizeof(magic), NONCE_LEN, 0) != NONCE_LEN ||
	    !gcm_close(k, name, plain, p)) {
		rv = CKR_FUNCTION_FAILED;
		goto out;
	}
	blob_move(ret, &out);
	rv = CKR_OK;
out:
	OPENSSL_cleanse(k, sizeof(k));
	blob_reset(&out);
	return rv;
}

CK_RV
seal_open(const struct token *t, struct hasher *h, const struct seal_key *key,
    struct bytes name, struct bytes sealed, struct blob *ret)
{
	struct blob out = BLOB_INIT;
	uint8_t k[KEY_LEN];
	size_t len;
	CK_RV rv;

	if (sealed.len < HEAD_LEN + TAG_LEN || sealed.len > INT_MAX ||
	    memcmp(sealed.ptr, magic, sizeof(magic)) != 0)
		return CKR_ENCRYPTED_DATA_INVALID;
	len = sealed.len - HEAD_LEN - TAG_LEN;
	rv = record_key(t, h, key, name, k);
	if (rv != CKR_OK)
		goto out;
	/* One byte more: there may be no plaintext at all. */
	if (blob_extend(&out, len + 1) == NULL) {
		rv = CKR_HOST_MEMORY;
		goto out;
	}
	if (!gcm_open(k, name, sealed, out.ptr)) {
		rv = CKR_ENCRYPTED_DATA_INVALID;
		goto out;
	}
	blob_truncate(&out, len);
	blob_move(ret, &out);
	rv = CKR_OK;
out:
	OPENSSL_cleanse(k, sizeof(k));
	blob_reset(&out);
	return rv;
}
