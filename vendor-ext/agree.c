/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <p11-kit/pkcs11.h>
#include <p11-mdoc/pkcs11-mdoc.h>

#include "vendor-ext/agree.h"
#include "vendor-ext/digest-key.h"
#include "vendor-ext/pkcs11-3.h"

#define SECRET_LEN 32
#define BLOCK_LEN  64 /* of SHA-256 */
#define PREFIX_MAX 64

/* One agreement: what the paths share. */
struct job {
	const struct token *t;
	struct hasher *h;
	const struct agree_input *in;
	const struct agree_object *object; /* what the result is to be */
	CK_OBJECT_HANDLE z; /* result of ECDH that stays inside; 0: not yet */
	CK_BBOOL private_; /* CKA_PRIVATE of the key, for all that is derived */
	uint8_t ipad[BLOCK_LEN]; /* salt as an HMAC key (RFC 2104) */
	uint8_t opad[BLOCK_LEN];
	uint8_t peer[3 + CURVE_MAX_POINT]; /* DER OCTET STRING */
	size_t peer_head;                  /* of which are its head */
	size_t peer_len;                   /* and these the point */
};

static void
destroy(const struct token *t, CK_OBJECT_HANDLE object)
{
	if (object != 0)
		(void)t->f->C_DestroyObject(t->session, object);
}

/* A secret that may leave the token, may be derived from, or signs. */
enum use {
	USE_EXPORT,
	USE_DERIVE,
	USE_SIGN
};

static CK_RV
derive(const struct job *j, CK_MECHANISM *m, CK_OBJECT_HANDLE base,
    CK_ULONG len, enum use use, CK_OBJECT_HANDLE *ret)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_BBOOL no = CK_FALSE, yes = CK_TRUE;
	CK_BBOOL exported = use == USE_EXPORT, kept = use != USE_EXPORT;
	CK_BBOOL private_ = j->private_;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_PRIVATE, &private_, sizeof(private_) },
		{ CKA_SENSITIVE, &kept, sizeof(kept) },
		{ CKA_EXTRACTABLE, &exported, sizeof(exported) },
		{ CKA_VALUE_LEN, &len, sizeof(len) },
		{ use == USE_SIGN ? CKA_SIGN : CKA_DERIVE, &yes, sizeof(yes) },
	};
	CK_ULONG n = nitems(template) - (use == USE_EXPORT ? 1 : 0);
	CK_OBJECT_HANDLE key = 0;
	CK_RV rv;

	rv = j->t->f->C_DeriveKey(j->t->session, m, base, template, n, &key);
	if (rv == CKR_OK)
		*ret = key;
	return rv;
}

/* The caller's template and one more attribute: the value, or its length. */
static CK_RV
object_template(const struct agree_object *o, CK_ATTRIBUTE more,
    CK_ATTRIBUTE **ret)
{
	CK_ATTRIBUTE *all = calloc(o->n + 1, sizeof(*all));

	if (all == NULL)
		return CKR_HOST_MEMORY;
	if (o->n > 0)
		memcpy(all, o->template, o->n * sizeof(*all));
	all[o->n] = more;
	*ret = all;
	return CKR_OK;
}

/* The last derivation: to what is asked for. */
static CK_RV
derive_result(const struct job *j, CK_MECHANISM *m, CK_OBJECT_HANDLE base,
    CK_OBJECT_HANDLE *ret)
{
	const struct agree_object *o = j->object;
	CK_ULONG len = SECRET_LEN;
	CK_OBJECT_HANDLE key = 0;
	CK_ATTRIBUTE *all;
	CK_RV rv;

	if (o == NULL)
		return derive(j, m, base, len,
		    j->in->use != NULL ? USE_DERIVE : USE_SIGN, ret);
	rv = object_template(o,
	    (CK_ATTRIBUTE){ CKA_VALUE_LEN, &len, sizeof(len) }, &all);
	if (rv != CKR_OK)
		return rv;
	rv = j->t->f->C_DeriveKey(o->session, m, base, all, o->n + 1, &key);
	free(all);
	if (rv == CKR_OK)
		*ret = key;
	return rv;
}

