/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * device-check: what a P-256 key in a token should have given, computed by
 * OpenSSL from its public point (04 x y), with nothing of this project.
 */
#ifndef TESTS_INTEGRATION_DEVICE_CHECK_H
#define TESTS_INTEGRATION_DEVICE_CHECK_H

#include "common/bytes.h"

/* What r || s is a signature of. */
enum check_kind {
	CHECK_HASH,    /* of these 32 bytes as they are */
	CHECK_MESSAGE, /* of their SHA-256 */
	CHECK_SIGN1    /* of a Sig_structure with ES256 around them */
};

/* The point of a private scalar of 32 bytes. */
bool check_public(struct bytes d, uint8_t point[65]) NODISCARD;
bool check_signature(enum check_kind kind, const uint8_t point[65],
    struct bytes in, struct bytes signature) NODISCARD;
/* Is z = ECDH(d, point)? */
bool
check_secret(const uint8_t point[65], struct bytes d, struct bytes z) NODISCARD;
/* Is key HKDF-SHA-256 of that, with a salt of zeros and "EMacKey"? */
bool
check_hkdf(const uint8_t point[65], struct bytes d, struct bytes key) NODISCARD;
/* Is key the first block of ANSI X9.63 with SHA-256 of that, and no more? */
bool
check_x963(const uint8_t point[65], struct bytes d, struct bytes key) NODISCARD;
/*
 * Is tag the device MAC of a device key with this point, for a reader with
 * the ephemeral key d? data: those of tests/vectors/device-mac.
 */
bool check_mac(const uint8_t point[65], struct bytes d, struct bytes data,
    struct bytes tag) NODISCARD;

#endif
