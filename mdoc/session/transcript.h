/* SPDX-License-Identifier: BSD-3-Clause */
/* transcript: SessionTranscriptBytes (18013-5 12.7.1). */
#ifndef MDOC_SESSION_TRANSCRIPT_H
#define MDOC_SESSION_TRANSCRIPT_H

#include "mdoc/crypto/ctx.h"
#include "mdoc/session/handover.h"

#define TRANSCRIPT_SALT_LEN 32

struct transcript_input {
	struct bytes engagement;  /* DeviceEngagement, as handed over */
	struct bytes ereader_key; /* EReaderKeyBytes with its tag, as sent */
	const struct handover *handover;
	const struct bytes *parts;
	size_t n;
};

/* Finds the handover and checks the number of its parts. NULL: not possible
 * (MDOC_E_ARGUMENT), with a text in the context. */
const struct handover *
transcript_handover(mdoc_ctx *c, const char *name, size_t n) NODISCARD;
/* false: out of memory. */
bool
transcript_write(const struct transcript_input *in, struct blob *ret) NODISCARD;
/* SHA-256 of it: the salt of every key derived in the session. */
int
transcript_salt(mdoc_ctx *c, struct bytes transcript, uint8_t *out) NODISCARD;

#endif