/*
 * Does the point by itself look like an OCTET STRING (0x04, length, content)?
 * One in 256 does, and SoftHSMv2 takes it for one.
 */
static bool
looks_wrapped(const struct job *j)
{
	struct bytes rest = bytes_of(j->peer + j->peer_head, j->peer_len);
	uint8_t tag, len;

	if (!bytes_take_u8(&rest, &tag) || !bytes_take_u8(&rest, &len))
		return false;
	if (len == 0x81 && !bytes_take_u8(&rest, &len))
		return false;
	return tag == 0x04 && len == rest.len;
}

/*
 * ECDH. PKCS#11 2.40 lets a token want the point raw or in an OCTET STRING
 * (6.3.8). Raw first: older tokens take nothing else.
 */
static CK_RV
agree(struct job *j, enum use use, CK_OBJECT_HANDLE *ret)
{
	CK_ECDH1_DERIVE_PARAMS raw = { CKD_NULL, 0, NULL, (CK_ULONG)j->peer_len,
		j->peer + j->peer_head };
	CK_ECDH1_DERIVE_PARAMS wrapped = { CKD_NULL, 0, NULL,
		(CK_ULONG)(j->peer_head + j->peer_len), j->peer };
	CK_MECHANISM m = { CKM_ECDH1_DERIVE, &raw, sizeof(raw) };
	CK_ULONG len = (CK_ULONG)j->in->curve->field_len;
	bool wrapped_first = looks_wrapped(j);
	CK_RV rv, again;

	if (wrapped_first)
		m.pParameter = &wrapped;
	rv = derive(j, &m, j->in->key, len, use, ret);
	if (!token_is_refusal(rv))
		return rv;
	m.pParameter = wrapped_first ? &raw : &wrapped;
	again = derive(j, &m, j->in->key, len, use, ret);
	return token_is_refusal(again) ? rv : again;
}

/* The shared secret as an object that stays inside, made once. */
static CK_RV
agree_inside(struct job *j)
{
	return j->z != 0 ? CKR_OK : agree(j, USE_DERIVE, &j->z);
}

/* Two spans before a key of len bytes, a key again. */
static CK_RV
join_inside(struct job *j, struct bytes first, struct bytes second,
    CK_OBJECT_HANDLE key, CK_ULONG len, CK_OBJECT_HANDLE *ret)
{
	CK_BYTE data[BLOCK_LEN + PREFIX_MAX];
	CK_ULONG n = (CK_ULONG)(first.len + second.len);
	CK_KEY_DERIVATION_STRING_DATA p = { data, n };
	CK_MECHANISM m = { CKM_CONCATENATE_DATA_AND_BASE, &p, sizeof(p) };

	if (first.len > 0)
		memcpy(data, first.ptr, first.len);
	if (second.len > 0)
		memcpy(data + first.len, second.ptr, second.len);
	return derive(j, &m, key, n + len, USE_DERIVE, ret);
}

/* HKDF by the token, of a base that may be more than Z. */
static CK_RV
hkdf_inside(struct job *j, CK_OBJECT_HANDLE base, CK_OBJECT_HANDLE *ret)
{
	CK_BYTE salt[BLOCK_LEN];
	struct blob info = BLOB_INIT;
	struct pkcs11_hkdf_params p = { CK_TRUE, CK_TRUE, CKM_SHA256,
		PKCS11_HKDF_SALT_NULL, NULL, 0, 0, NULL,
		(CK_ULONG)j->in->info.len };
	CK_MECHANISM m = { CKM_HKDF_DERIVE, &p, sizeof(p) };
	CK_RV rv;

	if (j->in->salt.len > 0) {
		memcpy(salt, j->in->salt.ptr, j->in->salt.len);
		p.salt_type = PKCS11_HKDF_SALT_DATA;
		p.salt = salt;
		p.salt_len = (CK_ULONG)j->in->salt.len;
	}
	if (!blob_set(&info, j->in->info))
		return CKR_HOST_MEMORY;
	p.info = info.ptr;
	rv = derive_result(j, &m, base, ret);
	blob_reset(&info);
	return rv;
}

