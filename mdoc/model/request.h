/* SPDX-License-Identifier: BSD-3-Clause */
/* request: DeviceRequest (18013-5 10.2), read in place. */
#ifndef MDOC_MODEL_REQUEST_H
#define MDOC_MODEL_REQUEST_H

#include "mdoc/codec/cose.h"

struct request {
	struct bytes version;
	struct cbor_reader docs; /* at the first docRequest */
	uint64_t count;
	struct bytes device_request_info; /* content of the tag 24, or NULL */
	struct bytes reader_auth_all;     /* array item, or NULL */
};

struct doc_request {
	struct bytes items_bytes; /* ItemsRequestBytes, with its tag */
	struct bytes doc_type;
	struct bytes name_spaces;  /* map item, already checked */
	struct bytes request_info; /* map item, or NULL */
	bool has_reader_auth;
	struct cose reader_auth;
	struct cbor_reader source; /* for offsets of nested readers */
};

struct element_request {
	struct bytes name_space;
	struct bytes element;
	bool intent_to_retain;
};

/* Checks the whole; then request_next gives one docRequest after the other. */
bool request_read(struct cbor_reader *r, struct request *ret) NODISCARD;
bool request_next(struct request *q, struct doc_request *ret);
/* Calls fn for each element; a false stops. */
bool doc_request_each(const struct doc_request *d,
    bool (*fn)(void *arg, const struct element_request *e), void *arg);

#endif
