/* SPDX-License-Identifier: BSD-3-Clause */
/* request-make: DeviceRequest (18013-5 10.2) as a reader puts it together. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <mdoc/request.h>

#include "mdoc/codec/cose.h"
#include "mdoc/crypto/cert.h"
#include "mdoc/crypto/key.h"
#include "mdoc/model/authentication.h"
#include "mdoc/model/request.h"

struct element {
	char *name;
	bool intent_to_retain;
};

struct name_space {
	char *name;
	struct element *elements;
	size_t n, cap;
};

struct doc {
	char *doc_type;
	struct name_space *name_spaces;
	size_t n, cap;
};

struct mdoc_request {
	mdoc_ctx *ctx;
	struct doc *docs;
	size_t n, cap;
};

/* Who signs, and over what. */
struct signer {
	mdoc_key *key; /* NULL: nobody */
	struct bytes x5chain[COSE_MAX_CHAIN];
	size_t n;
	struct bytes transcript; /* SessionTranscript without its tag */
};

/* Room for one more; *items stays valid on failure. */
static bool
array_grow(void **items, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap == 0 ? 4 : *cap * 2;
	void *p;

	if (n < *cap)
		return true;
	if ((p = reallocarray(*items, more, size)) == NULL)
		return false;
	*items = p;
	*cap = more;
	return true;
}

static void
name_space_free(struct name_space *ns)
{
	for (size_t i = 0; i < ns->n; i++)
		free(ns->elements[i].name);
	free(ns->elements);
	free(ns->name);
}

static void
doc_free(struct doc *d)
{
	for (size_t i = 0; i < d->n; i++)
		name_space_free(&d->name_spaces[i]);
	free(d->name_spaces);
	free(d->doc_type);
}

int
mdoc_request_new(mdoc_ctx *ctx, mdoc_request **ret)
{
	mdoc_request *q;

	if ((q = calloc(1, sizeof(*q))) == NULL)
		return ctx_fail(ctx, MDOC_E_MEMORY, "request: out of memory");
	q->ctx = ctx;
	*ret = q;
	return MDOC_OK;
}

void
mdoc_request_free(mdoc_request **request)
{
	mdoc_request *q;

	if (request == NULL || (q = *request) == NULL)
		return;
	for (size_t i = 0; i < q->n; i++)
		doc_free(&q->docs[i]);
	free(q->docs);
	free(q);
	*request = NULL;
}

static int
fail_memory(mdoc_request *q)
{
	return ctx_fail(q->ctx, MDOC_E_MEMORY, "request: out of memory");
}

static int
check_text(mdoc_request *q, const char *text, const char *what)
{
	if (text == NULL || text[0] == '\0')
		return ctx_fail(q->ctx, MDOC_E_ARGUMENT,
		    "request: the %s is empty", what);
	if (!bytes_is_utf8(bytes_str(text), NULL))
		return ctx_fail(q->ctx, MDOC_E_ARGUMENT,
		    "request: the %s is not UTF-8", what);
	return MDOC_OK;
}

int
mdoc_request_add_document(mdoc_request *request, const char *doc_type)
{
	struct doc d = { 0 };
	void *items = request->docs;
	int r;

	if ((r = check_text(request, doc_type, "docType")) != MDOC_OK)
		return r;
	if (!array_grow(&items, request->n, &request->cap, sizeof(d)))
		return fail_memory(request);
	request->docs = items;
	if ((d.doc_type = strdup(doc_type)) == NULL)
		return fail_memory(request);
	request->docs[request->n++] = d;
	return MDOC_OK;
}

/* The namespace, added if it is new; NULL: out of memory. */
static struct name_space *
name_space_get(struct doc *d, const char *name)
{
	struct name_space ns = { 0 };
	void *items = d->name_spaces;

	for (size_t i = 0; i < d->n; i++) {
		if (strcmp(d->name_spaces[i].name, name) == 0)
			return &d->name_spaces[i];
	}
	if (!array_grow(&items, d->n, &d->cap, sizeof(ns)))
		return NULL;
	d->name_spaces = items;
	if ((ns.name = strdup(name)) == NULL)
		return NULL;
	d->name_spaces[d->n] = ns;
	return &d->name_spaces[d->n++];
}

