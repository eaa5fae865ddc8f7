/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "mdoc/crypto/cert.h"
#include "mdoc/crypto/der.h"
#include "mdoc/crypto/key-bytes.h"
#include "mdoc/crypto/key-memory.h"
#include "mdoc/crypto/pem.h"
#include "mdoc/crypto/pkey.h"

/* id-ecPublicKey, RFC 5480 2.1.1 */
static const uint8_t ec_oid[] = { 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d,
	0x02, 0x01 };

bool
spki_read(struct bytes in, const struct curve **ret_curve,
    struct bytes *ret_point)
{
	const struct curve *curve = NULL;
	struct bytes seq, alg, point;
	struct der oid, params;

	if (!der_take(&in, DER_SEQUENCE, &seq) || in.len != 0 ||
	    !der_take(&seq, DER_SEQUENCE, &alg) || !der_next(&alg, &oid) ||
	    oid.tag != DER_OID || !der_take_bits(&seq, &point) || seq.len != 0)
		return false;
	if (bytes_equal(oid.whole, bytes_of(ec_oid, sizeof(ec_oid)))) {
		if (!der_next(&alg, &params) || alg.len != 0)
			return false;
		/* Only named curves: RFC 5480 2.1.1 forbids all else. */
		if (params.tag == DER_OID)
			curve = curve_by_oid(params.whole);
		if (curve != NULL && curve->kind != CURVE_WEIERSTRASS)
			curve = NULL;
	} else if (alg.len == 0) {
		/* RFC 8410: the algorithm is the curve */
		curve = curve_by_oid(oid.whole);
		if (curve != NULL && curve->kind == CURVE_WEIERSTRASS)
			curve = NULL;
	}
	*ret_curve = curve;
	*ret_point = curve == NULL ? BYTES_NULL : point;
	return true;
}

bool
spki_write(const struct curve *c, struct bytes point, struct blob *ret)
{
	struct der_writer w = { ret, false };
	size_t spki, alg;

	spki = der_begin(&w, DER_SEQUENCE);
	alg = der_begin(&w, DER_SEQUENCE);
	if (c->kind == CURVE_WEIERSTRASS)
		der_put_raw(&w, bytes_of(ec_oid, sizeof(ec_oid)));
	der_put_raw(&w, c->oid);
	der_end(&w, alg);
	der_put_bits(&w, point);
	der_end(&w, spki);
	return !w.failed;
}

/* A public part that came along must be that of the private one. */
static bool
is_pair(EVP_PKEY *k)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k, NULL);
	bool ok = ctx != NULL && EVP_PKEY_pairwise_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static int
from_private_der(mdoc_ctx *c, struct bytes in, mdoc_key **ret)
{
	const unsigned char *p = in.ptr;
	EVP_PKEY *k = NULL;
	int r;

	ERR_set_mark();
	if (in.len <= LONG_MAX)
		k = d2i_AutoPrivateKey_ex(NULL, &p, (long)in.len, NULL, NULL);
	if (k == NULL)
		r = ctx_fail_crypto(c, MDOC_E_KEY,
		    "not a private key that can be read");
	else if (p != in.ptr + in.len)
		r = ctx_fail(c, MDOC_E_KEY, "%zu bytes follow the private key",
		    (size_t)(in.ptr + in.len - p));
	else if (pkey_curve(k) != NULL && !is_pair(k))
		r = ctx_fail(c, MDOC_E_KEY,
		    "the private and the public part do not belong together");
	else
		r = key_memory_new(c, k, ret);
	if (r != MDOC_OK)
		EVP_PKEY_free(k);
	ERR_pop_to_mark();
	return r;
}

static int
from_spki(mdoc_ctx *c, struct bytes in, mdoc_key **ret)
{
	const struct curve *curve;
	struct bytes point;

	if (!spki_read(in, &curve, &point))
		return ctx_fail(c, MDOC_E_KEY,
		    "not a SubjectPublicKeyInfo (RFC 5280)");
	if (curve == NULL)
		return ctx_fail(c, MDOC_E_KEY,
		    "a public key of another kind than the curves of "
		    "ISO/IEC 18013-5");
	return key_new_public(c, curve, point, ret);
}

static int
from_certificate(mdoc_ctx *c, struct bytes in, mdoc_key **ret)
{
	struct cert cert;
	const char *what;
	size_t offset;

	if (!cert_read(in, &cert, &offset, &what))
		return ctx_fail(c, MDOC_E_CERTIFICATE,
		    "certificate: %s at offset %zu", what, offset);
	if (cert.curve == NULL)
		return ctx_fail(c, MDOC_E_KEY,
		    "certificate with a public key of another kind than the "
		    "curves of ISO/IEC 18013-5");
	return key_new_public(c, cert.curve, cert.point, ret);
}

