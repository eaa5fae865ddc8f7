/* SPDX-License-Identifier: BSD-3-Clause */
/* response: DeviceResponse and IssuerSigned (18013-5 10.3), read in place. */
#ifndef MDOC_MODEL_RESPONSE_H
#define MDOC_MODEL_RESPONSE_H

#include "mdoc/codec/cose.h"

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
	struct bytes device_name_spaces;       /* content: a map item */
	enum device_auth_kind device_auth_kind;
	struct cose device_auth;
	struct bytes errors; /* map item, or NULL */
	size_t offset;
};

struct response {
	struct bytes version;
	uint64_t status;
	struct cbor_reader docs; /* at the first document */
	uint64_t count;
	struct bytes document_errors; /* array item, or NULL */
	bool has_zk_documents;        /* second edition */
	bool has_encrypted_documents;
};

/* One issuer-signed item. */
struct item {
	struct bytes name_space;
	struct bytes whole; /* IssuerSignedItemBytes, with tag 24: hashed */
	uint64_t digest_id;
	struct bytes random;
	struct bytes element;
	struct bytes value; /* CBOR item */
	size_t offset;
};

/* Walks over the items of all namespaces. */
struct item_walk {
	struct cbor_reader r;
	struct cbor_map map;
	uint64_t items_left;
	struct bytes name_space;
};

bool response_read(struct cbor_reader *r, struct response *ret) NODISCARD;
/* true: *ret is the next document. false: the end, or q->docs.error is set. */
bool response_next(struct response *q, struct document *ret);
bool
issuer_signed_read(struct cbor_reader *r, struct issuer_signed *ret) NODISCARD;

void item_walk_start(struct item_walk *w, const struct issuer_signed *s);
/* false: the end, or w->r.error is set. */
bool item_walk_next(struct item_walk *w, struct item *ret);
/* Reads what is inside one IssuerSignedItemBytes. */
bool item_read(struct cbor_reader *r, struct item *ret) NODISCARD;

#endif
