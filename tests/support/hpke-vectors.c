/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/obj_mac.h>

#include "tests/support/hpke-vectors.h"
#include "tests/support/vectors.h"

#define POINT 65
#define HASH  32

/* What cannot fail in a test ends it where it does. */
static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
public_of(struct hpke_vector *v)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *point = EC_POINT_new(group);
	BIGNUM *d = BN_bin2bn(v->d.ptr, (int)v->d.len, NULL);

	must(EC_POINT_mul(group, point, d, NULL, NULL, NULL) == 1);
	blob_clear(&v->public_key);
	must(EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED,
		 blob_extend(&v->public_key, POINT), POINT, NULL) == POINT);
	BN_free(d);
	EC_POINT_free(point);
	EC_GROUP_free(group);
}

void
hpke_vector_rfc9180(struct hpke_vector *ret)
{
	memset(ret, 0, sizeof(*ret));
	vectors_hex("f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29d"
		    "e4b8ffd2",
	    &ret->d);
	vectors_hex("04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5"
		    "e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9b"
		    "fcb9382657222d18c4",
	    &ret->enc);
	vectors_hex("4f6465206f6e2061204772656369616e2055726e", &ret->info);
	vectors_hex("436f756e742d30", &ret->aad);
	vectors_hex("5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2"
		    "f20b6c7f9076ac232e3ab2523f39513434",
	    &ret->ciphertext);
	vectors_hex("4265617574792069732074727574682c20747275746820626561757"
		    "479",
	    &ret->plain);
	public_of(ret);
}

/* Space-free base64url of a JSON member that is a string. */
static void
member(const struct blob *json, const char *name, char *out, size_t size)
{
	char key[64];
	const char *text = (const char *)json->ptr, *p, *end;

	(void)snprintf(key, sizeof(key), "\"%s\": \"", name);
	p = memmem(text, json->len, key, strlen(key));
	must(p != NULL);
	p += strlen(key);
	end = memchr(p, '"', json->len - (size_t)(p - text));
	must(end != NULL && (size_t)(end - p) < size);
	memcpy(out, p, (size_t)(end - p));
	out[end - p] = '\0';
}

/*
 * ["dcapi", {"enc": bstr, "cipherText": bstr}] as this vector has it: both
 * strings start at places that are known.
 */
static void
read_response(const char *base64url, struct hpke_vector *v)
{
	uint8_t der[512];
	size_t n = 0;

	must(strlen(base64url) < sizeof(der) &&
	    bytes_from_base64url(bytes_str(base64url), der, &n));
	must(n == 129 &&
	    memcmp(der + 8,
		"\x63"
		"enc\x58\x41",
		6) == 0);
	must(blob_set(&v->enc, bytes_of(der + 14, POINT)));
	must(memcmp(der + 14 + POINT,
		 "\x6a"
		 "cipherText\x58\x25",
		 13) == 0);
	must(blob_set(&v->ciphertext, bytes_of(der + 14 + POINT + 13, 0x25)));
}

bool
hpke_vector_annex_c(struct hpke_vector *ret)
{
#define NAME "annexC/ANNEXC-DETERMINISTIC-001."
	struct blob json = BLOB_INIT;
	char text[1024];

	memset(ret, 0, sizeof(*ret));
	if (vectors_folder() == NULL)
		return false;
	must(vectors_read(NAME "json", &json));
	must(vectors_read(NAME "sessionTranscript.cbor", &ret->info));
	must(vectors_read(NAME "deviceResponse.cbor", &ret->plain));
	member(&json, "recipientPrivateKeyHex", text, sizeof(text));
	vectors_hex(text, &ret->d);
	member(&json, "encryptedResponseB64", text, sizeof(text));
	read_response(text, ret);
	public_of(ret);
	blob_reset(&json);
	return true;
#undef NAME
}

/* ---- a sender, RFC 9180 4 to 6 */

static const uint8_t kem[] = { 'K', 'E', 'M', 0x00, 0x10 };
static const uint8_t suite[] = { 'H', 'P', 'K', 'E', 0x00, 0x10, 0x00, 0x01,
	0x00, 0x01 };

#define KEM   bytes_of(kem, sizeof(kem))
#define SUITE bytes_of(suite, sizeof(suite))

static void
hmac(struct bytes key, const struct blob *data, uint8_t out[HASH])
{
	static const uint8_t zeros[HASH];

	if (key.len == 0)
		key = bytes_of(zeros, sizeof(zeros));
	must(HMAC(EVP_sha256(), key.ptr, (int)key.len, data->ptr, data->len,
		 out, NULL) != NULL);
}