static int
from_cose(mdoc_ctx *c, struct bytes in, mdoc_key **ret)
{
	uint8_t point[CURVE_MAX_POINT];
	struct cbor_reader r;
	struct cose_key k;
	size_t len;

	cbor_reader_init(&r, in);
	if (!cose_key_read(&r, true, &k) || !cbor_finish(&r))
		return ctx_fail_cbor(c, &r, "COSE_Key");
	if (!cose_key_point(&k, point, &len))
		return ctx_fail(c, MDOC_E_KEY,
		    "COSE_Key: the public key is not a point of %s",
		    k.curve->name);
	if (bytes_is_null(k.d))
		return key_new_public(c, k.curve, bytes_of(point, len), ret);
	return key_memory_from_private(c, k.curve, k.d, bytes_of(point, len),
	    ret);
}

/* How the element behind the SEQUENCE of a DER structure begins tells them
 * apart: a version, an AlgorithmIdentifier, or a SEQUENCE that begins with
 * another SEQUENCE or the [0] of a TBSCertificate. */
static int
from_der(mdoc_ctx *c, struct bytes in, mdoc_key **ret)
{
	struct bytes left = in;
	struct bytes seq;
	struct der first, second;

	if (!der_take(&left, DER_SEQUENCE, &seq) || !der_next(&seq, &first))
		return ctx_fail(c, MDOC_E_KEY,
		    "neither PEM nor DER nor a COSE_Key");
	if (first.tag == DER_INTEGER)
		return from_private_der(c, in, ret);
	if (first.tag == DER_SEQUENCE && der_next(&first.content, &second) &&
	    second.tag == DER_OID)
		return from_spki(c, in, ret);
	return from_certificate(c, in, ret);
}

static const struct {
	const char *name;
	int (*read)(mdoc_ctx *c, struct bytes in, mdoc_key **ret);
} kinds[] = {
	{ "PRIVATE KEY", from_private_der },
	{ "EC PRIVATE KEY", from_private_der },
	{ "PUBLIC KEY", from_spki },
	{ "CERTIFICATE", from_certificate },
	{ "X509 CERTIFICATE", from_certificate },
};

struct search {
	mdoc_ctx *ctx;
	mdoc_key *found; /* a public key, unless a private one follows */
};

static int
take_block(void *arg, const struct pem_block *block)
{
	struct search *s = arg;
	mdoc_key *key = NULL;
	int r;

	if (block->encrypted)
		return ctx_fail(s->ctx, MDOC_E_KEY,
		    "the private key is encrypted with a passphrase, which is "
		    "not supported: decrypt the file, or put the key into a "
		    "token");
	for (size_t i = 0; i < nitems(kinds); i++) {
		if (strcmp(block->name, kinds[i].name) != 0)
			continue;
		if ((r = kinds[i].read(s->ctx, block->der, &key)) != MDOC_OK)
			return r;
		if (s->found == NULL || mdoc_key_is_private(key)) {
			mdoc_key_free(&s->found);
			s->found = key;
		} else {
			mdoc_key_free(&key);
		}
		return mdoc_key_is_private(s->found) ? MDOC_OK : PEM_NEXT;
	}
	return PEM_NEXT; /* EC PARAMETERS and the like */
}

static int
from_pem(mdoc_ctx *c, struct bytes in, mdoc_key **ret)
{
	struct search s = { c, NULL };
	int r = pem_each(c, in, take_block, &s);

	if (r == PEM_NEXT)
		r = s.found != NULL
		    ? MDOC_OK
		    : ctx_fail(c, MDOC_E_KEY, "no PEM block holds a key");
	if (r == MDOC_OK)
		*ret = s.found;
	else
		mdoc_key_free(&s.found);
	return r;
}

int
mdoc_key_from_bytes(mdoc_ctx *ctx, mdoc_bytes in, mdoc_key **ret)
{
	struct bytes b = from_public(in);

	if (b.ptr == NULL || b.len == 0)
		return ctx_fail(ctx, MDOC_E_KEY, "no key: the input is empty");
	if (pem_is(b))
		return from_pem(ctx, b, ret);
	if (b.ptr[0] >> 5 == 5) /* CBOR: a map */
		return from_cose(ctx, b, ret);
	return from_der(ctx, b, ret);
}
