/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "mdoc/crypto/der.h"
#include "mdoc/crypto/key-memory.h"
#include "mdoc/crypto/pkey.h"

struct key_memory {
	mdoc_key key;
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *sign;   /* kept: 3 us less per signature */
	EVP_PKEY_CTX *derive; /* kept */
};

static struct key_memory *
memory_of(mdoc_key *key)
{
	return container_of(key, struct key_memory, key);
}

static int
ecdsa(struct key_memory *k, const struct bytes *parts, size_t n, uint8_t *out)
{
	mdoc_ctx *c = k->key.ctx;
	const struct curve *curve = k->key.curve;
	uint8_t digest[HASHER_MAX_LEN];
	uint8_t der[DER_MAX_SIG];
	size_t len = sizeof(der);
	enum hash_alg hash;

	if (k->sign == NULL) {
		k->sign = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
		if (k->sign == NULL || EVP_PKEY_sign_init(k->sign) != 1)
			return ctx_fail_crypto(c, MDOC_E_CRYPTO,
			    "signing on %s", curve->name);
	}
	if (!hash_by_name(bytes_str(curve->hash), &hash) ||
	    !hasher_digest(c->hasher, hash, parts, n, digest))
		return ctx_fail(c, MDOC_E_CRYPTO, "%s failed", curve->hash);
	if (EVP_PKEY_sign(k->sign, der, &len, digest, hash_len(hash)) != 1 ||
	    !der_sig_to_raw(bytes_of(der, len), curve->field_len, out))
		return ctx_fail_crypto(c, MDOC_E_CRYPTO, "signing on %s",
		    curve->name);
	return MDOC_OK;
}

/* EdDSA takes the message in one piece (RFC 8032 5.1.6). */
static int
eddsa(struct key_memory *k, const struct bytes *parts, size_t n, uint8_t *out)
{
	mdoc_ctx *c = k->key.ctx;
	struct blob message = BLOB_INIT;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = k->key.curve->sig_len;
	int r = MDOC_E_MEMORY;

	for (size_t i = 0; i < n; i++) {
		if (!blob_append_bytes(&message, parts[i]))
			goto out;
	}
	if (ctx == NULL)
		goto out;
	r = MDOC_E_CRYPTO;
	if (EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, k->pkey, NULL) ==
		1 &&
	    EVP_DigestSign(ctx, out, &len, message.ptr, message.len) == 1 &&
	    len == k->key.curve->sig_len)
		r = MDOC_OK;
out:
	EVP_MD_CTX_free(ctx);
	blob_reset(&message);
	if (r != MDOC_OK)
		(void)ctx_fail_crypto(c, r, "signing on %s",
		    k->key.curve->name);
	return r;
}

static int
memory_sign_raw(mdoc_key *key, const struct bytes *parts, size_t n,
    uint8_t *out)
{
	struct key_memory *k = memory_of(key);
	int r;

	ERR_set_mark();
	if (key->curve->kind == CURVE_EDWARDS)
		r = eddsa(k, parts, n, out);
	else
		r = ecdsa(k, parts, n, out);
	ERR_pop_to_mark();
	return r;
}

static int
memory_sign(mdoc_key *key, enum tbs_kind kind, const struct bytes *parts,
    size_t n, uint8_t *out)
{
	(void)kind;
	return memory_sign_raw(key, parts, n, out);
}

/* z: CURVE_MAX_FIELD bytes; the caller wipes them. */
static int
agree(struct key_memory *k, struct bytes point, uint8_t *z, size_t *ret_len)
{
	mdoc_ctx *c = k->key.ctx;
	EVP_PKEY *peer;
	size_t len = CURVE_MAX_FIELD;

	if ((peer = pkeys_peer(c->pkeys, k->key.curve, point)) == NULL)
		return ctx_fail(c, MDOC_E_KEY,
		    "the peer's key is not a point of %s", k->key.curve->name);
	if (k->derive == NULL) {
		k->derive = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
		if (k->derive == NULL || EVP_PKEY_derive_init(k->derive) != 1)
			goto fail;
	}
	/* Importing the point has checked it: all our curves have cofactor 1,
	 * or the points of small order were refused. */
	if (EVP_PKEY_derive_set_peer_ex(k->derive, peer, 0) != 1 ||
	    EVP_PKEY_derive(k->derive, z, &len) != 1 ||
	    len != k->key.curve->field_len)
		goto fail;
	*ret_len = len;
	return MDOC_OK;
fail:
	return ctx_fail_crypto(c, MDOC_E_CRYPTO, "key agreement on %s",
	    k->key.curve->name);
}

