/* SPDX-License-Identifier: BSD-3-Clause */
/* cose: COSE_Sign1 and COSE_Mac0 (RFC 9052 4.2, 6.2) as mdoc uses them. */
#ifndef MDOC_CODEC_COSE_H
#define MDOC_CODEC_COSE_H

#include "common/cbor.h"

#define COSE_MAX_CHAIN 8

struct cose {
	struct bytes whole;
	struct bytes protected_; /* content of the bucket's bstr, as received */
	struct bytes payload;    /* NULL: detached (null) */
	struct bytes signature;  /* or tag */
	bool has_alg;
	int alg;                              /* protected label 1 */
	struct bytes x5chain[COSE_MAX_CHAIN]; /* label 33 */
	size_t x5chain_n;       /* 0: no label 33, or an empty array */
	bool x5chain_protected; /* found in the protected bucket */
	struct bytes x5t;       /* protected label 34, an array item, or NULL */
	bool tagged;            /* tag 18 or 17 in front; mdoc: untagged */
	bool odd_label; /* unprotected label that was misplaced or unreadable */
	size_t offset;
};

/*
 * Reads a COSE_Sign1 (mac false) or COSE_Mac0 from r. Unknown labels are
 * skipped. An error is: x5chain in both buckets or of more than
 * COSE_MAX_CHAIN certificates, alg that is not an integer, and a crit label (2)
 * naming what is not understood here (only alg and x5chain are) or not there.
 * An empty protected bucket has no alg.
 */
bool cose_read(struct cbor_reader *r, bool mac, struct cose *ret) NODISCARD;

/*
 * Writes [protected, unprotected, payload / nil, signature]. x5chain: in the
 * unprotected bucket; a bstr for one, an array for more; n 0: no label.
 * payload NULL: nil.
 */
void cose_write(struct cbor_writer *w, int alg, const struct bytes *x5chain,
    size_t n, struct bytes payload, struct bytes signature);

#endif
