/* SPDX-License-Identifier: BSD-3-Clause */
/* A message for a verifier's key, sealed with OpenSSL alone: RFC 9180. */
#include "config.h"

#include <openssl/crypto.h>

#include <string.h>

#include "doctor-mdoc.h"

#define HASH_LEN 32
#define MAX_PART 256

/* 4.1 and 5.1: which algorithms, as they are mixed in. */
static const mdoc_bytes kem = { (const unsigned char *)"KEM\0\x10", 5 };
static const mdoc_bytes suite = {
	(const unsigned char *)"HPKE\0\x10\0\x01\0\x01", 10
};

static mdoc_bytes
text(const char *s)
{
	return (mdoc_bytes){ (const unsigned char *)s, strlen(s) };
}

/* HMAC-SHA-256 of parts, one after the other. */
static bool
hmac(mdoc_bytes key, const mdoc_bytes *parts, size_t n, unsigned char *out)
{
	unsigned char data[2 * MAX_PART];
	size_t len = 0, out_len = 0;

	for (size_t i = 0; i < n; i++) {
		if (parts[i].len > sizeof data - len)
			return false;
		if (parts[i].len > 0)
			memcpy(data + len, parts[i].ptr, parts[i].len);
		len += parts[i].len;
	}
	return EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL,
		   key.len > 0 ? key.ptr : (const unsigned char *)"", key.len,
		   data, len, out, HASH_LEN, &out_len) != NULL &&
	    out_len == HASH_LEN;
}

static bool
extract(mdoc_bytes id, mdoc_bytes salt, const char *label, mdoc_bytes ikm,
    unsigned char *out)
{
	const mdoc_bytes parts[] = { text("HPKE-v1"), id, text(label), ikm };

	return hmac(salt, parts, 4, out);
}

/* Up to one block. */
static bool
expand(mdoc_bytes id, const unsigned char *prk, const char *label,
    mdoc_bytes info, unsigned char len, unsigned char *out)
{
	unsigned char head[2] = { 0, len }, block[HASH_LEN];
	const mdoc_bytes parts[] = { { head, 2 }, text("HPKE-v1"), id,
		text(label), info, { (const unsigned char *)"\x01", 1 } };
	bool ok = hmac((mdoc_bytes){ prk, HASH_LEN }, parts, 6, block);

	if (ok)
		memcpy(out, block, len);
	OPENSSL_cleanse(block, sizeof block);
	return ok;
}

/* 4.1 Encap: the shared secret, and enc for the other side. */
static bool
encap(EVP_PKEY *to, unsigned char *ret_enc, unsigned char *ret_secret)
{
	const struct doctor_curve *c = doctor_curve_at(0);
	EVP_PKEY *mine = doctor_reader_key(c);
	unsigned char point[DOCTOR_MAX_POINT], context[2 * DOCTOR_ENC_LEN];
	unsigned char z[HASH_LEN], prk[HASH_LEN];
	size_t len = sizeof z;
	bool ok;

	ok = mine != NULL && doctor_point(c, mine, point) == DOCTOR_ENC_LEN;
	if (ok)
		memcpy(context, point, DOCTOR_ENC_LEN);
	ok = ok && doctor_point(c, to, point) == DOCTOR_ENC_LEN;
	if (ok) {
		memcpy(ret_enc, context, DOCTOR_ENC_LEN);
		memcpy(context + DOCTOR_ENC_LEN, point, DOCTOR_ENC_LEN);
	}
	ok = ok && doctor_agree(mine, to, z, &len) && len == sizeof z &&
	    extract(kem, text(""), "eae_prk", (mdoc_bytes){ z, len }, prk) &&
	    expand(kem, prk, "shared_secret",
		(mdoc_bytes){ context, sizeof context }, HASH_LEN, ret_secret);
	OPENSSL_cleanse(z, sizeof z);
	OPENSSL_cleanse(prk, sizeof prk);
	EVP_PKEY_free(mine);
	return ok;
}

/* 5.1 KeySchedule in base mode, then 5.2 Seal, once. */
bool
doctor_hpke_seal(EVP_PKEY *to, mdoc_bytes info, mdoc_bytes plain,
    unsigned char *ret_enc, unsigned char *out)
{
	unsigned char context[1 + 2 * HASH_LEN] = { 0 }, shared[HASH_LEN];
	unsigned char secret[HASH_LEN], key[16], nonce[DOCTOR_IV_LEN];
	const mdoc_bytes all = { context, sizeof context };
	bool ok;

	ok = encap(to, ret_enc, shared) &&
	    extract(suite, text(""), "psk_id_hash", text(""), context + 1) &&
	    extract(suite, text(""), "info_hash", info,
		context + 1 + HASH_LEN) &&
	    extract(suite, (mdoc_bytes){ shared, HASH_LEN }, "secret", text(""),
		secret) &&
	    expand(suite, secret, "key", all, sizeof key, key) &&
	    expand(suite, secret, "base_nonce", all, sizeof nonce, nonce) &&
	    doctor_gcm("AES-128-GCM", key, nonce, plain, out);
	OPENSSL_cleanse(shared, sizeof shared);
	OPENSSL_cleanse(secret, sizeof secret);
	OPENSSL_cleanse(key, sizeof key);
	return ok;
}
