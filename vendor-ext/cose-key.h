/* SPDX-License-Identifier: BSD-3-Clause */
/* cose-key: COSE_Key (RFC 9052 7, RFC 9053 7) of a public key. */
#ifndef VENDOR_EXT_COSE_KEY_H
#define VENDOR_EXT_COSE_KEY_H

#include "common/cbor.h"
#include "vendor-ext/curve.h"

struct cose_key {
	const struct curve *curve;
	struct bytes x;  /* left-padded to field_len by the sender */
	struct bytes y;  /* EC2, uncompressed; NULL otherwise */
	bool compressed; /* EC2 whose y is a bool */
	bool y_odd;      /* valid if compressed */
	struct bytes d;  /* private part, only where asked for; else NULL */
	struct bytes kid;
	struct bytes whole; /* the map, as received */
};

/*
 * Reads one COSE_Key map from r (which stays at the end of it). Spans of the
 * buffer. A private part (-4) is an error unless allow_private.
 */
bool cose_key_read(struct cbor_reader *r, bool allow_private,
    struct cose_key *ret) NODISCARD;

/*
 * Public key as 0x04 || x || y (EC2; a compressed one is expanded) or as the
 * bytes of the OKP key. out holds CURVE_MAX_POINT bytes. The point is checked
 * with curve_point_valid: false if it is not valid.
 */
bool cose_key_point(const struct cose_key *k, uint8_t *out,
    size_t *ret_len) NODISCARD;

/* Writes the COSE_Key of a public key (point as above), labels in the order
 * 1, -1, -2, -3. */
void cose_key_write(struct cbor_writer *w, const struct curve *c,
    struct bytes point);

#endif
