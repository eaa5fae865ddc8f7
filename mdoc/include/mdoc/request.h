/* SPDX-License-Identifier: BSD-3-Clause */
/* request.h: making and reading DeviceRequest. mdoc_request(3). */
#ifndef MDOC_REQUEST_H
#define MDOC_REQUEST_H

#include <mdoc/key.h>

/* clang-format off */
MDOC_C_BEGIN
MDOC_VISIBLE
/* clang-format on */

/* Making one. Every text is UTF-8 and copied. */
typedef struct mdoc_request mdoc_request;

int mdoc_request_new(mdoc_ctx *ctx, mdoc_request **ret);
void mdoc_request_free(mdoc_request **request);
/* Later elements belong to the docType added last. */
int mdoc_request_add_document(mdoc_request *request, const char *doc_type);
/* MDOC_E_ARGUMENT: no docType yet, or the element is in it already. */
int mdoc_request_add_element(mdoc_request *request, const char *name_space,
    const char *element, int intent_to_retain);
/*
 * The DeviceRequest. reader_key NULL: without reader authentication; else each
 * document is signed over the transcript (either form; 18013-5 12.5), x5chain
 * leaf first (DER), which must be the certificate of the key. May be called
 * again. MDOC_E_ARGUMENT: a document without elements, or none at all.
 */
int mdoc_request_encode(mdoc_request *request, mdoc_key *reader_key,
    const mdoc_bytes *x5chain, size_t n, mdoc_bytes transcript, mdoc_buf *ret);

/*
 * Reading one: calls fn for each element asked for. The whole is checked
 * before the first call. A value of fn other than 0 ends the walk and is what
 * mdoc_request_read returns.
 */
typedef struct mdoc_request_element {
	size_t document; /* index of the docRequest */
	mdoc_bytes doc_type;
	mdoc_bytes name_space;
	mdoc_bytes element;
	int intent_to_retain;
	int reader_auth; /* the docRequest carries readerAuth */
} mdoc_request_element;

int mdoc_request_read(mdoc_ctx *ctx, mdoc_bytes in,
    int (*fn)(void *arg, const mdoc_request_element *element), void *arg);

/* clang-format off */
MDOC_USUAL
MDOC_C_END
/* clang-format on */

#endif
