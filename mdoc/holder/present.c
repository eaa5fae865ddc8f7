/* SPDX-License-Identifier: BSD-3-Clause */
/* present: the DeviceResponse to a DeviceRequest (18013-5 10.3). */
#include "config.h"

#include <stdlib.h>

#include "mdoc/holder/device-auth.h"
#include "mdoc/holder/select.h"
#include "mdoc/model/response.h"

/* Error code of 10.3.2: data not returned. One code for what is not there and
 * what is refused, so that the answer does not tell which. */
#define DATA_NOT_RETURNED 0

/* Each document costs a signature, perhaps of a smart card. */
#define MAX_DOC_REQUESTS 32

/* More than a document is longer than what it is made of. */
#define DOCUMENT_OVERHEAD 512

/* DeviceNameSpacesBytes of a device that signs no elements of its own. */
static const uint8_t no_name_spaces[] = { 0xd8, 0x18, 0x41, 0xa0 };

struct presenter {
	mdoc_ctx *ctx;
	mdoc_credential *const *credentials;
	size_t n;
	const mdoc_present_params *params;
	struct device_session session;
	struct selection *selections; /* one for each docRequest */
	size_t selections_n;
	struct blob out;
	struct cbor_writer w;
	char path;
};

static mdoc_credential *
credential_for(const struct presenter *p, struct bytes doc_type)
{
	for (size_t i = 0; i < p->n; i++) {
		if (bytes_equal(p->credentials[i]->doc_type, doc_type))
			return p->credentials[i];
	}
	return NULL;
}

/* ---- first pass: what to give */

static int
select_documents(struct presenter *p, struct request *q)
{
	struct selection *s;
	struct doc_request d;
	int r;

	if (q->count > MAX_DOC_REQUESTS)
		return ctx_fail(p->ctx, MDOC_E_STRUCTURE,
		    "DeviceRequest: more than %d docRequests",
		    MAX_DOC_REQUESTS);
	p->selections = calloc((size_t)q->count, sizeof(*p->selections));
	if (p->selections == NULL)
		return ctx_fail(p->ctx, MDOC_E_MEMORY, "out of memory");
	while (request_next(q, &d)) {
		s = &p->selections[p->selections_n++];
		s->doc_type = d.doc_type;
		s->credential = credential_for(p, d.doc_type);
		if (s->credential == NULL)
			continue;
		if (s->credential->key == NULL)
			return ctx_fail(p->ctx, MDOC_E_KEY,
			    "the device key of the credential %.*s is not set",
			    (int)d.doc_type.len, (const char *)d.doc_type.ptr);
		r = selection_make(s, p->ctx, p->params, &d);
		if (r != MDOC_OK)
			return r;
	}
	if (q->docs.error != CBOR_OK)
		return ctx_fail_cbor(p->ctx, &q->docs, "DeviceRequest");
	return MDOC_OK;
}

/* A document without a single element is not given. */
static bool
is_given(const struct selection *s)
{
	return s->chosen_n > 0;
}

/* ---- second pass: writing */

static size_t
chosen_in(const struct selection *s, const struct credential_name_space *ns)
{
	size_t n = 0;

	for (size_t i = 0; i < ns->count; i++)
		n += s->chosen[ns->first + i];
	return n;
}

static size_t
selection_size(const struct selection *s)
{
	const mdoc_credential *c = s->credential;
	size_t len = DOCUMENT_OVERHEAD + s->doc_type.len;

	len += c->issuer_auth.len;
	for (size_t i = 0; i < c->items_n; i++)
		len += s->chosen[i] ? c->items[i].whole.len : 0;
	for (size_t i = 0; i < c->name_spaces_n; i++)
		len += c->name_spaces[i].name.len + 9;
	for (size_t i = 0; i < s->refused_n; i++)
		len += s->refused[i].name_space.len +
		    s->refused[i].element.len + 20;
	return len;
}

static void
issuer_signed_put(struct cbor_writer *w, const struct selection *s)
{
	const mdoc_credential *c = s->credential;
	const struct credential_name_space *ns;
	size_t n = 0;

	for (size_t i = 0; i < c->name_spaces_n; i++)
		n += chosen_in(s, &c->name_spaces[i]) > 0;
	cbor_put_map(w, 2);
	cbor_put_str(w, "nameSpaces");
	cbor_put_map(w, n);
	for (size_t i = 0; i < c->name_spaces_n; i++) {
		ns = &c->name_spaces[i];
		if ((n = chosen_in(s, ns)) == 0)
			continue;
		cbor_put_tstr(w, ns->name);
		cbor_put_array(w, n);
		for (size_t k = ns->first; k < ns->first + ns->count; k++) {
			if (s->chosen[k])
				cbor_put_raw(w, c->items[k].whole);
		}
	}
	cbor_put_str(w, "issuerAuth");
	cbor_put_raw(w, c->issuer_auth);
}

/* {+ ns => {+ element => code}}; the request had each namespace once. */
static void
errors_put(struct cbor_writer *w, const struct selection *s)
{
	const struct refused *e = s->refused, *end = e + s->refused_n, *next;
	size_t n = 0;

	for (next = e; next < end; next++)
		n += next == e ||
		    next->name_space.ptr != next[-1].name_space.ptr;
	cbor_put_map(w, n);
	while (e < end) {
		for (next = e;
		     next < end && next->name_space.ptr == e->name_space.ptr;
		     next++)
			continue;
		cbor_put_tstr(w, e->name_space);
		cbor_put_map(w, (size_t)(next - e));
		for (; e < next; e++) {
			cbor_put_tstr(w, e->element);
			cbor_put_int(w, DATA_NOT_RETURNED);
		}
	}
}

