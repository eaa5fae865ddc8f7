/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cert: a bounded walk through the DER of an X.509 certificate, without
 * allocation. Spans of the certificate. Unknown critical extensions are noted,
 * not judged.
 */
#ifndef MDOC_CRYPTO_CERT_H
#define MDOC_CRYPTO_CERT_H

#include "common/bytes.h"
#include "vendor-ext/curve.h"
#include "vendor-ext/hasher.h"

/* Bits of key usage, in the order of RFC 5280 4.2.1.3. */
#define CERT_KU_DIGITAL_SIGNATURE 0x8000u
#define CERT_KU_NON_REPUDIATION   0x4000u
#define CERT_KU_KEY_CERT_SIGN     0x0400u
#define CERT_KU_CRL_SIGN          0x0200u

struct cert {
	struct bytes whole;
	struct bytes tbs;
	int version;             /* 3 */
	struct bytes serial;     /* content of the INTEGER */
	struct bytes serial_der; /* the INTEGER */
	bool sig_ecdsa;          /* else an algorithm that we do not verify */
	enum hash_alg sig_hash;
	struct bytes signature; /* DER ECDSA-Sig-Value */
	struct bytes issuer;    /* Name, DER */
	struct bytes subject;
	struct bytes country; /* of the subject: value of C, or NULL */
	struct bytes state;   /* ST */
	struct bytes common_name;
	bool country_printable;
	struct bytes issuer_country;
	struct bytes issuer_state;
	int64_t not_before;
	int64_t not_after;
	struct bytes spki;
	const struct curve *curve; /* NULL: a key that we cannot use */
	struct bytes point;        /* raw point, not yet checked */
	bool has_bc, bc_critical, ca;
	int path_len; /* -1: none */
	bool has_ku, ku_critical;
	unsigned key_usage;
	bool has_eku, eku_critical;
	struct bytes eku; /* SEQUENCE OF OID, content */
	struct bytes ski; /* key identifier, or NULL */
	struct bytes aki;
	struct bytes issuer_alt_name;  /* GeneralNames, content, or NULL */
	struct bytes crl_dp;           /* extension value, or NULL */
	struct bytes unknown_critical; /* OID of the first one, or NULL */
	struct bytes forbidden;        /* OID of an extension that Annex B
					  forbids, or NULL */
};

/* *ret_offset and *ret_what (static text; either may be NULL) on failure. */
bool cert_read(struct bytes der, struct cert *ret, size_t *ret_offset,
    const char **ret_what) NODISCARD;
/* oid: content octets. */
bool cert_has_eku(const struct cert *c, struct bytes oid);

/* Content octets. */
extern const struct bytes CERT_EKU_MDL_DS;      /* 1.0.18013.5.1.2 */
extern const struct bytes CERT_EKU_MDL_READER;  /* 1.0.18013.5.1.6 */
extern const struct bytes CERT_EKU_MDOC_DS;     /* 1.0.23220.4.1.2 */
extern const struct bytes CERT_EKU_MDOC_READER; /* 1.0.23220.4.1.6 */

#endif
