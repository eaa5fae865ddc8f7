/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "mdoc/crypto/key-bytes.h"
#include "mdoc/crypto/key.h"
#include "mdoc/crypto/pem.h"

#define SHA1_LEN 20

int
key_init(mdoc_key *key, mdoc_ctx *c, const struct key_ops *ops,
    const struct curve *curve, struct bytes point, struct bytes id)
{
	uint8_t digest[SHA1_LEN];

	if (point.len > sizeof(key->point))
		return ctx_fail(c, MDOC_E_KEY, "the public key is too long");
	key->ops = ops;
	key->ctx = c;
	key->curve = curve;
	memcpy(key->point, point.ptr, point.len);
	key->point_len = point.len;
	if (bytes_is_null(id)) {
		/* RFC 5280 4.2.1.2 (1), what a certificate has as its SKI */
		if (!hasher_digest(c->hasher, HASH_SHA1, &point, 1, digest))
			return ctx_fail(c, MDOC_E_CRYPTO, "SHA-1 failed");
		id = bytes_of(digest, sizeof(digest));
	}
	if (!blob_set(&key->id, id))
		return ctx_fail(c, MDOC_E_MEMORY, "out of memory");
	return MDOC_OK;
}

void
key_clear(mdoc_key *key)
{
	blob_reset(&key->id);
	free(key->uri);
	key->uri = NULL;
}

static void
free_public(mdoc_key *key)
{
	key_clear(key);
	free(key);
}

const struct key_ops key_public_ops = { .free = free_public };

int
key_new_public(mdoc_ctx *c, const struct curve *curve, struct bytes point,
    mdoc_key **ret)
{
	mdoc_key *key;
	int r;

	if (!curve_point_valid(curve, point))
		return ctx_fail(c, MDOC_E_KEY,
		    "the public key is not a point of %s", curve->name);
	if ((key = calloc(1, sizeof(*key))) == NULL)
		return ctx_fail(c, MDOC_E_MEMORY, "out of memory");
	r = key_init(key, c, &key_public_ops, curve, point, BYTES_NULL);
	if (r != MDOC_OK) {
		free_public(key);
		return r;
	}
	*ret = key;
	return MDOC_OK;
}

void
mdoc_key_free(mdoc_key **key)
{
	if (key == NULL || *key == NULL)
		return;
	(*key)->ops->free(*key);
	*key = NULL;
}

const struct curve *
key_curve(const mdoc_key *key)
{
	return key->curve;
}

struct bytes
key_point(const mdoc_key *key)
{
	return bytes_of(key->point, key->point_len);
}

int
key_alg(const mdoc_key *key)
{
	return key->curve->alg;
}

mdoc_ctx *
key_ctx(const mdoc_key *key)
{
	return key->ctx;
}

static int
cannot(const mdoc_key *key, const char *what)
{
	if (!key->is_private)
		return ctx_fail(key->ctx, MDOC_E_KEY,
		    "a public key cannot %s; the private key is needed", what);
	return ctx_fail(key->ctx, MDOC_E_KEY, "a key on %s cannot %s",
	    key->curve->name, what);
}

/*
 * Puts what a COSE structure has in front of its payload before the parts.
 * prefix holds TBS_PREFIX_MAX + 16 bytes, parts KEY_MAX_PARTS + 1.
 */
static int
cose_parts(const mdoc_key *key, const char *context, int alg,
    const struct bytes *payload, size_t n, uint8_t *prefix, struct bytes *parts)
{
	uint8_t header[16];
	size_t len = 0;

	if (n > KEY_MAX_PARTS)
		return ctx_fail(key->ctx, MDOC_E_INTERNAL,
		    "a payload in too many parts");
	for (size_t i = 0; i < n; i++) {
		len += payload[i].len;
		parts[i + 1] = payload[i];
	}
	parts[0] = bytes_of(prefix,
	    tbs_cose_prefix(context,
		bytes_of(header, tbs_protected_alg(alg, header)), len, prefix));
	return MDOC_OK;
}

int
key_sign(mdoc_key *key, enum tbs_kind kind, const struct bytes *payload,
    size_t n, uint8_t *out, size_t *ret_len)
{
	uint8_t prefix[TBS_PREFIX_MAX + 16];
	struct bytes parts[KEY_MAX_PARTS + 1];
	int r;

	if (key->ops->sign == NULL || key->curve->alg == 0)
		return cannot(key, "sign");
	r = cose_parts(key, "Signature1", key->curve->alg, payload, n, prefix,
	    parts);
	if (r == MDOC_OK)
		r = key->ops->sign(key, kind, parts, n + 1, out);
	if (r == MDOC_OK)
		*ret_len = key->curve->sig_len;
	return r;
}

