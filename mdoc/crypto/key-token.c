/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "mdoc/crypto/key-token.h"
#include "mdoc/crypto/pin.h"
#include "vendor-ext/pkcs11-3.h"
#include "vendor-ext/sign.h"

static const struct key_ops token_ops;

struct key_token *
key_token_of(mdoc_key *key)
{
	return key->ops == &token_ops ? container_of(key, struct key_token, key)
				      : NULL;
}

static struct key_token *
of(mdoc_key *key)
{
	return container_of(key, struct key_token, key);
}

/* ---- one operation, again with a new session where the old one is gone */

/* The session, the login and the handle as they were; MDOC_E_TOKEN if the key
 * is not there any more. */
static int
refresh(struct key_token *k)
{
	mdoc_ctx *c = k->key.ctx;
	CK_OBJECT_HANDLE found[P11TOKEN_FOUND];
	struct blob point = BLOB_INIT;
	CK_ULONG n = 0;
	CK_RV rv;
	bool same;
	int r;

	/* Another key of the token may have opened the session again. */
	if (k->generation == k->token->generation &&
	    (r = p11token_reopen(c, k->token)) != MDOC_OK)
		return r;
	if ((r = p11token_login(c, k->token, &k->uri)) != MDOC_OK)
		return r;
	rv = p11token_find(&k->token->t, CKO_PRIVATE_KEY,
	    key_token_name(&k->label), key_token_name(&k->id), found, &n);
	if (rv != CKR_OK)
		return p11token_fail(c, k->token, rv, "looking for the key");
	if (n != 1)
		return ctx_fail(c, MDOC_E_TOKEN,
		    "%s: the key is not there any more", k->key.uri);
	k->handle = found[0];
	rv = key_token_point(k, k->key.curve, &point);
	same =
	    rv == CKR_OK && bytes_equal(blob_bytes(&point), key_point(&k->key));
	blob_reset(&point);
	if (rv != CKR_OK && rv != CKR_OBJECT_HANDLE_INVALID)
		return p11token_fail(c, k->token, rv, "reading the public key");
	if (!same)
		return ctx_fail(c, MDOC_E_TOKEN,
		    "%s: another key is in its place", k->key.uri);
	k->generation = k->token->generation;
	return MDOC_OK;
}

struct job;
typedef CK_RV job_fn(struct key_token *k, struct job *j);

/* What an operation has and gives. */
struct job {
	const char *what; /* "signing" */
	const struct bytes *parts;
	size_t n;
	CK_MECHANISM_TYPE vendor;
	struct bytes data; /* the payload in one piece */
	uint8_t *out;
	CK_ULONG out_len;
	const struct key_derivation *derivation;
	uint8_t peer[CURVE_MAX_POINT];
	size_t peer_len;
	size_t which; /* of derivation->info */
	struct agree_secret secret;
	int failed; /* MDOC_E_: the text is set already */
};

/* MDOC_OK: the answer of the token is *ret_rv. */
static int
attempt(struct key_token *k, job_fn *fn, struct job *j, CK_RV *ret_rv)
{
	CK_RV rv = CKR_OBJECT_HANDLE_INVALID;
	int r;

	if (k->generation == k->token->generation)
		rv = fn(k, j);
	if (j->failed == MDOC_OK && p11token_is_stale(rv)) {
		if ((r = refresh(k)) != MDOC_OK)
			return r;
		rv = fn(k, j);
	}
	*ret_rv = rv;
	return j->failed;
}

static int
perform(struct key_token *k, job_fn *fn, struct job *j)
{
	CK_RV rv = CKR_OK;
	int r = attempt(k, fn, j, &rv);

	if (r == MDOC_OK && rv != CKR_OK)
		r = p11token_fail(k->key.ctx, k->token, rv, j->what);
	return r;
}

/* ---- signatures */

/*
 * Init, the login that some keys want before each use (PKCS#11 5.6: between
 * init and use), use.
 */
