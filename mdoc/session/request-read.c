/* SPDX-License-Identifier: BSD-3-Clause */
/* request-read: what a DeviceRequest asks for, element by element. */
#include "config.h"

#include <mdoc/request.h>

#include "mdoc/crypto/ctx.h"
#include "mdoc/model/request.h"

struct walk {
	int (*fn)(void *arg, const mdoc_request_element *element);
	void *arg;
	mdoc_request_element element;
	int result;
};

static bool
visit(void *arg, const struct element_request *e)
{
	struct walk *w = arg;

	w->element.name_space = to_public(e->name_space);
	w->element.element = to_public(e->element);
	w->element.intent_to_retain = e->intent_to_retain;
	w->result = w->fn(w->arg, &w->element);
	return w->result == 0;
}

int
mdoc_request_read(mdoc_ctx *ctx, mdoc_bytes in,
    int (*fn)(void *arg, const mdoc_request_element *element), void *arg)
{
	struct walk w = { .fn = fn, .arg = arg, .result = MDOC_OK };
	struct cbor_reader r;
	struct doc_request d;
	struct request q;

	cbor_reader_init(&r, from_public(in));
	if (!request_read(&r, &q))
		return ctx_fail_cbor(ctx, &r, "DeviceRequest");
	for (size_t i = 0; request_next(&q, &d); i++) {
		w.element.document = i;
		w.element.doc_type = to_public(d.doc_type);
		w.element.reader_auth = d.has_reader_auth;
		if (!doc_request_each(&d, visit, &w))
			break;
	}
	/* The whole was read before, so that only fn can have stopped it. */
	if (w.result == 0 && q.left > 0)
		return ctx_fail(ctx, MDOC_E_INTERNAL,
		    "DeviceRequest: %zu documents were not read",
		    (size_t)q.left);
	return w.result;
}
