/* SPDX-License-Identifier: BSD-3-Clause */
/* message: SessionEstablishment and SessionData (18013-5 12.2). */
#ifndef MDOC_SESSION_MESSAGE_H
#define MDOC_SESSION_MESSAGE_H

#include "common/cbor.h"

#define MESSAGE_NO_STATUS (-1)

/* Either of the two; what is absent is NULL. */
struct message {
	struct bytes ereader_key_bytes; /* with its tag */
	struct bytes ereader_key;       /* COSE_Key */
	struct bytes data;              /* ciphertext and tag */
	int status;                     /* or MESSAGE_NO_STATUS */
};

/*
 * Reads to the end of r. Members that are not known are skipped (8.3); a
 * message that says nothing is an error.
 */
bool message_read(struct cbor_reader *r, struct message *ret) NODISCARD;

/*
 * Writes a message with n bytes of data and returns where these go; NULL: out
 * of memory. ereader_key_bytes: in a SessionEstablishment, else NULL.
 */
uint8_t *message_write(struct blob *out, struct bytes ereader_key_bytes,
    size_t n, int status) NODISCARD;

/* SessionData with this status and nothing else: static; absent if status is
 * not 10, 11 or 20. */
struct bytes message_status(int status);

#endif