static bool
element_add(struct name_space *ns, const char *name, bool intent_to_retain)
{
	struct element e = { .intent_to_retain = intent_to_retain };
	void *items = ns->elements;

	if (!array_grow(&items, ns->n, &ns->cap, sizeof(e)))
		return false;
	ns->elements = items;
	if ((e.name = strdup(name)) == NULL)
		return false;
	ns->elements[ns->n++] = e;
	return true;
}

int
mdoc_request_add_element(mdoc_request *request, const char *name_space,
    const char *element, int intent_to_retain)
{
	struct name_space *ns;
	int r;

	if (request->n == 0)
		return ctx_fail(request->ctx, MDOC_E_ARGUMENT,
		    "request: an element before its docType");
	if ((r = check_text(request, name_space, "namespace")) != MDOC_OK ||
	    (r = check_text(request, element, "element")) != MDOC_OK)
		return r;
	ns = name_space_get(&request->docs[request->n - 1], name_space);
	if (ns == NULL)
		return fail_memory(request);
	for (size_t i = 0; i < ns->n; i++) {
		if (strcmp(ns->elements[i].name, element) == 0)
			return ctx_fail(request->ctx, MDOC_E_ARGUMENT,
			    "request: %.80s %.80s is asked for twice",
			    name_space, element);
	}
	if (!element_add(ns, element, intent_to_retain != 0))
		return fail_memory(request);
	return MDOC_OK;
}

static void
put_name_space(struct cbor_writer *w, const struct name_space *ns)
{
	cbor_put_str(w, ns->name);
	cbor_put_map(w, ns->n);
	for (size_t i = 0; i < ns->n; i++) {
		cbor_put_str(w, ns->elements[i].name);
		cbor_put_bool(w, ns->elements[i].intent_to_retain);
	}
}

/* A namespace whose only element could not be added holds none. */
static uint64_t
count_name_spaces(const struct doc *d)
{
	uint64_t n = 0;

	for (size_t i = 0; i < d->n; i++)
		n += d->name_spaces[i].n > 0;
	return n;
}

/* ItemsRequestBytes: #6.24(bstr .cbor ItemsRequest) */
static int
items_write(mdoc_request *q, const struct doc *d, struct blob *out)
{
	struct blob items = BLOB_INIT;
	struct cbor_writer w;
	int r = MDOC_OK;

	cbor_writer_init(&w, &items);
	items_request_write_head(&w, bytes_str(d->doc_type),
	    count_name_spaces(d));
	for (size_t i = 0; i < d->n; i++) {
		if (d->name_spaces[i].n > 0)
			put_name_space(&w, &d->name_spaces[i]);
	}
	if (w.error == CBOR_OK) {
		cbor_writer_init(&w, out);
		cbor_put_tag24(&w, blob_bytes(&items));
	}
	if (w.error != CBOR_OK)
		r = fail_memory(q);
	blob_reset(&items);
	return r;
}

/* ReaderAuth: untagged COSE_Sign1, detached ReaderAuthenticationBytes. */
static int
reader_auth_write(mdoc_request *q, const struct signer *s, struct bytes items,
    struct blob *out)
{
	uint8_t signature[CURVE_MAX_SIG];
	struct authentication a;
	const struct bytes *parts;
	struct cbor_writer w;
	size_t n, len;
	int r;

	authentication_reader(&a, s->transcript, items);
	parts = authentication_parts(&a, &n);
	r = key_sign(s->key, TBS_READER_AUTHENTICATION, parts, n, signature,
	    &len);
	if (r != MDOC_OK)
		return r;
	cbor_writer_init(&w, out);
	cose_write(&w, key_alg(s->key), s->x5chain, s->n, BYTES_NULL,
	    bytes_of(signature, len));
	return w.error == CBOR_OK ? MDOC_OK : fail_memory(q);
}

