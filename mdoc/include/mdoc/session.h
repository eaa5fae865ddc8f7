/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session.h: engagement, session transcript, session encryption: two sans-IO
 * state machines that are fed whole messages. mdoc_session(3).
 */
#ifndef MDOC_SESSION_H
#define MDOC_SESSION_H

#include <mdoc/key.h>

/* clang-format off */
MDOC_C_BEGIN
MDOC_VISIBLE
/* clang-format on */

/*
 * Time-outs, in milliseconds: at least so long if there are any (18013-5 9.4,
 * 12.2.4). They are the caller's: a session knows no clock.
 */
#define MDOC_TIMEOUT_ENGAGEMENT    30000  /* engagement to connection */
#define MDOC_TIMEOUT_ESTABLISHMENT 30000  /* ... to SessionEstablishment */
#define MDOC_TIMEOUT_INACTIVITY    300000 /* between messages */

/* Session status codes (18013-5 12.2.5). */
#define MDOC_STATUS_SESSION_ENCRYPTION 10
#define MDOC_STATUS_CBOR_DECODING      11
#define MDOC_STATUS_TERMINATION        20

/*
 * SessionTranscriptBytes (18013-5 12.7.1) from the bytes of DeviceEngagement
 * and of the COSE_Key EReaderKey. handover, and what parts are:
 *	"qr"	none
 *	"nfc"	the Handover Select message; the Handover Request message if
 *		the handover was negotiated
 */
int mdoc_transcript_make(mdoc_ctx *ctx, mdoc_bytes device_engagement,
    mdoc_bytes ereader_key, const char *handover, const mdoc_bytes *parts,
    size_t n, mdoc_buf *ret);
/* The same for "qr". */
int mdoc_transcript_qr(mdoc_ctx *ctx, mdoc_bytes device_engagement,
    mdoc_bytes ereader_key, mdoc_buf *ret);

/* "mdoc:" + base64url of a DeviceEngagement, and back. A NUL follows the text,
 * which len does not count. */
int
mdoc_engagement_uri(mdoc_ctx *ctx, mdoc_bytes device_engagement, mdoc_buf *ret);
int mdoc_engagement_from_uri(mdoc_ctx *ctx, const char *uri, mdoc_buf *ret);

/*
 * DeviceEngagementMessage {"deviceEngagementBytes": #6.24(...)} (18013-7 A.7):
 * the first message of the mdoc where the transport brings no engagement.
 */
int mdoc_engagement_message(mdoc_ctx *ctx, mdoc_bytes device_engagement,
    mdoc_buf *ret);
int
mdoc_engagement_from_message(mdoc_ctx *ctx, mdoc_bytes message, mdoc_buf *ret);

typedef struct mdoc_session mdoc_session;

enum mdoc_event_type {
	MDOC_EVENT_NONE,
	MDOC_EVENT_REQUEST,    /* device: data is a DeviceRequest */
	MDOC_EVENT_RESPONSE,   /* reader: data is a DeviceResponse */
	MDOC_EVENT_TERMINATED, /* the peer ended the session; status */
	MDOC_EVENT_ERROR       /* the session is over; reason, error */
};

typedef struct mdoc_event {
	enum mdoc_event_type type;
	const char *name;   /* "request", "peer-terminated", "decrypt-failed",
				...: mdoc_session(3) has them all */
	const char *reason; /* text for a person, or ""; valid as data */
	int error;          /* MDOC_E_*, of MDOC_EVENT_ERROR */
	int status;         /* session status code received, or -1; with
				data: 20, this was the last message */
	mdoc_bytes data;    /* plaintext; valid until the next call */
	mdoc_bytes answer;  /* message to send to the peer now, if not absent:
				a status 10 or 11 (18013-5 12.2.5) */
} mdoc_event;

/*
 * A session ends with mdoc_session_end, mdoc_session_send_last, a status of
 * the peer or an error. Its keys are wiped then and every later call that
 * sends or receives returns MDOC_E_SESSION; what was agreed (engagement,
 * transcript, EReaderKey) can be asked for until it is freed.
 */

/*
 * The mdoc side. edevice_key NULL: a fresh P-256 key in memory. The key is
 * borrowed until the session is freed.
 */
int mdoc_session_new_device(mdoc_ctx *ctx, mdoc_key *edevice_key,
    mdoc_session **ret);
/* The reader side, for a DeviceEngagement; ereader_key NULL: a fresh key on
 * the engagement's curve. */
int mdoc_session_new_reader(mdoc_ctx *ctx, mdoc_bytes device_engagement,
    mdoc_key *ereader_key, mdoc_session **ret);
void mdoc_session_free(mdoc_session **session);

/*
 * Before the first message only. The mdoc's DeviceEngagement as it was handed
 * over (it must carry EDeviceKey), or the DeviceRetrievalMethods (CBOR array)
 * to write into it.
 */
int mdoc_session_set_engagement(mdoc_session *session,
    mdoc_bytes device_engagement);
int mdoc_session_set_retrieval(mdoc_session *session, mdoc_bytes methods);
/* How the engagement was handed over, as for mdoc_transcript_make. Default:
 * "qr". Copied. */
int mdoc_session_set_handover(mdoc_session *session, const char *handover,
    const mdoc_bytes *parts, size_t n);

/* Where the session stands: "engaged", "established", or the name of the
 * event that ended it ("terminated": this side did). */
const char *mdoc_session_state(const mdoc_session *session);
/* DeviceEngagement. */
mdoc_bytes mdoc_session_engagement(const mdoc_session *session);
/* SessionTranscriptBytes; absent until both keys are known. */
mdoc_bytes mdoc_session_transcript(const mdoc_session *session);
/* The reader's EReaderKey (reader side, else NULL), to verify a device MAC
 * with. Valid until the session is freed. */
mdoc_key *mdoc_session_ereader_key(mdoc_session *session);

/* One whole message of the peer. MDOC_OK whenever *ret is set. */
int mdoc_session_receive(mdoc_session *session, mdoc_bytes message,
    mdoc_event *ret);
/* Encrypts a request (the first one in SessionEstablishment) or response. */
int mdoc_session_send(mdoc_session *session, mdoc_bytes plaintext,
    mdoc_buf *ret_message);
/* The same with status 20: the last message. The session is over. */
int mdoc_session_send_last(mdoc_session *session, mdoc_bytes plaintext,
    mdoc_buf *ret_message);
/* SessionData with status 20 and no data. The session is over. */
int mdoc_session_end(mdoc_session *session, mdoc_buf *ret_message);

/* clang-format off */
MDOC_USUAL
MDOC_C_END
/* clang-format on */

#endif