static CK_RV
sign_with(struct key_token *k, struct job *j, CK_MECHANISM_TYPE type)
{
	const struct token *t = &k->token->t;
	CK_MECHANISM m = { type, NULL, 0 };
	struct blob copy = BLOB_INIT;
	CK_ULONG len = j->out_len;
	CK_BYTE sig[CURVE_MAX_SIG];
	CK_RV rv;

	if (!blob_set(&copy, j->data))
		return CKR_HOST_MEMORY;
	rv = t->f->C_SignInit(t->session, &m, k->handle);
	if (rv == CKR_OK && k->always_login)
		j->failed = pin_login(k->key.ctx, k->token, &k->uri, t->session,
		    CKU_CONTEXT_SPECIFIC);
	if (rv == CKR_OK) {
		/* Without the login this fails, and ends the operation. */
		rv = t->f->C_Sign(t->session, copy.ptr, (CK_ULONG)copy.len, sig,
		    &len);
		if (rv == CKR_OK && len != j->out_len)
			rv = CKR_DEVICE_ERROR;
		if (rv == CKR_OK)
			memcpy(j->out, sig, len);
	}
	blob_reset(&copy);
	return rv;
}

static CK_RV
sign_vendor(struct key_token *k, struct job *j)
{
	return sign_with(k, j, j->vendor);
}

static CK_RV
sign_standard(struct key_token *k, struct job *j)
{
	return sign_data(&k->token->t, k->key.ctx->hasher, k->key.curve,
	    k->handle, j->parts, j->n, j->out);
}

/* As sign_data, for a key that wants a login of its own. */
static CK_RV
sign_after_login(struct key_token *k, struct job *j)
{
	return sign_with(k, j,
	    k->key.curve->kind == CURVE_EDWARDS ? CKM_EDDSA : CKM_ECDSA);
}

static bool
join(const struct bytes *parts, size_t n, struct blob *ret)
{
	for (size_t i = 0; i < n; i++) {
		if (!blob_append_bytes(ret, parts[i]))
			return false;
	}
	return true;
}

static int
token_sign_raw(mdoc_key *key, const struct bytes *parts, size_t n, uint8_t *out)
{
	struct key_token *k = of(key);
	struct job j = { .what = "signing",
		.parts = parts,
		.n = n,
		.out_len = key->curve->sig_len };
	uint8_t digest[HASHER_MAX_LEN];
	struct blob message = BLOB_INIT;
	enum hash_alg hash;
	int r;

	j.out = out;
	if (!k->always_login)
		return perform(k, sign_standard, &j);
	if (key->curve->hash == NULL) {
		if (!join(parts, n, &message))
			return ctx_fail(key->ctx, MDOC_E_MEMORY,
			    "out of memory");
		j.data = blob_bytes(&message);
	} else {
		if (!hash_by_name(bytes_str(key->curve->hash), &hash) ||
		    !hasher_digest(key->ctx->hasher, hash, parts, n, digest))
			return ctx_fail(key->ctx, MDOC_E_CRYPTO, "%s failed",
			    key->curve->hash);
		j.data = bytes_of(digest, hash_len(hash));
	}
	r = perform(k, sign_after_login, &j);
	blob_reset(&message);
	return r;
}

static int
token_sign(mdoc_key *key, enum tbs_kind kind, const struct bytes *parts,
    size_t n, uint8_t *out)
{
	static const CK_MECHANISM_TYPE mechanisms[] = {
		[TBS_DEVICE_AUTHENTICATION] = CKM_MDOC_DEVICE_SIGNATURE,
		[TBS_READER_AUTHENTICATION] = CKM_MDOC_READER_AUTHENTICATION,
		[TBS_READER_AUTHENTICATION_ALL] =
		    CKM_MDOC_READER_AUTHENTICATION,
		[TBS_MOBILE_SECURITY_OBJECT] = CKM_MDOC_ISSUER_AUTHENTICATION,
	};
	struct key_token *k = of(key);
	struct job j = { .what = "signing",
		.vendor = mechanisms[kind],
		.out = out,
		.out_len = key->curve->sig_len };
	struct blob data = BLOB_INIT;
	int r;

	if (!p11token_signs(k->token, j.vendor))
		return token_sign_raw(key, parts, n, out);
	/* The first part is the token's to make. */
	if (!join(parts + 1, n - 1, &data))
		return ctx_fail(key->ctx, MDOC_E_MEMORY, "out of memory");
	j.data = blob_bytes(&data);
	r = perform(k, sign_vendor, &j);
	blob_reset(&data);
	return r;
}

/* ---- agreements */

/* The weakest path that the context allows. */
static enum agree_path
weakest(const mdoc_ctx *c)
{
	return c->minimum_path == 'S' ? AGREE_PATH_UNKNOWN
				      : (enum agree_path)c->minimum_path;
}

