/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session: the inside of mdoc_session: what the two roles share. A role says
 * how a session starts; after that both sides do the same.
 */
#ifndef MDOC_SESSION_SESSION_H
#define MDOC_SESSION_SESSION_H

#include <mdoc/session.h>

#include "mdoc/crypto/key.h"
#include "mdoc/session/encrypt.h"
#include "mdoc/session/event.h"
#include "mdoc/session/message.h"
#include "mdoc/session/transcript.h"

enum session_stage {
	SESSION_ENGAGED,     /* no session keys yet */
	SESSION_ESTABLISHED, /* keys are there */
	SESSION_ENDED        /* keys are wiped */
};

struct session_role {
	const char *name;
	enum encrypt_sender sender; /* what this side seals */
	enum event_id data;         /* what data of the peer is */
	/* A fresh key goes with the session, not only when that is freed. */
	bool key_ends;
	/*
	 * Before the keys are there: a message with data came, or the first
	 * one is to be sent. NULL: not in this role. The context has the text
	 * of an error.
	 */
	int (*receive_first)(mdoc_session *s, const struct message *m,
	    const struct cbor_reader *source, enum event_id *ret_event);
	int (*send_first)(mdoc_session *s);
};

struct mdoc_session {
	mdoc_ctx *ctx;
	const struct session_role *role;
	enum session_stage stage;
	enum event_id ended_by;
	mdoc_key *key;        /* EDeviceKey or EReaderKey of this side */
	mdoc_key *fresh;      /* the same if it is the session's own */
	struct cose_key peer; /* reader: EDeviceKey, spans of engagement */
	struct blob engagement;
	struct blob ereader_key; /* EReaderKeyBytes with its tag */
	struct blob transcript;
	const struct handover *handover;
	struct blob parts[HANDOVER_MAX_PARTS];
	size_t n_parts;
	struct encrypt out;
	struct encrypt in;
	struct blob plain; /* the data of the last event */
	char reason[256];  /* its text */
};

/* QR handover, no key yet. NULL: out of memory. */
mdoc_session *session_new(mdoc_ctx *ctx, const struct session_role *role);
/* key NULL: a fresh one on the curve; else it must be private and on it. */
int session_take_key(mdoc_session *s, mdoc_key *key,
    const struct curve *curve) NODISCARD;
/* From engagement, ereader_key and handover. */
int session_transcript_make(mdoc_session *s) NODISCARD;
/* SKReader and SKDevice (18013-5 12.2). */
int session_derive(mdoc_session *s, const struct cose_key *peer) NODISCARD;
/* Fails unless no message was sent or received yet. */
int session_check_unused(mdoc_session *s, const char *what) NODISCARD;

#endif
