/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cbor.h"
#include "mdoc/model/response.h"
#include "tests/bench/input.h"

#define NS       "org.iso.18013.5.1"
#define DOC_TYPE "org.iso.18013.5.1.mDL"
#define DAY      ((int64_t)86400)

static mdoc_ctx *ctx;

#define NEED(x)                                                      \
	do {                                                         \
		int r_ = (x);                                        \
		if (r_ != MDOC_OK) {                                 \
			fprintf(stderr, "input: %s: %s: %s\n", #x,   \
			    mdoc_strerror(r_), mdoc_ctx_error(ctx)); \
			abort();                                     \
		}                                                    \
	} while (0)

static mdoc_bytes
span(const mdoc_buf *b)
{
	return (mdoc_bytes){ b->ptr, b->len };
}

enum form {
	TEXT,
	FULL_DATE,
	TDATE,
	NUMBER,
	TRUE,
	PORTRAIT,
	PRIVILEGES
};

static const struct {
	const char *name;
	enum form form;
	const char *text;
} elements[] = {
	{ "family_name", TEXT, "Doe" },
	{ "given_name", TEXT, "Jane Alexandra" },
	{ "birth_date", FULL_DATE, "1990-02-15" },
	{ "issue_date", FULL_DATE, "2024-03-30" },
	{ "expiry_date", FULL_DATE, "2034-03-30" },
	{ "issuing_country", TEXT, "US" },
	{ "issuing_authority", TEXT, "NY DMV" },
	{ "document_number", TEXT, "01-856-5050" },
	{ "portrait", PORTRAIT, "" },
	{ "driving_privileges", PRIVILEGES, "" },
	{ "un_distinguishing_sign", TEXT, "USA" },
	{ "administrative_number", TEXT, "ABC-123-456-789" },
	{ "sex", NUMBER, "2" },
	{ "height", NUMBER, "172" },
	{ "weight", NUMBER, "64" },
	{ "eye_colour", TEXT, "brown" },
	{ "hair_colour", TEXT, "black" },
	{ "birth_place", TEXT, "Albany, NY" },
	{ "resident_address", TEXT, "123 Main Street Apt 4B" },
	{ "portrait_capture_date", TDATE, "2024-03-01T10:00:00Z" },
	{ "age_in_years", NUMBER, "36" },
	{ "age_over_18", TRUE, "" },
	{ "age_over_21", TRUE, "" },
	{ "nationality", TEXT, "US" },
	{ "resident_city", TEXT, "Albany" },
};

static void
put_bytes(struct cbor_writer *w, size_t n)
{
	uint8_t *p = calloc(1, n);

	if (p == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 2654435761u >> 11);
	cbor_put_bstr(w, bytes_of(p, n));
	free(p);
}

static void
put_privileges(struct cbor_writer *w)
{
	static const char *const codes[] = { "C", "A" };

	cbor_put_array(w, 2);
	for (size_t i = 0; i < 2; i++) {
		cbor_put_map(w, 3);
		cbor_put_str(w, "vehicle_category_code");
		cbor_put_str(w, codes[i]);
		cbor_put_str(w, "issue_date");
		cbor_put_tag(w, 1004);
		cbor_put_str(w, "2023-09-01");
		cbor_put_str(w, "expiry_date");
		cbor_put_tag(w, 1004);
		cbor_put_str(w, "2033-09-01");
	}
}

static void
add(mdoc_issuer *issuer, const char *name, enum form form, const char *text,
    size_t size)
{
	struct blob value = BLOB_INIT;
	struct cbor_writer w;

	cbor_writer_init(&w, &value);
	switch (form) {
	case TDATE:
	case FULL_DATE:
		cbor_put_tag(&w, form == TDATE ? 0 : 1004);
		cbor_put_str(&w, text);
		break;
	case NUMBER:
		cbor_put_uint(&w, strtoul(text, NULL, 10));
		break;
	case TRUE:
		cbor_put_bool(&w, true);
		break;
	case PORTRAIT:
		put_bytes(&w, size);
		break;
	case PRIVILEGES:
		put_privileges(&w);
		break;
	case TEXT:
	default:
		cbor_put_str(&w, text);
		break;
	}
	if (w.error != CBOR_OK)
		abort();
	NEED(mdoc_issuer_add(issuer, NS, name,
	    (mdoc_bytes){ value.ptr, value.len }));
	blob_reset(&value);
}

