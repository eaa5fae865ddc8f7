/* SPDX-License-Identifier: BSD-3-Clause */
/* request: DeviceRequest (18013-5 10.2), read in place and written. */
#ifndef MDOC_MODEL_REQUEST_H
#define MDOC_MODEL_REQUEST_H

#include "mdoc/codec/cose.h"

struct doc_request {
	struct bytes items_bytes; /* ItemsRequestBytes, with its tag */
	struct bytes doc_type;
	struct bytes name_spaces;  /* map item, already checked */
	struct bytes request_info; /* map item, or NULL */
	bool has_reader_auth;
	struct cose reader_auth;
	struct cbor_reader source; /* for offsets of nested readers */
	size_t offset;
};

struct request {
	struct bytes version;
	struct cbor_reader docs; /* at the docRequest that comes next */
	uint64_t count;
	/* The second edition's: NULL if the version is 1.0. */
	struct bytes device_request_info; /* content of the tag 24, or NULL */
	struct bytes device_request_info_bytes; /* the same with its tag */
	struct bytes reader_auth_all;           /* array item, or NULL */
	/* Of request_next. */
	uint64_t left;
	struct doc_request first; /* read once only: most have one */
	const uint8_t *second;
};

struct element_request {
	struct bytes name_space;
	struct bytes element;
	bool intent_to_retain;
};

/*
 * Reads to the end of r and checks the whole; then request_next gives one
 * docRequest after the other.
 */
bool request_read(struct cbor_reader *r, struct request *ret) NODISCARD;
bool request_next(struct request *q, struct doc_request *ret);
/* Calls fn for each element; a false stops. */
bool doc_request_each(const struct doc_request *d,
    bool (*fn)(void *arg, const struct element_request *e), void *arg);

/*
 * Writing. ItemsRequest: the head, with so many namespaces; for each of them
 * text, a map head and pairs of text and bool follow.
 */
void items_request_write_head(struct cbor_writer *w, struct bytes doc_type,
    uint64_t name_spaces);
/* {"version": "1.0", "docRequests": [ ... ; that many doc_request_write. */
void request_write_head(struct cbor_writer *w, uint64_t doc_requests);
/* items_bytes: ItemsRequestBytes; reader_auth: COSE_Sign1, or NULL. Items. */
void doc_request_write(struct cbor_writer *w, struct bytes items_bytes,
    struct bytes reader_auth);

#endif