static CK_RV
agree_standard(struct key_token *k, struct job *j)
{
	const char *info = j->derivation->info[j->which];
	const struct agree_input in = {
		.key = k->handle,
		.curve = k->key.curve,
		.peer = bytes_of(j->peer, j->peer_len),
		.salt = bytes_of(j->derivation->salt, 32),
		.info = bytes_str(info),
		.weakest = weakest(k->key.ctx),
		.path = &k->path,
	};

	return agree_derive(&k->token->t, k->key.ctx->hasher, &in, &j->secret);
}

static CK_RV
probe(struct key_token *k, struct job *j)
{
	(void)j;
	return agree_probe(&k->token->t, k->key.ctx->hasher, k->handle,
	    &k->path);
}

/* No path that is allowed works: is there one that is not allowed? */
static int
explain_refusal(struct key_token *k)
{
	mdoc_ctx *c = k->key.ctx;
	struct job j = { .what = "trying the key agreement" };
	int r;

	k->path = AGREE_PATH_UNKNOWN;
	if ((r = perform(k, probe, &j)) != MDOC_OK)
		return r;
	if (k->path == AGREE_PATH_S || k->path == AGREE_PATH_UNKNOWN)
		return ctx_fail(c, MDOC_E_UNSUPPORTED,
		    "token \"%s\" cannot do a key agreement with this key "
		    "(path S: signatures only): a key on a curve that it can "
		    "agree on, with CKA_DERIVE, is needed",
		    k->token->label);
	return ctx_fail(c, MDOC_E_POLICY,
	    "key path %c of token \"%s\" is weaker than the minimum, %c",
	    (char)k->path, k->token->label, c->minimum_path);
}

static int
agree(struct key_token *k, struct job *j)
{
	mdoc_ctx *c = k->key.ctx;
	CK_RV rv = CKR_OK;
	int r;

	if (!cose_key_point(j->derivation->peer, j->peer, &j->peer_len))
		return ctx_fail(c, MDOC_E_KEY,
		    "the peer's key is not a point of %s", k->key.curve->name);
	j->secret = AGREE_SECRET_INIT;
	if ((r = attempt(k, agree_standard, j, &rv)) != MDOC_OK)
		return r;
	if (rv == CKR_KEY_FUNCTION_NOT_PERMITTED)
		return explain_refusal(k);
	return rv == CKR_OK
	    ? MDOC_OK
	    : p11token_fail(c, k->token, rv, "the key agreement");
}

/* The path of the token's own mechanism, asked for once. */
static enum agree_path
vendor_path(struct key_token *k)
{
	CK_ULONG v = 0;

	if (!k->asked_path && k->generation == k->token->generation) {
		k->asked_path = true;
		if (token_get_ulong(&k->token->t, k->handle, CKA_MDOC_KEY_PATH,
			&v) == CKR_OK &&
		    v >= AGREE_PATH_A && v <= AGREE_PATH_S)
			k->vendor_path = (enum agree_path)v;
	}
	return k->vendor_path;
}

/*
 * The token's mechanism takes the peer out of the data: only where it is the
 * peer that is meant. A handover other than QR and NFC has none.
 */
static bool
data_names_peer(struct bytes data, const struct cose_key *peer)
{
	struct cbor_reader r;
	struct cose_key k;
	struct tbs tbs;

	if (!tbs_read(data, &tbs, NULL) || bytes_is_null(tbs.ereader_key))
		return false;
	cbor_reader_init(&r, tbs.ereader_key);
	return cose_key_read(&r, false, &k) && k.curve == peer->curve &&
	    bytes_equal(k.x, peer->x) && bytes_equal(k.y, peer->y) &&
	    k.compressed == peer->compressed && k.y_odd == peer->y_odd;
}

static bool
use_vendor_mac(struct key_token *k)
{
	enum agree_path path;

	if (!p11token_signs(k->token, CKM_MDOC_DEVICE_MAC))
		return false;
	path = vendor_path(k);
	/* A path that is not told cannot be held against the minimum. */
	return path != AGREE_PATH_UNKNOWN && path != AGREE_PATH_S;
}

