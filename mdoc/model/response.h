/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * response: DeviceResponse and IssuerSigned (18013-5 10.3), read in place and
 * written.
 */
#ifndef MDOC_MODEL_RESPONSE_H
#define MDOC_MODEL_RESPONSE_H

#include "mdoc/codec/cose.h"
#include "mdoc/model/item.h"

struct issuer_signed {
	struct bytes name_spaces; /* map item, checked; or NULL */
	struct cose issuer_auth;
	struct cbor_reader source; /* for offsets of nested readers */
};

enum device_auth_kind {
	DEVICE_AUTH_NONE,
	DEVICE_AUTH_SIGNATURE,
	DEVICE_AUTH_MAC
};

struct document {
	struct bytes whole;
	struct bytes doc_type;
	struct issuer_signed issuer_signed;
	bool has_device_signed;
	struct bytes device_name_spaces_bytes; /* with tag 24 */
	struct bytes device_name_spaces; /* content: a map item, checked */
	enum device_auth_kind device_auth_kind;
	struct cose device_auth;
	struct bytes errors; /* map item, checked; or NULL */
	size_t offset;
};

struct response {
	struct bytes version;
	uint64_t status;
	struct cbor_reader docs; /* at the document that comes next */
	uint64_t count;
	struct bytes document_errors; /* array item, checked; or NULL */
	bool has_zk_documents;        /* second edition */
	bool has_encrypted_documents;
	/* Of response_next. */
	uint64_t left;
	struct document first; /* read once only: most have one document */
	const uint8_t *second;
};

/*
 * Reads to the end of r and checks everything but what is inside the
 * IssuerSignedItemBytes: that is done by the walk, so that each byte is read
 * once. A status other than 0 together with documents, and a document without
 * deviceSigned, are for the verifier to judge.
 */
bool response_read(struct cbor_reader *r, struct response *ret) NODISCARD;
/* true: *ret is the next document. false: the end, or q->docs.error is set. */
bool response_next(struct response *q, struct document *ret);
/* May leave bytes after the item: see cbor_finish. */
bool
issuer_signed_read(struct cbor_reader *r, struct issuer_signed *ret) NODISCARD;

/*
 * Writing, piece by piece; what is a CBOR item already goes in as it is.
 * {"nameSpaces": name_spaces, "issuerAuth": issuer_auth}; name_spaces may be
 * NULL. Both are items.
 */
void issuer_signed_write(struct cbor_writer *w, struct bytes name_spaces,
    struct bytes issuer_auth);
/*
 * The Document of these parts: doc_type, issuer_signed.name_spaces,
 * issuer_signed.issuer_auth.whole, device_name_spaces (the content),
 * device_auth_kind, device_auth.whole, errors.
 */
void document_write(struct cbor_writer *w, const struct document *d);
/* {"version": "1.0", "documents": [ ... with documents > 0; that many Document
 * items follow, then the tail. document_errors: array item, or NULL. */
void response_write_head(struct cbor_writer *w, uint64_t documents,
    bool has_document_errors);
void response_write_tail(struct cbor_writer *w, struct bytes document_errors,
    uint64_t status);

#endif
