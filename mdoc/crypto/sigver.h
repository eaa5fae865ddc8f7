/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sigver: verification of raw COSE signatures in memory, with algorithms,
 * contexts and key templates kept, so that a first-seen key costs little more
 * than the verification itself. One thread at a time.
 */
#ifndef MDOC_CRYPTO_SIGVER_H
#define MDOC_CRYPTO_SIGVER_H

#include "common/bytes.h"
#include "vendor-ext/curve.h"
#include "vendor-ext/hasher.h"

struct sigver;
struct pubkey; /* a public key that was imported once and is used often */

struct sigver *sigver_new(void);
void sigver_free(struct sigver **v);

enum sigver_result {
	SIGVER_GOOD,
	SIGVER_BAD,      /* the signature does not hold */
	SIGVER_BAD_KEY,  /* not a point on the curve */
	SIGVER_BAD_FORM, /* wrong length, or the curve cannot sign */
	SIGVER_ERROR     /* the crypto library failed */
};

/* What is to be verified. */
struct sigver_input {
	/* COSE algorithm in the header of the signature; it must fit the curve
	 * (18013-5 Table 17: ES256 on P-256, ES384 on P-384, ..., EdDSA) */
	int alg;
	const struct bytes *parts; /* the message: follow each other */
	size_t n;
	struct bytes signature; /* r || s or EdDSA */
};

enum sigver_result
sigver_cose(struct sigver *v, struct hasher *h, const struct curve *curve,
    struct bytes point, const struct sigver_input *in);
/* A key that stays: pubkey_new checks the point. NULL: not valid. */
struct pubkey *
pubkey_new(struct sigver *v, const struct curve *curve, struct bytes point);
void pubkey_free(struct pubkey **k);
enum sigver_result sigver_cose_key(struct sigver *v, struct hasher *h,
    struct pubkey *key, const struct sigver_input *in);
/* X.509: hash given by the certificate's algorithm, signature DER. */
enum sigver_result
sigver_x509(struct sigver *v, struct hasher *h, struct pubkey *issuer,
    enum hash_alg hash, struct bytes tbs, struct bytes signature_der);

#endif
