/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "vendor-ext/hasher.h"

#define SHA256_LEN   32
#define SHA256_BLOCK 64

static const struct {
	const char *name;  /* as in the MSO */
	const char *plain; /* as OpenSSL and the table of curves write it */
	size_t len;
} algs[] = {
	[HASH_SHA1] = { "SHA-1", "SHA1", 20 },
	[HASH_SHA256] = { "SHA-256", "SHA256", SHA256_LEN },
	[HASH_SHA384] = { "SHA-384", "SHA384", 48 },
	[HASH_SHA512] = { "SHA-512", "SHA512", 64 },
};

/* Fetching takes a lock and several times as long as a short digest. */
struct hasher {
	EVP_MD *md[nitems(algs)];
	EVP_MD_CTX *once;   /* hasher_digest, HMAC */
	EVP_MD_CTX *stream; /* hasher_begin ... hasher_end */
};

size_t
hash_len(enum hash_alg alg)
{
	return algs[alg].len;
}

const char *
hash_name(enum hash_alg alg)
{
	return algs[alg].name;
}

bool
hash_by_name(struct bytes name, enum hash_alg *ret)
{
	/* Not SHA-1: it serves key identifiers, nobody chooses it by name. */
	for (size_t i = HASH_SHA256; i < nitems(algs); i++) {
		if (bytes_equal_str(name, algs[i].name) ||
		    bytes_equal_str(name, algs[i].plain)) {
			*ret = (enum hash_alg)i;
			return true;
		}
	}
	return false;
}

struct hasher *
hasher_new(void)
{
	struct hasher *h;

	if ((h = calloc(1, sizeof(*h))) == NULL)
		return NULL;
	for (size_t i = 0; i < nitems(algs); i++) {
		h->md[i] = EVP_MD_fetch(NULL, algs[i].plain, NULL);
		if (h->md[i] == NULL)
			goto fail;
	}
	if ((h->once = EVP_MD_CTX_new()) == NULL ||
	    (h->stream = EVP_MD_CTX_new()) == NULL)
		goto fail;
	return h;
fail:
	hasher_free(&h);
	return NULL;
}

void
hasher_free(struct hasher **h)
{
	if (h == NULL || *h == NULL)
		return;
	EVP_MD_CTX_free((*h)->once);
	EVP_MD_CTX_free((*h)->stream);
	for (size_t i = 0; i < nitems(algs); i++)
		EVP_MD_free((*h)->md[i]);
	free(*h);
	*h = NULL;
}

static bool
update(EVP_MD_CTX *ctx, struct bytes part)
{
	return part.len == 0 || EVP_DigestUpdate(ctx, part.ptr, part.len) == 1;
}

static bool
update_all(EVP_MD_CTX *ctx, const struct bytes *parts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!update(ctx, parts[i]))
			return false;
	}
	return true;
}

bool
hasher_digest(struct hasher *h, enum hash_alg alg, const struct bytes *parts,
    size_t n, uint8_t *out)
{
	return EVP_DigestInit_ex2(h->once, h->md[alg], NULL) == 1 &&
	    update_all(h->once, parts, n) &&
	    EVP_DigestFinal_ex(h->once, out, NULL) == 1;
}

bool
hasher_begin(struct hasher *h, enum hash_alg alg)
{
	return EVP_DigestInit_ex2(h->stream, h->md[alg], NULL) == 1;
}

bool
hasher_add(struct hasher *h, struct bytes part)
{
	return update(h->stream, part);
}

bool
hasher_end(struct hasher *h, uint8_t *out)
{
	return EVP_DigestFinal_ex(h->stream, out, NULL) == 1;
}

/* RFC 2104 by hand: EVP_MAC takes three times as long for short data. */
bool
hasher_hmac(struct hasher *h, struct bytes key, const struct bytes *parts,
    size_t n, uint8_t *out)
{
	uint8_t pad[SHA256_BLOCK] = { 0 };
	uint8_t inner[SHA256_LEN];
	EVP_MD_CTX *ctx = h->once;
	EVP_MD *md = h->md[HASH_SHA256];
	bool ok = false;

	if (key.len > sizeof(pad)) {
		if (!hasher_digest(h, HASH_SHA256, &key, 1, pad))
			goto out;
	} else if (key.len != 0) {
		memcpy(pad, key.ptr, key.len);
	}
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36;
	if (EVP_DigestInit_ex2(ctx, md, NULL) != 1 ||
	    EVP_DigestUpdate(ctx, pad, sizeof(pad)) != 1 ||
	    !update_all(ctx, parts, n) ||
	    EVP_DigestFinal_ex(ctx, inner, NULL) != 1)
		goto out;
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	ok = EVP_DigestInit_ex2(ctx, md, NULL) == 1 &&
	    EVP_DigestUpdate(ctx, pad, sizeof(pad)) == 1 &&
	    EVP_DigestUpdate(ctx, inner, sizeof(inner)) == 1 &&
	    EVP_DigestFinal_ex(ctx, out, NULL) == 1;
out:
	OPENSSL_cleanse(pad, sizeof(pad));
	OPENSSL_cleanse(inner, sizeof(inner));
	return ok;
}

/* RFC 5869 2.3 */
bool
hasher_hkdf_expand(struct hasher *h, struct bytes prk, struct bytes info,
    uint8_t *out, size_t len)
{
	uint8_t t[SHA256_LEN];
	uint8_t counter = 0;
	size_t done = 0;
	size_t n;
	bool ok = false;

	if (len > 255 * sizeof(t))
		return false;
	while (done < len) {
		const struct bytes parts[] = {
			bytes_of(t, counter == 0 ? 0 : sizeof(t)),
			info,
			bytes_of(&counter, 1),
		};

		counter++;
		if (!hasher_hmac(h, prk, parts, nitems(parts), t))
			goto out;
		n = len - done < sizeof(t) ? len - done : sizeof(t);
		memcpy(out + done, t, n);
		done += n;
	}
	ok = true;
out:
	OPENSSL_cleanse(t, sizeof(t));
	if (!ok)
		OPENSSL_cleanse(out, done);
	return ok;
}

bool
hasher_hkdf(struct hasher *h, struct bytes salt, struct bytes ikm,
    struct bytes info, uint8_t *out, size_t len)
{
	uint8_t prk[SHA256_LEN];
	bool ok;

	/* An absent salt is a zero one: the same key block as an empty key. */
	ok = hasher_hmac(h, salt, &ikm, 1, prk) &&
	    hasher_hkdf_expand(h, bytes_of(prk, sizeof(prk)), info, out, len);
	OPENSSL_cleanse(prk, sizeof(prk));
	return ok;
}
