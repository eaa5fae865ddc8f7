/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * curve: the table of elliptic curves of ISO/IEC 18013-5 cipher suite 1, and
 * the check that a public key lies on its curve.
 */
#ifndef VENDOR_EXT_CURVE_H
#define VENDOR_EXT_CURVE_H

#include <stdbool.h>

#include "common/bytes.h"

enum curve_kind {
	CURVE_WEIERSTRASS, /* COSE EC2: ECDSA and ECDH */
	CURVE_EDWARDS,     /* COSE OKP: EdDSA */
	CURVE_MONTGOMERY   /* COSE OKP: X25519, X448 */
};

/* COSE algorithm identifiers (RFC 9053). 0: cannot sign. */
#define COSE_ALG_ES256   (-7)
#define COSE_ALG_EDDSA   (-8)
#define COSE_ALG_ES384   (-35)
#define COSE_ALG_ES512   (-36)
#define COSE_ALG_HMAC256 5

struct curve {
	const char *name;  /* "P-256", "brainpoolP256r1", "Ed25519", ... */
	const char *group; /* OpenSSL's name */
	enum curve_kind kind;
	int cose;         /* COSE crv: 1, 2, 3, 4 ... 7, 256 ... 259 */
	size_t field_len; /* bytes of a coordinate (OKP: of the key) */
	int alg;          /* COSE algorithm of its signatures, or 0 */
	const char *hash; /* "SHA256", ...; NULL: EdDSA hashes itself */
	size_t hash_len;
	size_t sig_len;   /* of the raw signature, or 0 */
	struct bytes oid; /* CKA_EC_PARAMS: the DER of the named curve */
};

/* NULL if there is none. */
const struct curve *curve_by_cose(int crv);
const struct curve *curve_by_name(struct bytes name);
/* params: CKA_EC_PARAMS or the parameters of a SubjectPublicKeyInfo. */
const struct curve *curve_by_oid(struct bytes params);
/* The i-th of the table; NULL past its end. */
const struct curve *curve_at(size_t i);

/*
 * Is this a point on the curve, not the neutral element (and for Montgomery
 * curves not of small order)? point: 0x04 || x || y, or the bytes of an OKP
 * key. Peer keys are checked with this before a token sees them.
 */
bool curve_point_valid(const struct curve *c, struct bytes point) NODISCARD;

/*
 * The point with this x and this parity of y, as 0x04 || x || y into out;
 * false if the curve has none (or is not a Weierstrass curve).
 */
bool curve_point_expand(const struct curve *c, struct bytes x, bool y_odd,
    uint8_t *out) NODISCARD;

/* Largest values over the table, for buffers on the stack. */
#define CURVE_MAX_FIELD 66
#define CURVE_MAX_POINT (1 + 2 * CURVE_MAX_FIELD)
#define CURVE_MAX_SIG   (2 * CURVE_MAX_FIELD)

#endif
