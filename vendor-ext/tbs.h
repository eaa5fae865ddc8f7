/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tbs: the structures that mdoc keys sign, one source of truth for the module
 * and for libmdoc: reading them, and the COSE structures around them.
 */
#ifndef VENDOR_EXT_TBS_H
#define VENDOR_EXT_TBS_H

#include "common/cbor.h"

enum tbs_kind {
	TBS_DEVICE_AUTHENTICATION,     /* 18013-5 12.4.2 */
	TBS_READER_AUTHENTICATION,     /* 12.5 */
	TBS_READER_AUTHENTICATION_ALL, /* 12.5 */
	TBS_MOBILE_SECURITY_OBJECT     /* 12.3.4 */
};

struct tbs {
	enum tbs_kind kind;
	struct bytes transcript;  /* SessionTranscript as received; not MSO */
	struct bytes ereader_key; /* COSE_Key inside it; NULL if it has none */
	struct bytes doc_type;    /* device authentication and MSO */
};

/*
 * in: #6.24(bstr .cbor X), one complete item. Checks that X is one of the
 * structures above, that everything in it is well-formed and bounded, and
 * finds its parts. On failure *ret_error (may be NULL) says what and where.
 */
struct tbs_error {
	enum cbor_error error;
	size_t offset;
	const char *what;
};

bool tbs_read(struct bytes in, struct tbs *ret,
    struct tbs_error *ret_error) NODISCARD;

/*
 * The parts of a SessionTranscript: [DeviceEngagementBytes / null,
 * EReaderKeyBytes / null, Handover]. Takes SessionTranscript as well as
 * SessionTranscriptBytes and reads to the end of in.
 */
struct tbs_transcript {
	struct bytes whole;      /* SessionTranscript, without tag 24 */
	struct bytes engagement; /* content of DeviceEngagementBytes, or NULL */
	struct bytes ereader_key; /* content of EReaderKeyBytes, or NULL */
	struct bytes handover;    /* the item, as received */
};

bool tbs_transcript_read(struct bytes in, struct tbs_transcript *ret,
    struct tbs_error *ret_error) NODISCARD;

/*
 * What goes before the payload when a COSE structure is hashed: with
 * context "Signature1" or "MAC0": array(4), context, protected bucket, empty
 * external_aad, head of the payload bstr. protected_: the bytes inside the
 * bstr. out holds TBS_PREFIX_MAX + protected_.len bytes; returns the length.
 */
#define TBS_PREFIX_MAX 48
size_t tbs_cose_prefix(const char *context, struct bytes protected_,
    size_t payload_len, uint8_t *out);

/* The protected bucket {1: alg} in its shortest form; out holds 16 bytes. */
size_t tbs_protected_alg(int alg, uint8_t *out);

/* The head d8 18 + bstr head of a tag-24 item around n bytes; out: 11 bytes. */
size_t tbs_tag24_head(size_t n, uint8_t *out);

#endif