/* Path A: RFC 5869 by the token. */
static CK_RV
path_native(struct job *j, struct agree_secret *ret)
{
	CK_ULONG len = (CK_ULONG)j->in->curve->field_len;
	CK_OBJECT_HANDLE joined = 0;
	CK_RV rv;

	if ((rv = agree_inside(j)) != CKR_OK)
		return rv;
	if (j->in->prefix.len == 0)
		return hkdf_inside(j, j->z, &ret->handle);
	rv = join_inside(j, j->in->prefix, BYTES_NULL, j->z, len, &joined);
	if (rv == CKR_OK)
		rv = hkdf_inside(j, joined, &ret->handle);
	destroy(j->t, joined);
	return rv;
}

/* SHA-256 of pad || prefix || key, a key again. */
static CK_RV
hash_inside(struct job *j, const uint8_t pad[BLOCK_LEN], struct bytes prefix,
    CK_OBJECT_HANDLE key, CK_ULONG len, CK_OBJECT_HANDLE *ret)
{
	CK_MECHANISM hash = { CKM_SHA256_KEY_DERIVATION, NULL, 0 };
	CK_OBJECT_HANDLE joined = 0;
	CK_RV rv;

	rv =
	    join_inside(j, bytes_of(pad, BLOCK_LEN), prefix, key, len, &joined);
	if (rv == CKR_OK)
		rv = derive(j, &hash, joined, SECRET_LEN, USE_DERIVE, ret);
	destroy(j->t, joined);
	return rv;
}

/*
 * Path B: HKDF-Extract as the two hashes of HMAC, HKDF-Expand of one block as
 * the counter KDF of SP 800-108 with the counter behind the info.
 */
static CK_RV
path_composed(struct job *j, struct agree_secret *ret)
{
	CK_OBJECT_HANDLE inner = 0, prk = 0;
	struct blob info = BLOB_INIT;
	struct pkcs11_kdf_counter counter = { CK_FALSE, 8 };
	struct pkcs11_kdf_data data[] = {
		{ PKCS11_KDF_BYTE_ARRAY, NULL, (CK_ULONG)j->in->info.len },
		{ PKCS11_KDF_COUNTER, &counter, sizeof(counter) },
	};
	struct pkcs11_kdf_params p = { CKM_SHA256_HMAC, nitems(data), data, 0,
		NULL };
	CK_MECHANISM expand = { CKM_SP800_108_COUNTER_KDF, &p, sizeof(p) };
	CK_ULONG len = (CK_ULONG)j->in->curve->field_len;
	CK_RV rv;

	if ((rv = agree_inside(j)) != CKR_OK)
		return rv;
	if (!blob_set(&info, j->in->info))
		return CKR_HOST_MEMORY;
	data[0].value = info.ptr;
	rv = hash_inside(j, j->ipad, j->in->prefix, j->z, len, &inner);
	if (rv == CKR_OK)
		rv = hash_inside(j, j->opad, BYTES_NULL, inner, SECRET_LEN,
		    &prk);
	if (rv == CKR_OK)
		rv = derive_result(j, &expand, prk, &ret->handle);
	destroy(j->t, inner);
	destroy(j->t, prk);
	blob_reset(&info);
	return rv;
}

/* SHA-256(ipad || prefix || Z), by the token. */
static CK_RV
hash_secret(const struct job *j, uint8_t out[SECRET_LEN])
{
	const struct bytes prefix = j->in->prefix;
	uint8_t data[BLOCK_LEN + PREFIX_MAX];

	memcpy(data, j->ipad, BLOCK_LEN);
	if (prefix.len > 0)
		memcpy(data + BLOCK_LEN, prefix.ptr, prefix.len);
	return digest_key(j->t, HASH_SHA256,
	    bytes_of(data, BLOCK_LEN + prefix.len), j->z, BYTES_NULL, out);
}

