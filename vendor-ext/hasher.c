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
	size_t block;
} algs[] = {
	[HASH_SHA1] = { "SHA-1", "SHA1", 20, 64 },
	[HASH_SHA256] = { "SHA-256", "SHA256", SHA256_LEN, SHA256_BLOCK },
	[HASH_SHA384] = { "SHA-384", "SHA384", 48, 128 },
	[HASH_SHA512] = { "SHA-512", "SHA512", 64, 128 },
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

size_t
hash_block(enum hash_alg alg)
{
	return algs[alg].block;
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

struct hasher_stream {
	EVP_MD_CTX *ctx;
	enum hash_alg alg;
};

struct hasher_stream *
hasher_stream_new(struct hasher *h, enum hash_alg alg)
{
	struct hasher_stream *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->alg = alg;
	s->ctx = EVP_MD_CTX_new();
	if (s->ctx == NULL || EVP_DigestInit_ex2(s->ctx, h->md[alg], NULL) != 1)
		hasher_stream_free(&s);
	return s;
}

bool
hasher_stream_add(struct hasher_stream *s, struct bytes part)
{
	return update(s->ctx, part);
}

bool
hasher_stream_end(struct hasher_stream *s, uint8_t *out, size_t *ret_len)
{
	if (EVP_DigestFinal_ex(s->ctx, out, NULL) != 1)
		return false;
	*ret_len = hash_len(s->alg);
	return true;
}

void
hasher_stream_free(struct hasher_stream **s)
{
	if (s == NULL || *s == NULL)
		return;
	EVP_MD_CTX_free((*s)->ctx); /* which wipes it */
	free(*s);
	*s = NULL;
}

bool
hasher_hmac_block(struct hasher *h, enum hash_alg alg, struct bytes key,
    uint8_t block[HASHER_MAX_BLOCK])
{
	memset(block, 0, HASHER_MAX_BLOCK);
	if (key.len > algs[alg].block)
		return hasher_digest(h, alg, &key, 1, block);
	if (key.len != 0)
		memcpy(block, key.ptr, key.len);
	return true;
}

/* RFC 2104 by hand: EVP_MAC takes three times as long for short data. */
bool
hasher_hmac_with(struct hasher *h, enum hash_alg alg, struct bytes key,
    const struct bytes *parts, size_t n, uint8_t *out)
{
	uint8_t pad[HASHER_MAX_BLOCK];
	uint8_t inner[HASHER_MAX_LEN];
	const struct bytes block = bytes_of(pad, algs[alg].block);
	const struct bytes digest = bytes_of(inner, algs[alg].len);
	bool ok = false;

	if (!hasher_hmac_block(h, alg, key, pad))
		goto out;
	for (size_t i = 0; i < block.len; i++)
		pad[i] ^= 0x36;
	if (!once_begin(h, alg) || !once_add(h, alg, &block, 1) ||
	    !once_add(h, alg, parts, n) || !once_end(h, alg, inner))
		goto out;
	for (size_t i = 0; i < block.len; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	ok = once_begin(h, alg) && once_add(h, alg, &block, 1) &&
	    once_add(h, alg, &digest, 1) && once_end(h, alg, out);
out:
	OPENSSL_cleanse(pad, sizeof(pad));
	OPENSSL_cleanse(inner, sizeof(inner));
	return ok;
}

bool
hasher_hmac(struct hasher *h, struct bytes key, const struct bytes *parts,
    size_t n, uint8_t *out)
{
	return hasher_hmac_with(h, HASH_SHA256, key, parts, n, out);
}

/* RFC 5869 2.3 */
bool
hasher_hkdf_expand_with(struct hasher *h, enum hash_alg alg, struct bytes prk,
    struct bytes info, uint8_t *out, size_t len)
{
	const size_t block = algs[alg].len;
	uint8_t t[HASHER_MAX_LEN];
	uint8_t counter = 0;
	size_t done = 0;
	size_t n;
	bool ok = false;

	if (len > 255 * block)
		return false;
	while (done < len) {
		const struct bytes parts[] = {
			bytes_of(t, counter == 0 ? 0 : block),
			info,
			bytes_of(&counter, 1),
		};

		counter++;
		if (!hasher_hmac_with(h, alg, prk, parts, nitems(parts), t))
			goto out;
		n = len - done < block ? len - done : block;
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
hasher_hkdf_expand(struct hasher *h, struct bytes prk, struct bytes info,
    uint8_t *out, size_t len)
{
	return hasher_hkdf_expand_with(h, HASH_SHA256, prk, info, out, len);
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
