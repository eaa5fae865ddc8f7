/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "vendor-ext/agree.h"

/* A public key whose private half nobody keeps. */
static bool
fresh_peer(const struct curve *c, uint8_t out[CURVE_MAX_POINT], size_t *ret_len)
{
	size_t len = CURVE_MAX_POINT;
	EVP_PKEY *key;
	bool ok;

	if (c->kind == CURVE_WEIERSTRASS)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", c->group);
	else
		key = EVP_PKEY_Q_keygen(NULL, NULL, c->group);
	if (key == NULL)
		return false;
	ok = EVP_PKEY_get_octet_string_param(key,
		 OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, out, len, &len) == 1;
	EVP_PKEY_free(key);
	if (ok)
		*ret_len = len;
	return ok;
}

CK_RV
agree_probe(const struct token *t, struct hasher *h, CK_OBJECT_HANDLE key,
    enum agree_path *ret)
{
	static const uint8_t salt[32];
	struct agree_secret s = AGREE_SECRET_INIT;
	struct agree_input in = { .key = key,
		.salt = bytes_of(salt, sizeof(salt)),
		.info = bytes_str("EMacKey") };
	enum agree_path found = AGREE_PATH_S;
	uint8_t peer[CURVE_MAX_POINT];
	CK_RV rv;

	if ((rv = token_key_curve(t, key, &in.curve)) != CKR_OK)
		return rv;
	if (in.curve->kind != CURVE_EDWARDS) {
		if (!fresh_peer(in.curve, peer, &in.peer.len))
			return CKR_HOST_MEMORY;
		in.peer.ptr = peer;
		rv = agree_derive(t, h, &in, &s);
		if (rv == CKR_OK)
			found = s.path;
		else if (rv != CKR_KEY_FUNCTION_NOT_PERMITTED)
			return rv;
		agree_secret_reset(t, &s);
	}
	*ret = found;
	return CKR_OK;
}
