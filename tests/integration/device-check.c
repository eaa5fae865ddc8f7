/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

#include "common/blob.h"
#include "common/util.h"
#include "tests/integration/device-check.h"

bool
check_public(struct bytes d, uint8_t point[65])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	BIGNUM *n = BN_bin2bn(d.ptr, (int)d.len, NULL);
	EC_POINT *p = group != NULL ? EC_POINT_new(group) : NULL;
	bool good = false;

	if (p != NULL && n != NULL &&
	    EC_POINT_mul(group, p, n, NULL, NULL, NULL) == 1)
		good =
		    EC_POINT_point2oct(group, p, POINT_CONVERSION_UNCOMPRESSED,
			point, 65, NULL) == 65;
	EC_POINT_free(p);
	BN_free(n);
	EC_GROUP_free(group);
	return good;
}

/* d may be NULL: then a public key. */
static EVP_PKEY *
key_make(const uint8_t point[65], const struct bytes *d)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	BIGNUM *n = d != NULL ? BN_bin2bn(d->ptr, (int)d->len, NULL) : NULL;
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (build == NULL || ctx == NULL || (d != NULL && n == NULL) ||
	    !OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
		"prime256v1", 0) ||
	    !OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY,
		point, 65) ||
	    (n != NULL &&
		!OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, n)) ||
	    (params = OSSL_PARAM_BLD_to_param(build)) == NULL ||
	    EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	BN_free(n);
	return key;
}

/* A CBOR string of up to 65535 bytes. */
static bool
add_bytes(struct blob *to, struct bytes b)
{
	uint8_t head[3] = { 0x40, 0, 0 };
	size_t n = 1;

	if (b.len < 24) {
		head[0] = (uint8_t)(0x40 + b.len);
	} else if (b.len < 256) {
		head[0] = 0x58;
		head[1] = (uint8_t)b.len;
		n = 2;
	} else {
		head[0] = 0x59;
		head[1] = (uint8_t)(b.len >> 8);
		head[2] = (uint8_t)b.len;
		n = 3;
	}
	return blob_append(to, head, n) && blob_append(to, b.ptr, b.len);
}

/* [context, protected, h'', payload] */
static bool
structure(struct blob *to, const char *context, struct bytes protected,
    struct bytes payload)
{
	uint8_t head[2] = { 0x84, (uint8_t)(0x60 + strlen(context)) };

	return blob_append(to, head, 2) &&
	    blob_append(to, context, strlen(context)) &&
	    add_bytes(to, protected) && add_bytes(to, BYTES_NULL) &&
	    add_bytes(to, payload);
}

static bool
digest_of(enum check_kind kind, struct bytes in, uint8_t digest[32])
{
	static const uint8_t es256[] = { 0xa1, 0x01, 0x26 };
	struct blob b = BLOB_INIT;
	unsigned len;
	bool good;

	if (kind == CHECK_HASH) {
		if (in.len == 32)
			memcpy(digest, in.ptr, 32);
		return in.len == 32;
	}
	if (kind == CHECK_SIGN1)
		good = structure(&b, "Signature1",
		    bytes_of(es256, sizeof(es256)), in);
	else
		good = blob_append(&b, in.ptr, in.len);
	good = good &&
	    EVP_Digest(b.ptr, b.len, digest, &len, EVP_sha256(), NULL) == 1;
	blob_reset(&b);
	return good;
}

static int
signature_der(struct bytes raw, unsigned char **ret)
{
	BIGNUM *r = BN_bin2bn(raw.ptr, 32, NULL);
	BIGNUM *s = BN_bin2bn(raw.ptr + 32, 32, NULL);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	int len = 0;

	if (sig != NULL && r != NULL && s != NULL &&
	    ECDSA_SIG_set0(sig, r, s) == 1) {
		r = s = NULL;
		len = i2d_ECDSA_SIG(sig, ret);
	}
	ECDSA_SIG_free(sig);
	BN_free(r);
	BN_free(s);
	return len;
}

bool
check_signature(enum check_kind kind, const uint8_t point[65], struct bytes in,
    struct bytes signature)
{
	EVP_PKEY *key = key_make(point, NULL);
	EVP_PKEY_CTX *ctx = NULL;
	unsigned char *der = NULL;
	uint8_t digest[32];
	bool good = false;
	int len;

	if (key == NULL || signature.len != 64 || !digest_of(kind, in, digest))
		goto out;
	len = signature_der(signature, &der);
	ctx = EVP_PKEY_CTX_new(key, NULL);
	good = len > 0 && ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
	    EVP_PKEY_verify(ctx, der, (size_t)len, digest, sizeof(digest)) == 1;
out:
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	OPENSSL_free(der);
	return good;
}

