/* SPDX-License-Identifier: BSD-3-Clause */
/* device-auth: DeviceAuth as its holder makes it (18013-5 12.4). */
#ifndef MDOC_HOLDER_DEVICE_AUTH_H
#define MDOC_HOLDER_DEVICE_AUTH_H

#include <mdoc/holder.h>

#include "mdoc/crypto/key.h"
#include "mdoc/model/authentication.h"

/* What every device authentication of one session has in common. */
struct device_session {
	mdoc_ctx *ctx;
	struct bytes transcript;  /* SessionTranscript, without tag 24 */
	struct bytes ereader_key; /* COSE_Key inside it, or NULL */
	/* Of device_session_agree, for a MAC only. */
	bool agreed;
	struct cose_key peer;
	uint8_t salt[32]; /* SHA-256(SessionTranscriptBytes) */
};

/* transcript: either form. */
int device_session_begin(struct device_session *s, mdoc_ctx *ctx,
    struct bytes transcript) NODISCARD;

struct device_auth_input {
	mdoc_key *key;
	enum mdoc_device_auth mode;
	struct bytes doc_type;
	struct bytes name_spaces; /* DeviceNameSpacesBytes, with its tag */
};

/* Writes {"deviceSignature": ...} or {"deviceMac": ...}. */
int
device_auth_write(struct device_session *s, const struct device_auth_input *in,
    struct cbor_writer *w, char *ret_path) NODISCARD;

#endif
