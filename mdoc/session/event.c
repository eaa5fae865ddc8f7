/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/util.h"
#include "mdoc/session/event.h"

#define ENCRYPTION MDOC_STATUS_SESSION_ENCRYPTION
#define DECODING   MDOC_STATUS_CBOR_DECODING

/* clang-format off */
static const struct event_kind kinds[EVENT_COUNT] = {
	[EVENT_REQUEST] = { "request", MDOC_EVENT_REQUEST, 0, 0, "" },
	[EVENT_RESPONSE] = { "response", MDOC_EVENT_RESPONSE, 0, 0, "" },
	[EVENT_TERMINATED] = { "terminated", MDOC_EVENT_TERMINATED, 0, 0,
	    "this side ended the session" },
	[EVENT_PEER_TERMINATED] = { "peer-terminated", MDOC_EVENT_TERMINATED,
	    0, 0, "the peer ended the session" },
	[EVENT_PEER_ENCRYPTION_ERROR] = { "peer-encryption-error",
	    MDOC_EVENT_TERMINATED, 0, 0,
	    "the peer could not decrypt or set up the session" },
	[EVENT_PEER_DECODING_ERROR] = { "peer-decoding-error",
	    MDOC_EVENT_TERMINATED, 0, 0,
	    "the peer could not decode a message" },
	[EVENT_PEER_STATUS] = { "peer-status", MDOC_EVENT_TERMINATED, 0, 0,
	    "the peer ended the session with a status of its own" },
	[EVENT_TOO_LONG] = { "message-too-long", MDOC_EVENT_ERROR,
	    MDOC_E_PEER, DECODING, "the message is too long" },
	[EVENT_MALFORMED] = { "message-malformed", MDOC_EVENT_ERROR,
	    MDOC_E_CBOR, DECODING, "the message is not CBOR" },
	[EVENT_NOT_SESSION] = { "message-not-session", MDOC_EVENT_ERROR,
	    MDOC_E_STRUCTURE, DECODING,
	    "the message is not one of session encryption" },
	[EVENT_NO_ESTABLISHMENT] = { "establishment-missing",
	    MDOC_EVENT_ERROR, MDOC_E_STRUCTURE, DECODING,
	    "the first message has no eReaderKey" },
	[EVENT_ESTABLISHED_TWICE] = { "establishment-repeated",
	    MDOC_EVENT_ERROR, MDOC_E_SESSION, ENCRYPTION,
	    "an eReaderKey where none can be" },
	[EVENT_TOO_EARLY] = { "data-too-early", MDOC_EVENT_ERROR,
	    MDOC_E_SESSION, ENCRYPTION,
	    "data before SessionEstablishment was sent" },
	[EVENT_KEY_INVALID] = { "reader-key-invalid", MDOC_EVENT_ERROR,
	    MDOC_E_KEY, ENCRYPTION, "the eReaderKey is not usable" },
	[EVENT_CURVE_MISMATCH] = { "curve-mismatch", MDOC_EVENT_ERROR,
	    MDOC_E_KEY, ENCRYPTION,
	    "the eReaderKey is on another curve than the EDeviceKey" },
	[EVENT_AGREEMENT_FAILED] = { "agreement-failed", MDOC_EVENT_ERROR,
	    MDOC_E_CRYPTO, ENCRYPTION, "the session keys were not derived" },
	[EVENT_DECRYPT_FAILED] = { "decrypt-failed", MDOC_EVENT_ERROR,
	    MDOC_E_SESSION, ENCRYPTION,
	    "the message was changed, replayed or made with another key" },
	[EVENT_ENCRYPT_FAILED] = { "encrypt-failed", MDOC_EVENT_ERROR,
	    MDOC_E_CRYPTO, 0, "AES-256-GCM failed" },
	[EVENT_COUNTER_EXHAUSTED] = { "counter-exhausted", MDOC_EVENT_ERROR,
	    MDOC_E_SESSION, ENCRYPTION, "the message counter is used up" },
	[EVENT_NO_MEMORY] = { "out-of-memory", MDOC_EVENT_ERROR,
	    MDOC_E_MEMORY, ENCRYPTION, "out of memory" },
};

/* clang-format on */

const struct event_kind *
event_kind(enum event_id id)
{
	return &kinds[id];
}

enum event_id
event_of_status(int status)
{
	static const struct {
		int status;
		enum event_id id;
	} rows[] = {
		{ MDOC_STATUS_SESSION_ENCRYPTION, EVENT_PEER_ENCRYPTION_ERROR },
		{ MDOC_STATUS_CBOR_DECODING, EVENT_PEER_DECODING_ERROR },
		{ MDOC_STATUS_TERMINATION, EVENT_PEER_TERMINATED },
	};

	for (size_t i = 0; i < nitems(rows); i++) {
		if (rows[i].status == status)
			return rows[i].id;
	}
	return EVENT_PEER_STATUS;
}
