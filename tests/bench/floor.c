/* SPDX-License-Identifier: BSD-3-Clause */
/* SHA256_Init and its kind are the cheapest, and deprecated. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "tests/bench/floor.h"

#define MAX_DATA ((size_t)2 << 20)

struct floor {
	EVP_PKEY *key;
	EVP_PKEY *peer;
	EVP_PKEY_CTX *sign;
	EVP_PKEY_CTX *verify;
	EVP_PKEY_CTX *derive;
	EVP_CIPHER *gcm;
	EVP_CIPHER_CTX *cipher;
	unsigned char *in;
	unsigned char *out;
	unsigned char digest[32];
	unsigned char signature[80];
	size_t signature_len;
};

#define NEED(x)                                             \
	do {                                                \
		if ((x) <= 0) {                             \
			fprintf(stderr, "floor: %s\n", #x); \
			abort();                            \
		}                                           \
	} while (0)

static EVP_PKEY_CTX *
context(EVP_PKEY *key, int (*init)(EVP_PKEY_CTX *))
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);

	NEED(c != NULL && init(c) > 0);
	return c;
}

struct floor *
floor_new(void)
{
	struct floor *f = calloc(1, sizeof *f);

	NEED(f != NULL);
	f->key = EVP_EC_gen("P-256");
	f->peer = EVP_EC_gen("P-256");
	NEED(f->key != NULL && f->peer != NULL);
	f->sign = context(f->key, EVP_PKEY_sign_init);
	f->verify = context(f->key, EVP_PKEY_verify_init);
	f->derive = context(f->key, EVP_PKEY_derive_init);
	NEED(EVP_PKEY_derive_set_peer_ex(f->derive, f->peer, 0));
	f->gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	f->cipher = EVP_CIPHER_CTX_new();
	f->in = calloc(1, MAX_DATA);
	f->out = calloc(1, MAX_DATA + 16);
	NEED(f->gcm != NULL && f->cipher != NULL && f->in != NULL &&
	    f->out != NULL);
	f->signature_len = sizeof f->signature;
	NEED(EVP_PKEY_sign(f->sign, f->signature, &f->signature_len, f->digest,
	    sizeof f->digest));
	return f;
}

void
floor_free(struct floor **p)
{
	struct floor *f = *p;

	if (f == NULL)
		return;
	EVP_PKEY_CTX_free(f->sign);
	EVP_PKEY_CTX_free(f->verify);
	EVP_PKEY_CTX_free(f->derive);
	EVP_PKEY_free(f->key);
	EVP_PKEY_free(f->peer);
	EVP_CIPHER_CTX_free(f->cipher);
	EVP_CIPHER_free(f->gcm);
	free(f->in);
	free(f->out);
	free(f);
	*p = NULL;
}

static void
sha256(const unsigned char *p, size_t n, unsigned char *out)
{
	SHA256_CTX c;

	SHA256_Init(&c);
	SHA256_Update(&c, p, n);
	SHA256_Final(out, &c);
}

/* HMAC under a 32-byte key, by hand. */
static void
hmac(const unsigned char *key, const unsigned char *p, size_t n,
    unsigned char *out)
{
	unsigned char inner[64], outer[64];
	SHA256_CTX c;

	memset(inner, 0x36, sizeof inner);
	memset(outer, 0x5c, sizeof outer);
	for (size_t i = 0; i < 32; i++) {
		inner[i] ^= key[i];
		outer[i] ^= key[i];
	}
	SHA256_Init(&c);
	SHA256_Update(&c, inner, sizeof inner);
	SHA256_Update(&c, p, n);
	SHA256_Final(out, &c);
	SHA256_Init(&c);
	SHA256_Update(&c, outer, sizeof outer);
	SHA256_Update(&c, out, 32);
	SHA256_Final(out, &c);
}

static void
gcm(struct floor *f, size_t n, int seal)
{
	unsigned char nonce[12] = { 0 }, tag[16];
	int len;

	NEED(EVP_CipherInit_ex(f->cipher, f->gcm, NULL, f->in, nonce, seal));
	NEED(EVP_CipherUpdate(f->cipher, f->out, &len, f->in, (int)n));
	if (seal) {
		NEED(EVP_CipherFinal_ex(f->cipher, f->out + len, &len));
		NEED(EVP_CIPHER_CTX_ctrl(f->cipher, EVP_CTRL_AEAD_GET_TAG, 16,
		    tag));
	} else {
		/* The same work; that the tag is wrong does not matter. */
		memset(tag, 0, sizeof tag);
		NEED(EVP_CIPHER_CTX_ctrl(f->cipher, EVP_CTRL_AEAD_SET_TAG, 16,
		    tag));
		(void)EVP_CipherFinal_ex(f->cipher, f->out + len, &len);
	}
}

void
floor_run(struct floor *f, const struct floor_work *w)
{
	unsigned char z[32], prk[32];
	size_t len, at = 0;

	if (w->random > 0)
		NEED(RAND_bytes(f->out, (int)w->random));
	/* As many bytes as in a message, one after the other: not from L1. */
	for (size_t i = 0; i < w->hashes_n; i++) {
		if (w->hashes[i] > MAX_DATA - at)
			at = 0;
		sha256(f->in + at, w->hashes[i], f->digest);
		at += w->hashes[i];
	}
	for (unsigned i = 0; i < w->agreements; i++) {
		len = sizeof z;
		NEED(EVP_PKEY_derive(f->derive, z, &len));
	}
	for (unsigned i = 0; i < w->hkdfs; i++) {
		hmac(f->in, f->in, 32, prk);
		hmac(prk, f->in, 9, prk);
	}
	for (unsigned i = 0; i < w->hmacs; i++)
		hmac(f->in, f->in, 330, prk);
	for (unsigned i = 0; i < w->signs; i++) {
		len = 80;
		NEED(EVP_PKEY_sign(f->sign, f->out, &len, f->digest,
		    sizeof f->digest));
	}
	/* Another digest than the signed one: verified, and refused. */
	for (unsigned i = 0; i < w->verifies; i++)
		NEED(EVP_PKEY_verify(f->verify, f->signature, f->signature_len,
			 f->digest, sizeof f->digest) >= 0);
	if (w->seal > 0)
		gcm(f, w->seal, 1);
	if (w->open > 0)
		gcm(f, w->open, 0);
}