static mdoc_issuer *
issuer_make(const struct input *in)
{
	int64_t now = mdoc_ctx_now(ctx);
	mdoc_issuer *issuer;

	NEED(mdoc_issuer_new(ctx, DOC_TYPE, &issuer));
	NEED(mdoc_issuer_set_device_key(issuer, in->device));
	NEED(mdoc_issuer_set_validity(issuer, now, now, now + 30 * DAY));
	return issuer;
}

static void
certs_make(struct input *in)
{
	mdoc_cert_params p = { .size = sizeof p,
		.profile = MDOC_CERT_IACA,
		.subject = "C=US,ST=NY,O=Test DMV,CN=Test IACA",
		.issuer_alt_url = "https://example.invalid/",
		.crl_url = "https://example.invalid/crl" };

	NEED(mdoc_cert_create(ctx, &p, in->iaca, in->iaca,
	    (mdoc_bytes){ NULL, 0 }, &in->iaca_cert));
	p.profile = MDOC_CERT_DS;
	p.subject = "C=US,ST=NY,O=Test DMV,CN=Test DS";
	NEED(mdoc_cert_create(ctx, &p, in->ds, in->iaca, span(&in->iaca_cert),
	    &in->ds_cert));
	NEED(mdoc_trust_new(ctx, &in->trust));
	NEED(mdoc_trust_add(in->trust, span(&in->iaca_cert)));
	in->x5chain[0] = span(&in->ds_cert);
}

static void
request_make(mdoc_buf *ret, const char *const *names, size_t n)
{
	mdoc_request *request;

	NEED(mdoc_request_new(ctx, &request));
	NEED(mdoc_request_add_document(request, DOC_TYPE));
	for (size_t i = 0; i < n; i++)
		NEED(mdoc_request_add_element(request, NS, names[i], 0));
	NEED(mdoc_request_encode(request, NULL, NULL, 0,
	    (mdoc_bytes){ NULL, 0 }, ret));
	mdoc_request_free(&request);
}

static void
respond(const struct input *in, mdoc_bytes issued, mdoc_bytes request,
    enum mdoc_device_auth mode, mdoc_buf *ret)
{
	mdoc_present_params p = { .size = sizeof p,
		.request = request,
		.transcript = span(&in->transcript),
		.mode = mode };
	mdoc_credential *credential;

	NEED(mdoc_credential_new(ctx, issued, &credential));
	NEED(mdoc_credential_set_key(credential, in->device));
	NEED(mdoc_present(ctx, &credential, 1, &p, ret, NULL));
	mdoc_credential_free(&credential);
}

/* n small elements, or one of size bytes. */
static void
scale_make(const struct input *in, size_t n, size_t size, mdoc_buf *ret)
{
	mdoc_issuer *issuer = issuer_make(in);
	mdoc_buf issued = MDOC_BUF_INIT, request = MDOC_BUF_INIT;
	char(*names)[16] = calloc(n, sizeof *names);
	const char **pointers = calloc(n, sizeof *pointers);
	char text[32];

	if (names == NULL || pointers == NULL)
		abort();
	for (size_t i = 0; i < n; i++) {
		snprintf(names[i], sizeof names[i], "e%04zu", i);
		snprintf(text, sizeof text, "value-%010zu", i);
		pointers[i] = names[i];
		add(issuer, names[i], size > 0 ? PORTRAIT : TEXT, text, size);
	}
	NEED(mdoc_issuer_sign(issuer, in->ds, in->x5chain, 1, &issued));
	request_make(&request, pointers, n);
	respond(in, span(&issued), span(&request), MDOC_DEVICE_AUTH_SIGNATURE,
	    ret);
	mdoc_issuer_free(&issuer);
	mdoc_buf_reset(&issued);
	mdoc_buf_reset(&request);
	free(names);
	free(pointers);
}