/* Path C: the inner hash of HKDF-Extract by C_DigestKey, the rest here. */
static CK_RV
path_digest_key(struct job *j, struct agree_secret *ret)
{
	uint8_t inner[SECRET_LEN], prk[SECRET_LEN];
	const struct bytes outer[] = { bytes_of(j->opad, sizeof(j->opad)),
		bytes_of(inner, sizeof(inner)) };
	uint8_t *okm;
	CK_RV rv;

	if ((rv = agree_inside(j)) != CKR_OK)
		return rv;
	if ((rv = hash_secret(j, inner)) != CKR_OK)
		goto out;
	okm = blob_extend(&ret->memory, SECRET_LEN);
	if (okm == NULL ||
	    !hasher_digest(j->h, HASH_SHA256, outer, nitems(outer), prk) ||
	    !hasher_hkdf_expand(j->h, bytes_of(prk, sizeof(prk)), j->in->info,
		okm, SECRET_LEN))
		rv = CKR_HOST_MEMORY;
out:
	OPENSSL_cleanse(inner, sizeof(inner));
	OPENSSL_cleanse(prk, sizeof(prk));
	return rv;
}

/* Path D: the shared secret is read, everything else is done here. */
static CK_RV
path_export(struct job *j, struct agree_secret *ret)
{
	struct blob z = BLOB_INIT;
	CK_OBJECT_HANDLE object = 0;
	uint8_t prk[SECRET_LEN];
	struct bytes ikm[2];
	uint8_t *okm;
	CK_RV rv;

	if ((rv = agree(j, USE_EXPORT, &object)) != CKR_OK)
		return rv;
	if ((rv = token_get(j->t, object, CKA_VALUE, &z)) != CKR_OK)
		goto out;
	if (z.len != j->in->curve->field_len) {
		rv = CKR_DEVICE_ERROR;
		goto out;
	}
	ikm[0] = j->in->prefix;
	ikm[1] = blob_bytes(&z);
	okm = blob_extend(&ret->memory, SECRET_LEN);
	if (okm == NULL ||
	    !hasher_hmac(j->h, j->in->salt, ikm, nitems(ikm), prk) ||
	    !hasher_hkdf_expand(j->h, bytes_of(prk, sizeof(prk)), j->in->info,
		okm, SECRET_LEN))
		rv = CKR_HOST_MEMORY;
out:
	destroy(j->t, object);
	blob_reset(&z);
	OPENSSL_cleanse(prk, sizeof(prk));
	return rv;
}

/* Strongest first. */
static const struct {
	enum agree_path path;
	CK_RV (*derive)(struct job *j, struct agree_secret *ret);
} paths[] = {
	{ AGREE_PATH_A, path_native },
	{ AGREE_PATH_B, path_composed },
	{ AGREE_PATH_C, path_digest_key },
	{ AGREE_PATH_D, path_export },
};

/*
 * Is what the token has derived of any use there? is_known: an HMAC has worked
 * before.
 */
static CK_RV
try_use(const struct job *j, const struct agree_secret *s, bool is_known)
{
	const struct bytes part = bytes_of("", 1);
	uint8_t tag[SECRET_LEN];

	if (j->in->use != NULL)
		return j->in->use(j->t, j->h, s, j->in->arg);
	return is_known ? CKR_OK : agree_hmac(j->t, j->h, s, &part, 1, tag);
}

/*
 * A token behind p11-mdoc.so has HKDF even where it has not: the module has
 * completed it, and says of the key by which path.
 */
static CK_RV
check_strength(const struct job *j, const struct agree_secret *s)
{
	CK_ULONG path;
	CK_RV rv;

	rv = token_get_ulong(j->t, s->handle, CKA_MDOC_KEY_PATH, &path);
	if (rv == CKR_OK)
		return path <= (CK_ULONG)s->path ? CKR_OK
						 : CKR_MECHANISM_INVALID;
	return token_is_refusal(rv) ? CKR_OK : rv;
}

