/* SPDX-License-Identifier: BSD-3-Clause */
/* event: every event of a session, named: one const table. */
#ifndef MDOC_SESSION_EVENT_H
#define MDOC_SESSION_EVENT_H

#include <mdoc/session.h>

enum event_id {
	EVENT_REQUEST,
	EVENT_RESPONSE,
	EVENT_TERMINATED, /* by this side */
	EVENT_PEER_TERMINATED,
	EVENT_PEER_ENCRYPTION_ERROR,
	EVENT_PEER_DECODING_ERROR,
	EVENT_PEER_STATUS,
	EVENT_TOO_LONG,
	EVENT_MALFORMED,
	EVENT_NOT_SESSION,
	EVENT_NO_ESTABLISHMENT,
	EVENT_ESTABLISHED_TWICE,
	EVENT_TOO_EARLY,
	EVENT_KEY_INVALID,
	EVENT_CURVE_MISMATCH,
	EVENT_AGREEMENT_FAILED,
	EVENT_DECRYPT_FAILED,
	EVENT_ENCRYPT_FAILED,
	EVENT_COUNTER_EXHAUSTED,
	EVENT_NO_MEMORY,
	EVENT_COUNT
};

struct event_kind {
	const char *name;
	enum mdoc_event_type type;
	int error;  /* of MDOC_EVENT_ERROR, where nothing closer is known */
	int answer; /* status code to send, or 0 */
	const char *reason;
};

const struct event_kind *event_kind(enum event_id id);
/* What a status without data, or one that is an error, means. */
enum event_id event_of_status(int status);

#endif