/* The point of an uncompressed EC2 key is checked when it is imported: the
 * check of cose_key_point would be a second one. */
static bool
peer_point(const struct cose_key *peer, uint8_t *out, size_t *ret_len)
{
	size_t n = peer->curve->field_len;

	if (peer->curve->kind != CURVE_WEIERSTRASS || peer->compressed ||
	    peer->x.len != n || peer->y.len != n)
		return cose_key_point(peer, out, ret_len);
	out[0] = 0x04;
	memcpy(out + 1, peer->x.ptr, n);
	memcpy(out + 1 + n, peer->y.ptr, n);
	*ret_len = 1 + 2 * n;
	return true;
}

/* HKDF of the shared secret, once or twice, into out[i][32]. */
static int
derive(struct key_memory *k, const struct key_derivation *d, uint8_t out[][32])
{
	mdoc_ctx *c = k->key.ctx;
	uint8_t point[CURVE_MAX_POINT];
	uint8_t z[CURVE_MAX_FIELD];
	size_t point_len = 0, len = 0;
	int r;

	if (!peer_point(d->peer, point, &point_len))
		return ctx_fail(c, MDOC_E_KEY,
		    "the peer's key is not a point of %s", k->key.curve->name);
	ERR_set_mark();
	r = agree(k, bytes_of(point, point_len), z, &len);
	ERR_pop_to_mark();
	for (size_t i = 0; r == MDOC_OK && i < 2 && d->info[i] != NULL; i++) {
		if (!hasher_hkdf(c->hasher, bytes_of(d->salt, 32),
			bytes_of(z, len), bytes_str(d->info[i]), out[i], 32))
			r = ctx_fail(c, MDOC_E_CRYPTO, "HKDF failed");
	}
	OPENSSL_cleanse(z, sizeof(z));
	return r;
}

static int
memory_device_mac(mdoc_key *key, const struct key_derivation *d,
    const struct bytes *parts, size_t n, uint8_t *out, char *ret_path)
{
	uint8_t keys[1][32];
	int r = derive(memory_of(key), d, keys);

	if (r == MDOC_OK &&
	    !hasher_hmac(key->ctx->hasher, bytes_of(keys[0], 32), parts, n,
		out))
		r = ctx_fail(key->ctx, MDOC_E_CRYPTO, "HMAC failed");
	OPENSSL_cleanse(keys, sizeof(keys));
	if (r == MDOC_OK)
		*ret_path = 'M';
	return r;
}

static int
memory_derive(mdoc_key *key, const struct key_derivation *d, struct blob *ret1,
    struct blob *ret2)
{
	uint8_t keys[2][32];
	struct blob second = BLOB_INIT;
	int r = derive(memory_of(key), d, keys);

	/* Either both outputs change or none. */
	if (r == MDOC_OK &&
	    ((ret2 != NULL && !blob_set(&second, bytes_of(keys[1], 32))) ||
		!blob_set(ret1, bytes_of(keys[0], 32))))
		r = ctx_fail(key->ctx, MDOC_E_MEMORY, "out of memory");
	if (r == MDOC_OK && ret2 != NULL)
		blob_move(ret2, &second);
	blob_reset(&second);
	OPENSSL_cleanse(keys, sizeof(keys));
	return r;
}

int
key_memory_agree(mdoc_key *key, struct bytes point, struct blob *ret)
{
	uint8_t z[CURVE_MAX_FIELD];
	size_t len = 0;
	int r;

	ERR_set_mark();
	r = agree(memory_of(key), point, z, &len);
	ERR_pop_to_mark();
	if (r == MDOC_OK && !blob_set(ret, bytes_of(z, len)))
		r = ctx_fail(key->ctx, MDOC_E_MEMORY, "out of memory");
	OPENSSL_cleanse(z, sizeof(z));
	return r;
}

static int
memory_path(mdoc_key *key, char *ret)
{
	*ret = key->curve->kind == CURVE_EDWARDS ? 'S' : 'M';
	return MDOC_OK;
}

static int
memory_secret(const mdoc_key *key, struct blob *ret)
{
	const struct key_memory *k = (const void *)key; /* its first member */
	uint8_t d[CURVE_MAX_FIELD];
	int r = MDOC_OK;

	if (!pkey_private(k->pkey, key->curve, d))
		r = ctx_fail_crypto(key->ctx, MDOC_E_CRYPTO,
		    "reading a private key on %s", key->curve->name);
	else if (!blob_set(ret, bytes_of(d, key->curve->field_len)))
		r = ctx_fail(key->ctx, MDOC_E_MEMORY, "out of memory");
	OPENSSL_cleanse(d, sizeof(d));
	return r;
}

