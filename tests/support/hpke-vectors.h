/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hpke-vectors: messages sealed for a P-256 key that is known, and a sender
 * written with OpenSSL alone, for other messages.
 */
#ifndef TESTS_SUPPORT_HPKE_VECTORS_H
#define TESTS_SUPPORT_HPKE_VECTORS_H

#include "common/blob.h"

struct hpke_vector {
	struct blob d;
	struct blob public_key;
	struct blob enc;
	struct blob info;
	struct blob aad;
	struct blob ciphertext;
	struct blob plain;
};

/* RFC 9180 A.3.1.1, sequence number 0 */
void hpke_vector_rfc9180(struct hpke_vector *ret);
/* The deterministic vector of 18013-7 annex C; false: it is not here. */
bool hpke_vector_annex_c(struct hpke_vector *ret) NODISCARD;
/* Seals plain for v->public_key with v's info and aad, by a fresh key. */
void hpke_vector_seal(struct hpke_vector *v, struct bytes plain);
void hpke_vector_reset(struct hpke_vector *v);

#endif