static CK_RV
try_path(struct job *j, size_t i, bool is_known, struct agree_secret *ret)
{
	struct agree_secret s = AGREE_SECRET_INIT;
	CK_RV rv;

	s.path = paths[i].path;
	rv = paths[i].derive(j, &s);
	if (rv == CKR_OK && s.handle != 0 && !is_known)
		rv = check_strength(j, &s);
	if (rv == CKR_OK && s.handle != 0)
		rv = try_use(j, &s, is_known);
	if (rv == CKR_OK)
		*ret = s;
	else
		agree_secret_reset(j->t, &s);
	return rv;
}

static CK_RV
try_paths(struct job *j, struct agree_secret *ret)
{
	enum agree_path known =
	    j->in->path != NULL ? *j->in->path : AGREE_PATH_UNKNOWN;
	enum agree_path weakest = j->in->weakest;
	CK_RV rv = CKR_KEY_FUNCTION_NOT_PERMITTED;
	size_t i;

	if (weakest == AGREE_PATH_UNKNOWN)
		weakest = AGREE_PATH_S;
	for (i = 0; i < nitems(paths); i++) {
		if (paths[i].path == known && known <= weakest)
			rv = try_path(j, i, true, ret);
	}
	for (i = 0; i < nitems(paths) && token_is_refusal(rv); i++) {
		if (paths[i].path != known && paths[i].path <= weakest)
			rv = try_path(j, i, false, ret);
	}
	if (rv == CKR_OK && j->in->path != NULL)
		*j->in->path = ret->path;
	return token_is_refusal(rv) ? CKR_KEY_FUNCTION_NOT_PERMITTED : rv;
}

static void
job_prepare(struct job *j)
{
	const struct agree_input *in = j->in;
	uint8_t *p = j->peer;

	for (size_t i = 0; i < BLOCK_LEN; i++) {
		uint8_t byte = i < in->salt.len ? in->salt.ptr[i] : 0;

		j->ipad[i] = byte ^ 0x36;
		j->opad[i] = byte ^ 0x5c;
	}
	*p++ = 0x04;
	if (in->peer.len >= 0x80)
		*p++ = 0x81;
	*p++ = (uint8_t)in->peer.len;
	j->peer_head = (size_t)(p - j->peer);
	j->peer_len = in->peer.len;
	memcpy(p, in->peer.ptr, in->peer.len);
}

/* What is derived is as private as its key: that may be used without login. */
static CK_RV
read_private(struct job *j)
{
	CK_BBOOL value = CK_TRUE;
	CK_ATTRIBUTE a = { CKA_PRIVATE, &value, sizeof(value) };
	CK_RV rv;

	rv = j->t->f->C_GetAttributeValue(j->t->session, j->in->key, &a, 1);
	if (rv == CKR_OBJECT_HANDLE_INVALID)
		return CKR_KEY_HANDLE_INVALID;
	if (rv != CKR_OK && !token_is_refusal(rv))
		return rv;
	j->private_ = rv == CKR_OK ? value : CK_TRUE;
	return CKR_OK;
}

/* j->z stays, for the caller to destroy. */
static CK_RV
job_run(struct job *j, struct agree_secret *ret)
{
	const struct agree_input *in = j->in;
	CK_RV rv;

	if (in->salt.len > BLOCK_LEN || in->prefix.len > PREFIX_MAX ||
	    in->info.len > UINT16_MAX)
		return CKR_ARGUMENTS_BAD;
	if (in->curve->kind == CURVE_EDWARDS)
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	if (!curve_point_valid(in->curve, in->peer))
		return CKR_DOMAIN_PARAMS_INVALID;
	if ((rv = read_private(j)) != CKR_OK)
		return rv;
	job_prepare(j);
	return try_paths(j, ret);
}

