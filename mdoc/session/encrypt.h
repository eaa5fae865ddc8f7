/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * encrypt: one direction of a session under cipher suite 1 (18013-5 12.2):
 * AES-256-GCM, nonce = identifier of the sender and a message counter.
 */
#ifndef MDOC_SESSION_ENCRYPT_H
#define MDOC_SESSION_ENCRYPT_H

#include "common/blob.h"
#include "mdoc/crypto/aead.h"

enum encrypt_sender {
	ENCRYPT_READER = 0, /* SKReader */
	ENCRYPT_DEVICE = 1  /* SKDevice */
};

struct encrypt {
	struct blob key; /* wiped when it goes */
	enum encrypt_sender sender;
	uint32_t counter; /* of the message last sealed or opened */
};

#define ENCRYPT_INIT(sender) ((struct encrypt){ BLOB_INIT, (sender), 0 })

enum encrypt_result {
	ENCRYPT_OK,
	ENCRYPT_EXHAUSTED, /* every counter was used once */
	ENCRYPT_FAILED     /* open: the tag is wrong. seal: internal */
};

/* out: in.len + AEAD_TAG_LEN bytes. A counter is never used twice, whatever
 * becomes of the message. */
enum encrypt_result encrypt_seal(struct encrypt *e, struct aead *a,
    struct bytes in, uint8_t *out) NODISCARD;
/* out: in.len - AEAD_TAG_LEN bytes; in is at least as long as a tag. */
enum encrypt_result encrypt_open(struct encrypt *e, struct aead *a,
    struct bytes in, uint8_t *out) NODISCARD;
void encrypt_reset(struct encrypt *e);

#endif