static int
put_doc(mdoc_request *q, struct cbor_writer *w, const struct doc *d,
    const struct signer *s)
{
	struct blob items = BLOB_INIT, auth = BLOB_INIT;
	int r;

	if (count_name_spaces(d) == 0)
		return ctx_fail(q->ctx, MDOC_E_ARGUMENT,
		    "request: no element of %.80s is asked for", d->doc_type);
	if ((r = items_write(q, d, &items)) != MDOC_OK)
		goto out;
	if (s->key != NULL &&
	    (r = reader_auth_write(q, s, blob_bytes(&items), &auth)) != MDOC_OK)
		goto out;
	doc_request_write(w, blob_bytes(&items), blob_bytes(&auth));
	r = MDOC_OK;
out:
	blob_reset(&items);
	blob_reset(&auth);
	return r;
}

/* A reader that signs with a key its certificate is not for is never believed:
 * better to hear it here. */
static int
check_leaf(mdoc_request *q, mdoc_key *key, struct bytes leaf)
{
	const char *what = "";
	size_t offset = 0;
	struct cert c;

	if (!cert_read(leaf, &c, &offset, &what))
		return ctx_fail(q->ctx, MDOC_E_CERTIFICATE,
		    "x5chain: %s at offset %zu", what, offset);
	if (c.curve != key_curve(key) || !bytes_equal(c.point, key_point(key)))
		return ctx_fail(q->ctx, MDOC_E_KEY,
		    "x5chain: the first certificate is not that of the "
		    "reader's key");
	return MDOC_OK;
}

static int
signer_init(mdoc_request *q, struct signer *s, const mdoc_bytes *x5chain,
    size_t n, mdoc_bytes transcript)
{
	struct tbs_transcript t;
	struct tbs_error e;

	if (key_alg(s->key) == 0 || !mdoc_key_is_private(s->key))
		return ctx_fail(q->ctx, MDOC_E_KEY,
		    "request: the reader's key cannot sign");
	if (n == 0 || n > COSE_MAX_CHAIN)
		return ctx_fail(q->ctx, MDOC_E_ARGUMENT,
		    "x5chain: %zu certificates (1 to %d are allowed)", n,
		    COSE_MAX_CHAIN);
	for (size_t i = 0; i < n; i++)
		s->x5chain[i] = from_public(x5chain[i]);
	s->n = n;
	if (!tbs_transcript_read(from_public(transcript), &t, &e))
		return ctx_fail(q->ctx, MDOC_E_STRUCTURE,
		    "SessionTranscript: %s at offset %zu (%s)",
		    cbor_error_name(e.error), e.offset,
		    e.what == NULL ? "" : e.what);
	s->transcript = t.whole;
	return check_leaf(q, s->key, s->x5chain[0]);
}

int
mdoc_request_encode(mdoc_request *request, mdoc_key *reader_key,
    const mdoc_bytes *x5chain, size_t n, mdoc_bytes transcript, mdoc_buf *ret)
{
	struct signer s = { .key = reader_key };
	struct blob out = BLOB_INIT;
	struct cbor_writer w;
	int r = MDOC_OK;

	if (request->n == 0)
		return ctx_fail(request->ctx, MDOC_E_ARGUMENT,
		    "request: no document is asked for");
	if (reader_key != NULL)
		r = signer_init(request, &s, x5chain, n, transcript);
	if (r != MDOC_OK)
		return r;
	cbor_writer_init(&w, &out);
	request_write_head(&w, request->n);
	for (size_t i = 0; i < request->n; i++) {
		r = put_doc(request, &w, &request->docs[i], &s);
		if (r != MDOC_OK)
			goto out;
	}
	if (w.error != CBOR_OK) {
		r = fail_memory(request);
		goto out;
	}
	buf_take_blob(ret, &out);
	r = MDOC_OK;
out:
	blob_reset(&out);
	return r;
}
