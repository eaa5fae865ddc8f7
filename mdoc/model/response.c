/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/cbor-short.h"
#include "mdoc/codec/shape.h"
#include "mdoc/model/response.h"

/* ---- IssuerSigned */

static bool
read_item_bytes(struct cbor_reader *r, void *arg)
{
	(void)arg;
	return cbor_get_tag24(r, NULL, NULL) ||
	    cbor_expect(r, "IssuerSignedItemBytes: #6.24 of a byte string");
}

/* A hundred items are a hundred calls less. Otherwise: false, r as it was. */
static bool
read_short_items(struct cbor_reader *r)
{
	struct bytes in = cbor_short_begin(r), content;
	size_t count, head;

	if (!cbor_short_head(in, CBOR_KIND_ARRAY, &count, &head) ||
	    count == 0 || count >= r->items_left / 2 ||
	    r->depth >= CBOR_MAX_DEPTH)
		return false;
	cbor_short_consume(&in, head);
	for (size_t i = 0; i < count; i++) {
		if (!cbor_short_tag24(&in, &content))
			return false;
	}
	cbor_short_end(r, in, 1 + 2 * count);
	return true;
}

static bool
read_items(struct cbor_reader *r, struct bytes name_space, void *arg)
{
	(void)name_space;
	if (read_short_items(r))
		return true;
	return shape_elements(r,
	    "IssuerNameSpaces: an array of IssuerSignedItemBytes",
	    read_item_bytes, arg, NULL);
}

static bool
read_name_spaces(struct cbor_reader *r, void *arg)
{
	struct issuer_signed *s = arg;
	const uint8_t *start = r->ptr;

	if (!shape_entries(r, "issuerSigned.nameSpaces: a map of namespaces",
		read_items, NULL))
		return false;
	s->name_spaces = bytes_of(start, (size_t)(r->ptr - start));
	return true;
}

static bool
read_issuer_auth(struct cbor_reader *r, void *arg)
{
	struct issuer_signed *s = arg;

	return cose_read(r, false, &s->issuer_auth);
}

static const struct shape_member issuer_signed_members[] = {
	SHAPE_MEMBER("nameSpaces", false, read_name_spaces,
	    "issuerSigned.nameSpaces: a map of namespaces"),
	SHAPE_MEMBER("issuerAuth", true, read_issuer_auth,
	    "issuerSigned.issuerAuth: COSE_Sign1"),
};

static const struct shape issuer_signed_shape = { "issuerSigned: a map",
	issuer_signed_members, nitems(issuer_signed_members) };

bool
issuer_signed_read(struct cbor_reader *r, struct issuer_signed *ret)
{
	struct issuer_signed s = { .source = *r };

	if (!shape_map(r, &issuer_signed_shape, &s))
		return false;
	*ret = s;
	return true;
}

void
issuer_signed_write(struct cbor_writer *w, struct bytes name_spaces,
    struct bytes issuer_auth)
{
	const bool has_name_spaces = !bytes_is_null(name_spaces);

	cbor_put_map(w, has_name_spaces ? 2 : 1);
	if (has_name_spaces) {
		cbor_put_str(w, "nameSpaces");
		cbor_put_raw(w, name_spaces);
	}
	cbor_put_str(w, "issuerAuth");
	cbor_put_raw(w, issuer_auth);
}

/* ---- Document */

static bool
read_device_items(struct cbor_reader *r, struct bytes name_space, void *arg)
{
	(void)name_space;
	return shape_entries(r, "DeviceNameSpaces: a map of elements",
	    shape_entry_any, arg);
}

/* {* NameSpace => {+ element => any}}: usually empty. */
static bool
read_device_name_spaces(struct cbor_reader *nested, void *arg)
{
	struct cbor_item item;

	if (!cbor_peek(nested, &item))
		return false;
	if (item.kind == CBOR_KIND_MAP && item.value == 0 && !item.indefinite)
		return cbor_skip(nested, NULL);
	return shape_entries(nested, "DeviceNameSpaces: a map of namespaces",
	    read_device_items, arg);
}

static bool
read_device_name_spaces_bytes(struct cbor_reader *r, void *arg)
{
	struct document *d = arg;

	return shape_tag24(r, read_device_name_spaces, NULL,
	    &d->device_name_spaces, &d->device_name_spaces_bytes);
}

static bool
read_device_auth_of(struct cbor_reader *r, struct document *d,
    enum device_auth_kind kind)
{
	if (d->device_auth_kind != DEVICE_AUTH_NONE)
		return cbor_fail(r, CBOR_E_RANGE, cbor_offset(r),
		    "deviceAuth: deviceSignature or deviceMac, not both");
	d->device_auth_kind = kind;
	return cose_read(r, kind == DEVICE_AUTH_MAC, &d->device_auth);
}