static void
memory_free(mdoc_key *key)
{
	struct key_memory *k = memory_of(key);

	EVP_PKEY_CTX_free(k->sign);
	EVP_PKEY_CTX_free(k->derive);
	EVP_PKEY_free(k->pkey);
	key_clear(key);
	free(k);
}

static const struct key_ops memory_ops = {
	.sign = memory_sign,
	.sign_raw = memory_sign_raw,
	.device_mac = memory_device_mac,
	.derive = memory_derive,
	.path = memory_path,
	.secret = memory_secret,
	.free = memory_free,
};

int
key_memory_new(mdoc_ctx *c, EVP_PKEY *k, mdoc_key **ret)
{
	const struct curve *curve = pkey_curve(k);
	uint8_t point[CURVE_MAX_POINT];
	struct key_memory *m;
	size_t len;
	int r;

	if (curve == NULL)
		return ctx_fail(c, MDOC_E_KEY,
		    "a private key of another kind than the curves of "
		    "ISO/IEC 18013-5");
	if (!pkey_point(k, curve, point, &len))
		return ctx_fail_crypto(c, MDOC_E_KEY,
		    "the public part of the private key cannot be had");
	if ((m = calloc(1, sizeof(*m))) == NULL)
		return ctx_fail(c, MDOC_E_MEMORY, "out of memory");
	r = key_init(&m->key, c, &memory_ops, curve, bytes_of(point, len),
	    BYTES_NULL);
	if (r != MDOC_OK) {
		memory_free(&m->key);
		return r;
	}
	m->key.is_private = true;
	m->pkey = k;
	*ret = &m->key;
	return MDOC_OK;
}

int
key_memory_from_private(mdoc_ctx *c, const struct curve *curve, struct bytes d,
    struct bytes point, mdoc_key **ret)
{
	EVP_PKEY *k;
	mdoc_key *key = NULL;
	int r;

	ERR_set_mark();
	if ((k = pkey_from_private(curve, d)) == NULL)
		r = ctx_fail_crypto(c, MDOC_E_KEY, "not a private key on %s",
		    curve->name);
	else
		r = key_memory_new(c, k, &key);
	ERR_pop_to_mark();
	if (r != MDOC_OK) {
		EVP_PKEY_free(k);
		return r;
	}
	if (!bytes_is_null(point) && !bytes_equal(point, key_point(key))) {
		mdoc_key_free(&key);
		return ctx_fail(c, MDOC_E_KEY,
		    "the private and the public part do not belong together");
	}
	*ret = key;
	return MDOC_OK;
}

/*
 * A private key out of the caller's "random" bytes: read as a number, which
 * must be in range; the caller of this wants a key that it knows.
 */
static int
generate_insecure(mdoc_ctx *c, const struct curve *curve, mdoc_key **ret)
{
	uint8_t d[CURVE_MAX_FIELD];
	int r = MDOC_E_KEY;

	for (int i = 0; i < 64 && r == MDOC_E_KEY; i++) {
		if ((r = ctx_random(c, d, curve->field_len)) != MDOC_OK)
			break;
		if (curve->cose == 3) /* 521 bits in 66 octets */
			d[0] &= 1;
		r = key_memory_from_private(c, curve,
		    bytes_of(d, curve->field_len), BYTES_NULL, ret);
	}
	OPENSSL_cleanse(d, sizeof(d));
	return r;
}

int
mdoc_key_generate(mdoc_ctx *ctx, const char *curve, mdoc_key **ret)
{
	const struct curve *c;
	EVP_PKEY *k;
	int r;

	if (curve == NULL || (c = curve_by_name(bytes_str(curve))) == NULL)
		return ctx_fail(ctx, MDOC_E_ARGUMENT, "unknown curve \"%s\"",
		    curve == NULL ? "" : curve);
	if (ctx_has_insecure_random(ctx))
		return generate_insecure(ctx, c, ret);
	ERR_set_mark();
	if ((k = pkeys_generate(ctx->pkeys, c)) == NULL)
		r = ctx_fail_crypto(ctx, MDOC_E_CRYPTO,
		    "generating a key on %s", c->name);
	else
		r = key_memory_new(ctx, k, ret);
	ERR_pop_to_mark();
	if (r != MDOC_OK)
		EVP_PKEY_free(k);
	return r;
}