static bool
agree(const uint8_t point[65], struct bytes d, uint8_t z[32])
{
	EVP_PKEY *peer = key_make(point, NULL), *own = NULL;
	EVP_PKEY_CTX *ctx = NULL;
	uint8_t own_point[65];
	size_t len = 32;
	bool good = false;

	if (peer == NULL || !check_public(d, own_point))
		goto out;
	own = key_make(own_point, &d);
	ctx = own != NULL ? EVP_PKEY_CTX_new(own, NULL) : NULL;
	good = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
	    EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
	    EVP_PKEY_derive(ctx, z, &len) == 1 && len == 32;
out:
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(own);
	EVP_PKEY_free(peer);
	return good;
}

bool
check_secret(const uint8_t point[65], struct bytes d, struct bytes z)
{
	uint8_t wanted[32];

	return agree(point, d, wanted) && z.len == 32 &&
	    memcmp(z.ptr, wanted, 32) == 0;
}

static bool
hkdf(const uint8_t z[32], uint8_t salt[32], uint8_t key[32])
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	char hash[] = "SHA256", info[] = "EMacKey";
	uint8_t ikm[32];
	OSSL_PARAM params[5];
	bool good;

	memcpy(ikm, z, 32);
	params[0] = OSSL_PARAM_construct_utf8_string("digest", hash, 0);
	params[1] = OSSL_PARAM_construct_octet_string("key", ikm, 32);
	params[2] = OSSL_PARAM_construct_octet_string("salt", salt, 32);
	params[3] = OSSL_PARAM_construct_octet_string("info", info, 7);
	params[4] = OSSL_PARAM_construct_end();
	good = ctx != NULL && EVP_KDF_derive(ctx, key, 32, params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return good;
}

bool
check_hkdf(const uint8_t point[65], struct bytes d, struct bytes key)
{
	uint8_t z[32], salt[32] = { 0 }, wanted[32];

	return agree(point, d, z) && hkdf(z, salt, wanted) && key.len == 32 &&
	    memcmp(key.ptr, wanted, 32) == 0;
}

bool
check_x963(const uint8_t point[65], struct bytes d, struct bytes key)
{
	uint8_t in[36] = { [35] = 1 }, wanted[32];

	return agree(point, d, in) && key.len == 32 &&
	    EVP_Digest(in, sizeof(in), wanted, NULL, EVP_sha256(), NULL) == 1 &&
	    memcmp(key.ptr, wanted, 32) == 0;
}

/*
 * data is #6.24(h'84 74 "DeviceAuthentication" SessionTranscript 75 "org..."'):
 * the transcript is what lies between, and its hash, as #6.24(bstr), the salt.
 */
static bool
salt_of(struct bytes data, uint8_t salt[32])
{
	static const char before[] = "\x74"
				     "DeviceAuthentication";
	static const char after[] = "\x75"
				    "org.iso.18013.5.1.mDL";
	static const uint8_t tag[] = { 0xd8, 0x18 };
	struct blob b = BLOB_INIT;
	const uint8_t *from, *to;
	unsigned len;
	bool good;

	from = memmem(data.ptr, data.len, before, sizeof(before) - 1);
	to = memmem(data.ptr, data.len, after, sizeof(after) - 1);
	if (from == NULL || to == NULL)
		return false;
	from += sizeof(before) - 1;
	good = blob_append(&b, tag, 2) &&
	    add_bytes(&b, bytes_of(from, (size_t)(to - from))) &&
	    EVP_Digest(b.ptr, b.len, salt, &len, EVP_sha256(), NULL) == 1;
	blob_reset(&b);
	return good;
}

bool
check_mac(const uint8_t point[65], struct bytes d, struct bytes data,
    struct bytes tag)
{
	static const uint8_t hs256[] = { 0xa1, 0x01, 0x05 };
	uint8_t z[32], salt[32], key[32], wanted[32];
	struct blob b = BLOB_INIT;
	bool good;

	good = agree(point, d, z) && salt_of(data, salt) &&
	    hkdf(z, salt, key) &&
	    structure(&b, "MAC0", bytes_of(hs256, sizeof(hs256)), data) &&
	    HMAC(EVP_sha256(), key, 32, b.ptr, b.len, wanted, NULL) != NULL &&
	    tag.len == 32 && memcmp(tag.ptr, wanted, 32) == 0;
	blob_reset(&b);
	return good;
}