static bool
read_device_signature(struct cbor_reader *r, void *arg)
{
	return read_device_auth_of(r, arg, DEVICE_AUTH_SIGNATURE);
}

static bool
read_device_mac(struct cbor_reader *r, void *arg)
{
	return read_device_auth_of(r, arg, DEVICE_AUTH_MAC);
}

static const struct shape_member device_auth_members[] = {
	SHAPE_MEMBER("deviceSignature", false, read_device_signature,
	    "deviceAuth.deviceSignature: COSE_Sign1"),
	SHAPE_MEMBER("deviceMac", false, read_device_mac,
	    "deviceAuth.deviceMac: COSE_Mac0"),
};

static const struct shape device_auth_shape = {
	"deviceSigned.deviceAuth: a map", device_auth_members,
	nitems(device_auth_members)
};

static bool
read_device_auth(struct cbor_reader *r, void *arg)
{
	const struct document *d = arg;
	const size_t offset = cbor_offset(r);

	if (!shape_map(r, &device_auth_shape, arg))
		return false;
	if (d->device_auth_kind == DEVICE_AUTH_NONE)
		return cbor_fail(r, CBOR_E_MISSING, offset,
		    "deviceAuth: deviceSignature or deviceMac");
	return true;
}

static const struct shape_member device_signed_members[] = {
	SHAPE_MEMBER("nameSpaces", true, read_device_name_spaces_bytes,
	    "deviceSigned.nameSpaces: DeviceNameSpacesBytes, #6.24 of a map"),
	SHAPE_MEMBER("deviceAuth", true, read_device_auth,
	    "deviceSigned.deviceAuth: a map"),
};

static const struct shape device_signed_shape = { "deviceSigned: a map",
	device_signed_members, nitems(device_signed_members) };

static bool
read_doc_type(struct cbor_reader *r, void *arg)
{
	struct document *d = arg;

	return cbor_get_tstr(r, &d->doc_type);
}

static bool
read_issuer_signed(struct cbor_reader *r, void *arg)
{
	struct document *d = arg;

	return issuer_signed_read(r, &d->issuer_signed);
}

static bool
read_device_signed(struct cbor_reader *r, void *arg)
{
	struct document *d = arg;

	d->has_device_signed = true;
	return shape_map(r, &device_signed_shape, d);
}

static bool
read_error_items(struct cbor_reader *r, struct bytes name_space, void *arg)
{
	(void)name_space;
	return shape_entries(r, "Document.errors: element => integer",
	    shape_entry_int, arg);
}

static bool
read_errors(struct cbor_reader *r, void *arg)
{
	struct document *d = arg;
	const uint8_t *start = r->ptr;

	if (!shape_entries(r, "Document.errors: a map of namespaces",
		read_error_items, NULL))
		return false;
	d->errors = bytes_of(start, (size_t)(r->ptr - start));
	return true;
}

static const struct shape_member document_members[] = {
	SHAPE_MEMBER("docType", true, read_doc_type, "Document.docType: text"),
	SHAPE_MEMBER("issuerSigned", true, read_issuer_signed,
	    "Document.issuerSigned: a map"),
	SHAPE_MEMBER("deviceSigned", false, read_device_signed,
	    "Document.deviceSigned: a map"),
	SHAPE_MEMBER("errors", false, read_errors,
	    "Document.errors: a map of namespaces"),
};

static const struct shape document_shape = { "Document: a map",
	document_members, nitems(document_members) };

static bool
document_read(struct cbor_reader *r, struct document *d)
{
	const uint8_t *start = r->ptr;

	*d = (struct document){ .offset = cbor_offset(r) };
	if (!shape_map(r, &document_shape, d))
		return false;
	d->whole = bytes_of(start, (size_t)(r->ptr - start));
	return true;
}

void
document_write(struct cbor_writer *w, const struct document *d)
{
	const bool mac = d->device_auth_kind == DEVICE_AUTH_MAC;
	const bool has_errors = !bytes_is_null(d->errors);

	cbor_put_map(w, has_errors ? 4 : 3);
	cbor_put_str(w, "docType");
	cbor_put_tstr(w, d->doc_type);
	cbor_put_str(w, "issuerSigned");
	issuer_signed_write(w, d->issuer_signed.name_spaces,
	    d->issuer_signed.issuer_auth.whole);
	cbor_put_str(w, "deviceSigned");
	cbor_put_map(w, 2);
	cbor_put_str(w, "nameSpaces");
	cbor_put_tag24(w, d->device_name_spaces);
	cbor_put_str(w, "deviceAuth");
	cbor_put_map(w, 1);
	cbor_put_str(w, mac ? "deviceMac" : "deviceSignature");
	cbor_put_raw(w, d->device_auth.whole);
	if (has_errors) {
		cbor_put_str(w, "errors");
		cbor_put_raw(w, d->errors);
	}
}

