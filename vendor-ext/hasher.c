/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A SHA-256 of 100 bytes takes 65 ns by OpenSSL's SHA256_Init and so on, 95 ns
 * by EVP with everything fetched and kept, and a reader needs one for each data
 * element. So SHA-256 goes the short way, deprecated as it is, where that runs
 * the very code that EVP would: in the default provider. Where another one was
 * configured (FIPS), or OpenSSL lacks these functions, it is EVP as for all
 * other algorithms.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "config.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/sha.h>

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

#ifdef OPENSSL_NO_DEPRECATED_3_0
#define SHORT_WAY 0
typedef int SHA256_CTX;
#define SHA256_Init(ctx)         0
#define SHA256_Update(ctx, p, n) 0
#define SHA256_Final(out, ctx)   0
#else
#define SHORT_WAY 1
#endif

/* Fetching takes a lock and several times as long as a short digest. */
struct hasher {
	EVP_MD *md[nitems(algs)];
	EVP_MD_CTX *once;   /* hasher_digest, HMAC */
	EVP_MD_CTX *stream; /* hasher_begin ... hasher_end */
	bool is_direct;     /* SHA-256: sha256 instead of once */
	SHA256_CTX sha256;
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

static bool
is_default(const EVP_MD *md)
{
	const OSSL_PROVIDER *p = EVP_MD_get0_provider(md);

	return p != NULL &&
	    bytes_equal_str(bytes_str(OSSL_PROVIDER_get0_name(p)), "default");
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
	h->is_direct = SHORT_WAY && is_default(h->md[HASH_SHA256]);
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
	OPENSSL_cleanse(&(*h)->sha256, sizeof((*h)->sha256));
	free(*h);
	*h = NULL;
}

static bool
update(EVP_MD_CTX *ctx, struct bytes part)
{
	return part.len == 0 || EVP_DigestUpdate(ctx, part.ptr, part.len) == 1;
}

static bool
once_begin(struct hasher *h, enum hash_alg alg)
{
	if (h->is_direct && alg == HASH_SHA256)
		return SHA256_Init(&h->sha256) == 1;
	return EVP_DigestInit_ex2(h->once, h->md[alg], NULL) == 1;
}

static bool
once_add(struct hasher *h, enum hash_alg alg, const struct bytes *parts,
    size_t n)
{
	const bool direct = h->is_direct && alg == HASH_SHA256;

	for (size_t i = 0; i < n; i++) {
		if (direct ? SHA256_Update(&h->sha256, parts[i].ptr,
				 parts[i].len) != 1
			   : !update(h->once, parts[i]))
			return false;
	}
	return true;
}

static bool
once_end(struct hasher *h, enum hash_alg alg, uint8_t *out)
{
	if (h->is_direct && alg == HASH_SHA256)
		return SHA256_Final(out, &h->sha256) == 1;
	return EVP_DigestFinal_ex(h->once, out, NULL) == 1;
}

bool
hasher_digest(struct hasher *h, enum hash_alg alg, const struct bytes *parts,
    size_t n, uint8_t *out)
{
	return once_begin(h, alg) && once_add(h, alg, parts, n) &&
	    once_end(h, alg, out);
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
	const struct bytes block = bytes_of(pad, sizeof(pad));
	const struct bytes digest = bytes_of(inner, sizeof(inner));
	const enum hash_alg alg = HASH_SHA256;
	bool ok = false;

	if (key.len > sizeof(pad)) {
		if (!hasher_digest(h, HASH_SHA256, &key, 1, pad))
			goto out;
	} else if (key.len != 0) {
		memcpy(pad, key.ptr, key.len);
	}
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36;
	if (!once_begin(h, alg) || !once_add(h, alg, &block, 1) ||
	    !once_add(h, alg, parts, n) || !once_end(h, alg, inner))
		goto out;
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	ok = once_begin(h, alg) && once_add(h, alg, &block, 1) &&
	    once_add(h, alg, &digest, 1) && once_end(h, alg, out);
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