static int
standard_mac(struct key_token *k, const struct key_derivation *d,
    const struct bytes *parts, size_t n, uint8_t *out, char *ret_path)
{
	mdoc_ctx *c = k->key.ctx;
	struct job j = { .derivation = d };
	CK_RV rv;
	int r;

	if ((r = agree(k, &j)) != MDOC_OK)
		return r;
	rv = agree_hmac(&k->token->t, c->hasher, &j.secret, parts, n, out);
	if (rv != CKR_OK)
		r = p11token_fail(c, k->token, rv, "HMAC");
	else
		*ret_path = (char)j.secret.path;
	agree_secret_reset(&k->token->t, &j.secret);
	return r;
}

static int
token_device_mac(mdoc_key *key, const struct key_derivation *d,
    const struct bytes *parts, size_t n, uint8_t *out, char *ret_path)
{
	struct key_token *k = of(key);
	struct job j = { .what = "the device MAC",
		.vendor = CKM_MDOC_DEVICE_MAC,
		.out = out,
		.out_len = 32 };
	struct blob data = BLOB_INIT;
	int r;

	if (!use_vendor_mac(k))
		return standard_mac(k, d, parts, n, out, ret_path);
	if (!join(parts + 1, n - 1, &data)) {
		r = ctx_fail(key->ctx, MDOC_E_MEMORY, "out of memory");
	} else if (!data_names_peer(blob_bytes(&data), d->peer)) {
		r = standard_mac(k, d, parts, n, out, ret_path);
	} else if ((char)k->vendor_path > key->ctx->minimum_path) {
		r = ctx_fail(key->ctx, MDOC_E_POLICY,
		    "key path %c of token \"%s\" is weaker than the minimum, "
		    "%c",
		    (char)k->vendor_path, k->token->label,
		    key->ctx->minimum_path);
	} else {
		j.data = blob_bytes(&data);
		r = perform(k, sign_vendor, &j);
		if (r == MDOC_OK)
			*ret_path = (char)k->vendor_path;
	}
	blob_reset(&data);
	return r;
}

static int
derive_one(struct key_token *k, struct job *j, size_t which, struct blob *ret)
{
	int r;

	j->which = which;
	if ((r = agree(k, j)) != MDOC_OK)
		return r;
	if (j->secret.handle != 0)
		r = ctx_fail(k->key.ctx, MDOC_E_UNSUPPORTED,
		    "token \"%s\" keeps what it derives (path %c): a session "
		    "key cannot be had from it",
		    k->token->label, (char)j->secret.path);
	else
		blob_move(ret, &j->secret.memory);
	agree_secret_reset(&k->token->t, &j->secret);
	return r;
}

static int
token_derive(mdoc_key *key, const struct key_derivation *d, struct blob *ret1,
    struct blob *ret2)
{
	struct key_token *k = of(key);
	struct job j = { .derivation = d };
	struct blob first = BLOB_INIT, second = BLOB_INIT;
	int r;

	r = derive_one(k, &j, 0, &first);
	if (r == MDOC_OK && ret2 != NULL)
		r = derive_one(k, &j, 1, &second);
	if (r == MDOC_OK) {
		blob_move(ret1, &first);
		if (ret2 != NULL)
			blob_move(ret2, &second);
	}
	blob_reset(&first);
	blob_reset(&second);
	return r;
}

static int
token_path(mdoc_key *key, char *ret)
{
	struct key_token *k = of(key);
	struct job j = { .what = "trying the key agreement" };
	enum agree_path path = AGREE_PATH_UNKNOWN;
	int r;

	if (p11token_signs(k->token, CKM_MDOC_DEVICE_MAC))
		path = vendor_path(k);
	if (path == AGREE_PATH_UNKNOWN) {
		if (k->path == AGREE_PATH_UNKNOWN &&
		    (r = perform(k, probe, &j)) != MDOC_OK)
			return r;
		path = k->path;
	}
	*ret = (char)path;
	return MDOC_OK;
}

static void
token_free(mdoc_key *key)
{
	struct key_token *k = of(key);

	p11uri_reset(&k->uri);
	blob_reset(&k->label);
	blob_reset(&k->id);
	key_clear(key);
	free(k);
}

static const struct key_ops token_ops = {
	.sign = token_sign,
	.sign_raw = token_sign_raw,
	.device_mac = token_device_mac,
	.derive = token_derive,
	.path = token_path,
	.free = token_free,
};

void
key_token_prepare(mdoc_key *key)
{
	key->ops = &token_ops;
}