static void
extract(struct bytes salt, struct bytes id, const char *label, struct bytes ikm,
    uint8_t out[HASH])
{
	struct blob b = BLOB_INIT;

	must(blob_append(&b, "HPKE-v1", 7) && blob_append_bytes(&b, id) &&
	    blob_append(&b, label, strlen(label)) &&
	    blob_append_bytes(&b, ikm));
	hmac(salt, &b, out);
	blob_reset(&b);
}

static void
expand(const uint8_t prk[HASH], struct bytes id, const char *label,
    struct bytes context, uint8_t *out, uint8_t len)
{
	struct blob b = BLOB_INIT;
	uint8_t t[HASH];

	must(blob_append_u8(&b, 0) && blob_append_u8(&b, len) &&
	    blob_append(&b, "HPKE-v1", 7) && blob_append_bytes(&b, id) &&
	    blob_append(&b, label, strlen(label)) &&
	    blob_append_bytes(&b, context) && blob_append_u8(&b, 1));
	hmac(bytes_of(prk, HASH), &b, t);
	memcpy(out, t, len);
	blob_reset(&b);
}

/* The shared secret of DHKEM; v->enc is set. */
static void
encapsulate(struct hpke_vector *v, uint8_t out[HASH])
{
	EVP_PKEY *mine = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	EVP_PKEY *theirs = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(mine, NULL);
	struct blob context = BLOB_INIT;
	uint8_t z[HASH], prk[HASH];
	size_t len = sizeof(z);

	must(EVP_PKEY_set1_encoded_public_key(theirs, v->public_key.ptr,
		 v->public_key.len) == 1);
	must(EVP_PKEY_derive_init(ctx) == 1 &&
	    EVP_PKEY_derive_set_peer(ctx, theirs) == 1 &&
	    EVP_PKEY_derive(ctx, z, &len) == 1);
	blob_clear(&v->enc);
	must(EVP_PKEY_get_octet_string_param(mine,
		 OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
		 blob_extend(&v->enc, POINT), POINT, &len) == 1);
	must(blob_append_bytes(&context, blob_bytes(&v->enc)) &&
	    blob_append_bytes(&context, blob_bytes(&v->public_key)));
	extract(BYTES_NULL, KEM, "eae_prk", bytes_of(z, sizeof(z)), prk);
	expand(prk, KEM, "shared_secret", blob_bytes(&context), out, HASH);
	blob_reset(&context);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(mine);
	EVP_PKEY_free(theirs);
}

static void
encrypt(const uint8_t *key, const uint8_t *nonce, struct hpke_vector *v)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	size_t len = v->plain.len;
	uint8_t *out;
	int n;

	blob_clear(&v->ciphertext);
	out = blob_extend(&v->ciphertext, len + 16);
	must(EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, key, nonce) == 1);
	must(EVP_EncryptUpdate(ctx, NULL, &n, v->aad.ptr, (int)v->aad.len) ==
	    1);
	must(len == 0 ||
	    EVP_EncryptUpdate(ctx, out, &n, v->plain.ptr, (int)len) == 1);
	must(EVP_EncryptFinal_ex(ctx, out + len, &n) == 1);
	must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, out + len) ==
	    1);
	EVP_CIPHER_CTX_free(ctx);
}

void
hpke_vector_seal(struct hpke_vector *v, struct bytes plain)
{
	uint8_t shared[HASH], secret[HASH], context[1 + 2 * HASH] = { 0 };
	const struct bytes ks = bytes_of(context, sizeof(context));
	uint8_t key[16], nonce[12];

	must(blob_set(&v->plain, plain));
	encapsulate(v, shared);
	extract(BYTES_NULL, SUITE, "psk_id_hash", BYTES_NULL, context + 1);
	extract(BYTES_NULL, SUITE, "info_hash", blob_bytes(&v->info),
	    context + 1 + HASH);
	extract(bytes_of(shared, HASH), SUITE, "secret", BYTES_NULL, secret);
	expand(secret, SUITE, "key", ks, key, sizeof(key));
	expand(secret, SUITE, "base_nonce", ks, nonce, sizeof(nonce));
	encrypt(key, nonce, v);
}

void
hpke_vector_reset(struct hpke_vector *v)
{
	blob_reset(&v->d);
	blob_reset(&v->public_key);
	blob_reset(&v->enc);
	blob_reset(&v->info);
	blob_reset(&v->aad);
	blob_reset(&v->ciphertext);
	blob_reset(&v->plain);
}