CK_RV
agree_derive(const struct token *t, struct hasher *h,
    const struct agree_input *in, struct agree_secret *ret)
{
	struct job j = { .t = t, .h = h, .in = in };
	CK_RV rv;

	rv = job_run(&j, ret);
	destroy(t, j.z);
	return rv;
}

/* The path has been found: once more, to the object that is asked for. */
static CK_RV
object_inside(struct job *j, enum agree_path path, CK_OBJECT_HANDLE *ret)
{
	struct agree_secret s = AGREE_SECRET_INIT;
	CK_RV rv = CKR_GENERAL_ERROR;

	for (size_t i = 0; i < nitems(paths); i++) {
		if (paths[i].path == path)
			rv = paths[i].derive(j, &s);
	}
	if (rv == CKR_OK)
		*ret = s.handle;
	return rv;
}

static CK_RV
object_of_memory(const struct job *j, struct blob *value, CK_OBJECT_HANDLE *ret)
{
	const struct agree_object *o = j->object;
	CK_OBJECT_HANDLE key = 0;
	CK_ATTRIBUTE *all;
	CK_RV rv;

	rv = object_template(o,
	    (CK_ATTRIBUTE){ CKA_VALUE, value->ptr, (CK_ULONG)value->len },
	    &all);
	if (rv != CKR_OK)
		return rv;
	rv = j->t->f->C_CreateObject(o->session, all, o->n + 1, &key);
	free(all);
	if (rv == CKR_OK)
		*ret = key;
	return rv;
}

CK_RV
agree_derive_object(const struct token *t, struct hasher *h,
    const struct agree_input *in, const struct agree_object *o,
    CK_OBJECT_HANDLE *ret, enum agree_path *ret_path)
{
	struct agree_secret s = AGREE_SECRET_INIT;
	struct job j = { .t = t, .h = h, .in = in };
	CK_OBJECT_HANDLE key = 0;
	enum agree_path path;
	CK_RV rv;

	if ((rv = job_run(&j, &s)) != CKR_OK)
		goto out;
	path = s.path;
	j.object = o;
	rv = s.handle != 0 ? object_inside(&j, path, &key)
			   : object_of_memory(&j, &s.memory, &key);
	if (rv == CKR_OK) {
		*ret = key;
		*ret_path = path;
	}
out:
	agree_secret_reset(t, &s);
	destroy(t, j.z);
	return rv;
}

static CK_RV
hmac_inside(const struct token *t, CK_OBJECT_HANDLE key,
    const struct bytes *parts, size_t n, uint8_t out[SECRET_LEN])
{
	CK_MECHANISM m = { CKM_SHA256_HMAC, NULL, 0 };
	struct blob data = BLOB_INIT;
	CK_BYTE tag[SECRET_LEN];
	CK_ULONG len = sizeof(tag);
	CK_RV rv = CKR_HOST_MEMORY;

	for (size_t i = 0; i < n; i++) {
		if (!blob_append_bytes(&data, parts[i]))
			goto out;
	}
	if ((rv = t->f->C_SignInit(t->session, &m, key)) != CKR_OK)
		goto out;
	rv = t->f->C_Sign(t->session, data.ptr, (CK_ULONG)data.len, tag, &len);
	if (rv == CKR_OK && len != sizeof(tag))
		rv = CKR_DEVICE_ERROR;
	if (rv == CKR_OK)
		memcpy(out, tag, sizeof(tag));
out:
	blob_reset(&data);
	return rv;
}

CK_RV
agree_hmac(const struct token *t, struct hasher *h,
    const struct agree_secret *s, const struct bytes *parts, size_t n,
    uint8_t *out)
{
	if (s->handle != 0)
		return hmac_inside(t, s->handle, parts, n, out);
	return hasher_hmac(h, blob_bytes(&s->memory), parts, n, out)
	    ? CKR_OK
	    : CKR_HOST_MEMORY;
}

void
agree_secret_reset(const struct token *t, struct agree_secret *s)
{
	if (s == NULL)
		return;
	destroy(t, s->handle);
	blob_reset(&s->memory);
	*s = AGREE_SECRET_INIT;
}
