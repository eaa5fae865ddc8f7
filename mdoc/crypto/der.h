/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * der: strict DER (X.690 10): a cursor that takes elements apart in place, and
 * a writer. Tag numbers above 30 and indefinite lengths are refused.
 */
#ifndef MDOC_CRYPTO_DER_H
#define MDOC_CRYPTO_DER_H

#include "common/blob.h"
#include "common/bytes.h"

#define DER_BOOLEAN          0x01
#define DER_INTEGER          0x02
#define DER_BIT_STRING       0x03
#define DER_OCTET_STRING     0x04
#define DER_NULL             0x05
#define DER_OID              0x06
#define DER_UTF8_STRING      0x0c
#define DER_PRINTABLE_STRING 0x13
#define DER_IA5_STRING       0x16
#define DER_UTC_TIME         0x17
#define DER_GENERALIZED_TIME 0x18
#define DER_SEQUENCE         0x30
#define DER_SET              0x31
/* Context tags, primitive and constructed */
#define DER_CONTEXT(n)   (0x80 | (n))
#define DER_CONTEXT_C(n) (0xa0 | (n))

struct der {
	uint8_t tag;
	struct bytes content;
	struct bytes whole; /* with tag and length */
};

/* Advances *in by one element, or returns false and leaves it. */
bool der_next(struct bytes *in, struct der *ret) NODISCARD;
/* The same, of this tag only; the content. */
bool der_take(struct bytes *in, uint8_t tag, struct bytes *ret) NODISCARD;
/* A non-negative INTEGER in its shortest form, without the sign octet. */
bool der_take_uint(struct bytes *in, struct bytes *ret) NODISCARD;
/* A BIT STRING without unused bits: the octets. */
bool der_take_bits(struct bytes *in, struct bytes *ret) NODISCARD;

/* Writer: appends to a blob; the first failure (memory) sticks. */
struct der_writer {
	struct blob *out;
	bool failed;
};

/* Starts a constructed or wrapping element; the position goes to der_end. */
size_t der_begin(struct der_writer *w, uint8_t tag) NODISCARD;
void der_end(struct der_writer *w, size_t start);
void der_put(struct der_writer *w, uint8_t tag, struct bytes content);
/* The INTEGER of an unsigned big-endian number. */
void der_put_uint(struct der_writer *w, struct bytes value);
void der_put_bits(struct der_writer *w, struct bytes octets);
void der_put_raw(struct der_writer *w, struct bytes elements);

/*
 * ECDSA-Sig-Value and the raw signature r || s of COSE. out: 2 * field_len
 * bytes, or DER_MAX_SIG; false for numbers longer than the field.
 */
#define DER_MAX_SIG 144
bool der_sig_to_raw(struct bytes der, size_t field_len, uint8_t *out) NODISCARD;
bool
der_sig_from_raw(struct bytes raw, uint8_t *out, size_t *ret_len) NODISCARD;

#endif