static void
session_make(struct input *in)
{
	mdoc_session *device, *reader;

	NEED(mdoc_session_new_device(ctx, in->edevice, &device));
	NEED(mdoc_session_new_reader(ctx, mdoc_session_engagement(device),
	    in->ereader, &reader));
	NEED(mdoc_session_send(reader, span(&in->request), &in->establishment));
	mdoc_session_free(&device);
	mdoc_session_free(&reader);
}

void
input_make(struct input *in)
{
	static const char *const six[] = { "family_name", "given_name",
		"birth_date", "document_number", "portrait",
		"driving_privileges" };
	mdoc_key **keys[] = { &in->iaca, &in->ds, &in->device, &in->edevice,
		&in->ereader };
	mdoc_session *device;

	memset(in, 0, sizeof *in);
	NEED(mdoc_ctx_new(&in->ctx));
	ctx = in->ctx;
	for (size_t i = 0; i < nitems(keys); i++)
		NEED(mdoc_key_generate(ctx, "P-256", keys[i]));
	certs_make(in);
	in->issuer = issuer_make(in);
	for (size_t i = 0; i < nitems(elements); i++)
		add(in->issuer, elements[i].name, elements[i].form,
		    elements[i].text, 20480);
	NEED(mdoc_issuer_sign(in->issuer, in->ds, in->x5chain, 1, &in->issued));
	NEED(mdoc_credential_new(ctx, span(&in->issued), &in->credential));
	NEED(mdoc_credential_set_key(in->credential, in->device));
	request_make(&in->request, six, nitems(six));
	NEED(mdoc_session_new_device(ctx, in->edevice, &device));
	NEED(mdoc_key_cose(in->ereader, &in->ereader_cose));
	NEED(mdoc_transcript_qr(ctx, mdoc_session_engagement(device),
	    span(&in->ereader_cose), &in->transcript));
	mdoc_session_free(&device);
	respond(in, span(&in->issued), span(&in->request),
	    MDOC_DEVICE_AUTH_SIGNATURE, &in->response_sig);
	respond(in, span(&in->issued), span(&in->request), MDOC_DEVICE_AUTH_MAC,
	    &in->response_mac);
	scale_make(in, 1000, 0, &in->response_1000);
	scale_make(in, 1, 1047000, &in->response_1m);
	session_make(in);
}

void
input_free(struct input *in)
{
	mdoc_key **keys[] = { &in->iaca, &in->ds, &in->device, &in->edevice,
		&in->ereader };
	mdoc_buf *bufs[] = { &in->iaca_cert, &in->ds_cert, &in->issued,
		&in->engagement, &in->ereader_cose, &in->transcript,
		&in->request, &in->response_sig, &in->response_mac,
		&in->response_1000, &in->response_1m, &in->establishment };

	mdoc_credential_free(&in->credential);
	mdoc_issuer_free(&in->issuer);
	mdoc_trust_free(&in->trust);
	for (size_t i = 0; i < nitems(keys); i++)
		mdoc_key_free(keys[i]);
	for (size_t i = 0; i < nitems(bufs); i++)
		mdoc_buf_reset(bufs[i]);
	mdoc_ctx_free(&in->ctx);
}

static size_t
items_lengths(const struct issuer_signed *s, size_t *lengths, size_t max,
    size_t *ret_mso)
{
	struct item_walk walk;
	struct item item;
	size_t n = 0;

	item_walk_start(&walk, s);
	while (n < max && item_walk_next(&walk, &item))
		lengths[n++] = item.whole.len;
	*ret_mso = s->issuer_auth.payload.len;
	return n;
}

size_t
input_items(mdoc_bytes in, size_t *lengths, size_t max, size_t *ret_mso)
{
	struct document document;
	struct response response;
	struct cbor_reader r;

	cbor_reader_init(&r, bytes_of(in.ptr, in.len));
	if (!response_read(&r, &response) ||
	    !response_next(&response, &document))
		abort();
	return items_lengths(&document.issuer_signed, lengths, max, ret_mso);
}

size_t
input_issued_items(mdoc_bytes in, size_t *lengths, size_t max, size_t *ret_mso)
{
	struct issuer_signed s;
	struct cbor_reader r;

	cbor_reader_init(&r, bytes_of(in.ptr, in.len));
	if (!issuer_signed_read(&r, &s))
		abort();
	return items_lengths(&s, lengths, max, ret_mso);
}