static int
document_put(struct presenter *p, const struct selection *s)
{
	struct device_auth_input in = {
		.key = s->credential->key,
		.mode = p->params->mode,
		.doc_type = s->doc_type,
		.name_spaces = bytes_of(no_name_spaces, sizeof(no_name_spaces)),
	};
	struct cbor_writer *w = &p->w;
	int r;

	cbor_put_map(w, s->refused_n > 0 ? 4 : 3);
	cbor_put_str(w, "docType");
	cbor_put_tstr(w, s->doc_type);
	cbor_put_str(w, "issuerSigned");
	issuer_signed_put(w, s);
	cbor_put_str(w, "deviceSigned");
	cbor_put_map(w, 2);
	cbor_put_str(w, "nameSpaces");
	cbor_put_raw(w, in.name_spaces);
	cbor_put_str(w, "deviceAuth");
	r = device_auth_write(&p->session, &in, w, &p->path);
	if (r != MDOC_OK)
		return r;
	if (s->refused_n > 0) {
		cbor_put_str(w, "errors");
		errors_put(w, s);
	}
	return MDOC_OK;
}

/* [+ {docType => code}] of the documents that are not given; NULL: none. */
static int
document_errors_make(const struct presenter *p, size_t n, struct blob *ret)
{
	struct cbor_writer w;

	if (n == 0)
		return MDOC_OK;
	cbor_writer_init(&w, ret);
	cbor_put_array(&w, n);
	for (size_t i = 0; i < p->selections_n; i++) {
		if (is_given(&p->selections[i]))
			continue;
		cbor_put_map(&w, 1);
		cbor_put_tstr(&w, p->selections[i].doc_type);
		cbor_put_int(&w, DATA_NOT_RETURNED);
	}
	return w.error == CBOR_OK
	    ? MDOC_OK
	    : ctx_fail(p->ctx, MDOC_E_MEMORY, "out of memory");
}

static int
response_put(struct presenter *p)
{
	struct blob errors = BLOB_INIT;
	size_t given = 0, len = 64;
	int r;

	for (size_t i = 0; i < p->selections_n; i++) {
		len += p->selections[i].doc_type.len + 16;
		if (!is_given(&p->selections[i]))
			continue;
		given++;
		len += selection_size(&p->selections[i]);
	}
	if (!blob_reserve(&p->out, len))
		return ctx_fail(p->ctx, MDOC_E_MEMORY, "out of memory");
	cbor_writer_init(&p->w, &p->out);
	r = document_errors_make(p, p->selections_n - given, &errors);
	if (r == MDOC_OK)
		response_write_head(&p->w, given, errors.len > 0);
	for (size_t i = 0; r == MDOC_OK && i < p->selections_n; i++) {
		if (is_given(&p->selections[i]))
			r = document_put(p, &p->selections[i]);
	}
	if (r == MDOC_OK) {
		response_write_tail(&p->w, blob_bytes(&errors), 0);
		if (p->w.error != CBOR_OK)
			r = ctx_fail(p->ctx, MDOC_E_MEMORY, "out of memory");
	}
	blob_reset(&errors);
	return r;
}

int
mdoc_present(mdoc_ctx *ctx, mdoc_credential *const *credentials, size_t n,
    const mdoc_present_params *params, mdoc_buf *ret, char *ret_path)
{
	struct presenter p = {
		.ctx = ctx,
		.credentials = credentials,
		.n = n,
		.params = params,
		.path = 0,
	};
	struct request q;
	struct cbor_reader in;
	int r;

	if (params == NULL || params->size < sizeof(*params))
		return ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "mdoc_present_params: size is not set");
	r = device_session_begin(&p.session, ctx,
	    from_public(params->transcript));
	if (r != MDOC_OK)
		return r;
	cbor_reader_init(&in, from_public(params->request));
	if (!request_read(&in, &q))
		return ctx_fail_cbor(ctx, &in, "DeviceRequest");
	if ((r = select_documents(&p, &q)) == MDOC_OK)
		r = response_put(&p);
	if (r == MDOC_OK) {
		buf_take_blob(ret, &p.out);
		if (ret_path != NULL)
			*ret_path = p.path;
	}
	blob_reset(&p.out);
	for (size_t i = 0; i < p.selections_n; i++)
		selection_reset(&p.selections[i]);
	free(p.selections);
	return r;
}

int
mdoc_present_error(mdoc_ctx *ctx, unsigned status, mdoc_buf *ret)
{
	struct blob out = BLOB_INIT;
	struct cbor_writer w;

	if (status == 0)
		return ctx_fail(ctx, MDOC_E_ARGUMENT,
		    "status 0 is not an error");
	cbor_writer_init(&w, &out);
	response_write_head(&w, 0, false);
	response_write_tail(&w, BYTES_NULL, status);
	if (w.error != CBOR_OK) {
		blob_reset(&out);
		return ctx_fail(ctx, MDOC_E_MEMORY, "out of memory");
	}
	buf_take_blob(ret, &out);
	return MDOC_OK;
}