int
key_sign_raw(mdoc_key *key, const struct bytes *parts, size_t n, uint8_t *out,
    size_t *ret_len)
{
	int r;

	if (key->ops->sign_raw == NULL || key->curve->alg == 0)
		return cannot(key, "sign");
	if (n > KEY_MAX_PARTS)
		return ctx_fail(key->ctx, MDOC_E_INTERNAL,
		    "a payload in too many parts");
	r = key->ops->sign_raw(key, parts, n, out);
	if (r == MDOC_OK)
		*ret_len = key->curve->sig_len;
	return r;
}

/* Both keys of an agreement are on one curve (18013-5 12.2.2, 12.4.3). */
static int
check_peer(const mdoc_key *key, const struct cose_key *peer)
{
	if (key->curve->kind == CURVE_EDWARDS)
		return cannot(key, "agree on a key");
	if (peer->curve != key->curve)
		return ctx_fail(key->ctx, MDOC_E_KEY,
		    "the keys are on different curves: ours on %s, the peer's "
		    "on %s",
		    key->curve->name, peer->curve->name);
	return MDOC_OK;
}

int
key_device_mac(mdoc_key *key, const struct cose_key *peer,
    const uint8_t salt[32], const struct bytes *payload, size_t n,
    uint8_t out[32], char *ret_path)
{
	const struct key_derivation d = { peer, salt, { "EMacKey", NULL } };
	uint8_t prefix[TBS_PREFIX_MAX + 16];
	struct bytes parts[KEY_MAX_PARTS + 1];
	int r;

	if (key->ops->device_mac == NULL)
		return cannot(key, "make a device MAC");
	r = check_peer(key, peer);
	if (r == MDOC_OK)
		r = cose_parts(key, "MAC0", COSE_ALG_HMAC256, payload, n,
		    prefix, parts);
	if (r == MDOC_OK)
		r = key->ops->device_mac(key, &d, parts, n + 1, out, ret_path);
	return r;
}

int
key_derive(mdoc_key *key, const struct cose_key *peer, const uint8_t salt[32],
    const char *info, struct blob *ret)
{
	return key_derive2(key, peer, salt, info, NULL, ret, NULL);
}

int
key_derive2(mdoc_key *key, const struct cose_key *peer, const uint8_t salt[32],
    const char *info1, const char *info2, struct blob *ret1, struct blob *ret2)
{
	const struct key_derivation d = { peer, salt, { info1, info2 } };
	int r;

	if (key->ops->derive == NULL)
		return cannot(key, "agree on a key");
	r = check_peer(key, peer);
	return r == MDOC_OK ? key->ops->derive(key, &d, ret1, ret2) : r;
}

const char *
mdoc_key_curve(const mdoc_key *key)
{
	return key->curve->name;
}

int
mdoc_key_is_private(const mdoc_key *key)
{
	return key->is_private;
}

const char *
mdoc_key_uri(const mdoc_key *key)
{
	return key->uri;
}

mdoc_bytes
mdoc_key_id(const mdoc_key *key)
{
	return to_public(blob_bytes(&key->id));
}

int
mdoc_key_cose(const mdoc_key *key, mdoc_buf *ret)
{
	struct blob out = BLOB_INIT;
	struct cbor_writer w;

	cbor_writer_init(&w, &out);
	cose_key_write(&w, key->curve, key_point(key));
	if (w.error != CBOR_OK) {
		blob_reset(&out);
		return ctx_fail(key->ctx, MDOC_E_MEMORY, "out of memory");
	}
	buf_take_blob(ret, &out);
	return MDOC_OK;
}

int
mdoc_key_pem(const mdoc_key *key, mdoc_buf *ret)
{
	struct blob spki = BLOB_INIT;
	int r = MDOC_E_MEMORY;

	if (spki_write(key->curve, key_point(key), &spki))
		r = pem_write(key->ctx, "PUBLIC KEY", blob_bytes(&spki), ret);
	else
		(void)ctx_fail(key->ctx, r, "out of memory");
	blob_reset(&spki);
	return r;
}

int
mdoc_key_equal(const mdoc_key *a, const mdoc_key *b)
{
	return a->curve == b->curve && bytes_equal(key_point(a), key_point(b));
}

int
mdoc_key_path(mdoc_key *key, char *ret)
{
	if (key->ops->path == NULL)
		return cannot(key, "agree on a key");
	return key->ops->path(key, ret);
}