/* ---- DeviceResponse */

static bool
read_version(struct cbor_reader *r, void *arg)
{
	struct response *q = arg;

	return shape_version(r, &q->version, NULL);
}

/* Leaves q->docs before the first one. */
static bool
read_document(struct cbor_reader *r, void *arg)
{
	struct response *q = arg;
	struct document other;

	if (q->count++ > 0)
		return document_read(r, &other);
	q->docs = *r;
	if (!document_read(r, &q->first))
		return false;
	q->second = r->ptr;
	return true;
}

static bool
read_documents(struct cbor_reader *r, void *arg)
{
	return shape_elements(r, "DeviceResponse.documents: an array",
	    read_document, arg, NULL);
}

static bool
read_zk_documents(struct cbor_reader *r, void *arg)
{
	struct response *q = arg;

	q->has_zk_documents = true;
	return shape_elements(r, "DeviceResponse.zkDocuments: an array",
	    shape_any, NULL, NULL);
}

static bool
read_encrypted_documents(struct cbor_reader *r, void *arg)
{
	struct response *q = arg;

	q->has_encrypted_documents = true;
	return shape_elements(r, "DeviceResponse.encryptedDocuments: an array",
	    shape_any, NULL, NULL);
}

static bool
read_document_error(struct cbor_reader *r, void *arg)
{
	return shape_entries(r, "documentErrors: docType => integer",
	    shape_entry_int, arg);
}

static bool
read_document_errors(struct cbor_reader *r, void *arg)
{
	struct response *q = arg;
	const uint8_t *start = r->ptr;

	if (!shape_elements(r, "DeviceResponse.documentErrors: an array",
		read_document_error, NULL, NULL))
		return false;
	q->document_errors = bytes_of(start, (size_t)(r->ptr - start));
	return true;
}

static bool
read_status(struct cbor_reader *r, void *arg)
{
	struct response *q = arg;

	return cbor_get_uint(r, &q->status);
}

static const struct shape_member response_members[] = {
	SHAPE_MEMBER("version", true, read_version,
	    "DeviceResponse.version: text \"1.x\""),
	SHAPE_MEMBER("documents", false, read_documents,
	    "DeviceResponse.documents: an array"),
	SHAPE_MEMBER("zkDocuments", false, read_zk_documents,
	    "DeviceResponse.zkDocuments: an array"),
	SHAPE_MEMBER("encryptedDocuments", false, read_encrypted_documents,
	    "DeviceResponse.encryptedDocuments: an array"),
	SHAPE_MEMBER("documentErrors", false, read_document_errors,
	    "DeviceResponse.documentErrors: an array"),
	SHAPE_MEMBER("status", true, read_status,
	    "DeviceResponse.status: an unsigned integer"),
};

static const struct shape response_shape = { "DeviceResponse: a map",
	response_members, nitems(response_members) };

bool
response_read(struct cbor_reader *r, struct response *ret)
{
	struct response q = { .docs = *r };

	if (!shape_map(r, &response_shape, &q) || !cbor_finish(r))
		return cbor_expect(r, response_shape.what);
	q.left = q.count;
	*ret = q;
	return true;
}

bool
response_next(struct response *q, struct document *ret)
{
	struct document d;

	if (q->left == 0 || q->docs.error != CBOR_OK)
		return false;
	if (q->left == q->count) {
		d = q->first;
		q->docs.ptr = q->second;
	} else if (!document_read(&q->docs, &d)) {
		return false;
	}
	q->left--;
	*ret = d;
	return true;
}

void
response_write_head(struct cbor_writer *w, uint64_t documents,
    bool has_document_errors)
{
	cbor_put_map(w, (documents > 0) + (has_document_errors ? 3U : 2U));
	cbor_put_str(w, "version");
	cbor_put_str(w, "1.0");
	if (documents > 0) {
		cbor_put_str(w, "documents");
		cbor_put_array(w, documents);
	}
}

void
response_write_tail(struct cbor_writer *w, struct bytes document_errors,
    uint64_t status)
{
	if (!bytes_is_null(document_errors)) {
		cbor_put_str(w, "documentErrors");
		cbor_put_raw(w, document_errors);
	}
	cbor_put_str(w, "status");
	cbor_put_uint(w, status);
}
