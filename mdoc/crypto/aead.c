/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "mdoc/crypto/aead.h"

struct aead {
	EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *ctx; /* holds a key only during a call */
};

struct aead *
aead_new(void)
{
	struct aead *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	a->ctx = EVP_CIPHER_CTX_new();
	if (a->cipher == NULL || a->ctx == NULL)
		aead_free(&a);
	return a;
}

void
aead_free(struct aead **a)
{
	if (a == NULL || *a == NULL)
		return;
	EVP_CIPHER_CTX_free((*a)->ctx);
	EVP_CIPHER_free((*a)->cipher);
	free(*a);
	*a = NULL;
}

bool
aead_seal(struct aead *a, struct bytes key, const uint8_t *nonce,
    struct bytes in, uint8_t *out)
{
	int n = 0;
	int last = 0;
	bool ok;

	if (key.len != AEAD_KEY_LEN || in.len > INT_MAX - AEAD_TAG_LEN)
		return false;
	ERR_set_mark();
	ok =
	    EVP_EncryptInit_ex2(a->ctx, a->cipher, key.ptr, nonce, NULL) == 1 &&
	    (in.len == 0 ||
		EVP_EncryptUpdate(a->ctx, out, &n, in.ptr, (int)in.len) == 1) &&
	    EVP_EncryptFinal_ex(a->ctx, out + n, &last) == 1 &&
	    EVP_CIPHER_CTX_ctrl(a->ctx, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_LEN,
		out + in.len) == 1;
	(void)EVP_CIPHER_CTX_reset(a->ctx);
	ERR_pop_to_mark();
	return ok;
}

bool
aead_open(struct aead *a, struct bytes key, const uint8_t *nonce,
    struct bytes in, uint8_t *out)
{
	uint8_t tag[AEAD_TAG_LEN];
	size_t len;
	int n = 0;
	int last = 0;
	bool ok;

	if (key.len != AEAD_KEY_LEN || in.len < AEAD_TAG_LEN ||
	    in.len > INT_MAX)
		return false;
	len = in.len - AEAD_TAG_LEN;
	memcpy(tag, in.ptr + len, AEAD_TAG_LEN);
	ERR_set_mark();
	ok =
	    EVP_DecryptInit_ex2(a->ctx, a->cipher, key.ptr, nonce, NULL) == 1 &&
	    (len == 0 ||
		EVP_DecryptUpdate(a->ctx, out, &n, in.ptr, (int)len) == 1) &&
	    EVP_CIPHER_CTX_ctrl(a->ctx, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_LEN,
		tag) == 1 &&
	    EVP_DecryptFinal_ex(a->ctx, out + n, &last) == 1;
	(void)EVP_CIPHER_CTX_reset(a->ctx);
	ERR_pop_to_mark();
	if (!ok && len > 0)
		OPENSSL_cleanse(out, len);
	return ok;
}
