/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "mdoc/codec/shape.h"
#include "mdoc/model/request.h"

/* ---- DocRequest */

static bool
read_doc_type(struct cbor_reader *r, void *arg)
{
	struct doc_request *d = arg;

	return cbor_get_tstr(r, &d->doc_type);
}

static bool
read_intent(struct cbor_reader *r, struct bytes element, void *arg)
{
	bool intent;

	(void)element;
	(void)arg;
	return cbor_get_bool(r, &intent);
}

static bool
read_elements(struct cbor_reader *r, struct bytes name_space, void *arg)
{
	(void)name_space;
	return shape_entries(r,
	    "ItemsRequest.nameSpaces: a map of elements, each with a bool",
	    read_intent, arg);
}

static bool
read_name_spaces(struct cbor_reader *r, void *arg)
{
	struct doc_request *d = arg;
	const uint8_t *start = r->ptr;

	if (!shape_entries(r, "ItemsRequest.nameSpaces: a map of namespaces",
		read_elements, NULL))
		return false;
	d->name_spaces = bytes_of(start, (size_t)(r->ptr - start));
	return true;
}

static bool
read_request_info(struct cbor_reader *r, void *arg)
{
	struct doc_request *d = arg;
	const uint8_t *start = r->ptr;

	if (!shape_entries(r, "ItemsRequest.requestInfo: a map, not empty",
		shape_entry_any, NULL))
		return false;
	d->request_info = bytes_of(start, (size_t)(r->ptr - start));
	return true;
}

static const struct shape_member items_members[] = {
	SHAPE_MEMBER("docType", true, read_doc_type,
	    "ItemsRequest.docType: text"),
	SHAPE_MEMBER("nameSpaces", true, read_name_spaces,
	    "ItemsRequest.nameSpaces: a map of namespaces"),
	SHAPE_MEMBER("requestInfo", false, read_request_info,
	    "ItemsRequest.requestInfo: a map, not empty"),
};

static const struct shape items_shape = { "ItemsRequest: a map", items_members,
	nitems(items_members) };

static bool
read_items_content(struct cbor_reader *nested, void *arg)
{
	return shape_map(nested, &items_shape, arg);
}

static bool
read_items_request(struct cbor_reader *r, void *arg)
{
	struct doc_request *d = arg;

	return shape_tag24(r, read_items_content, d, NULL, &d->items_bytes);
}

static bool
read_reader_auth(struct cbor_reader *r, void *arg)
{
	struct doc_request *d = arg;

	d->has_reader_auth = true;
	return cose_read(r, false, &d->reader_auth);
}

static const struct shape_member doc_members[] = {
	SHAPE_MEMBER("itemsRequest", true, read_items_request,
	    "DocRequest.itemsRequest: ItemsRequestBytes, #6.24 of a map"),
	SHAPE_MEMBER("readerAuth", false, read_reader_auth,
	    "DocRequest.readerAuth: COSE_Sign1"),
};

static const struct shape doc_shape = { "DocRequest: a map", doc_members,
	nitems(doc_members) };

static bool
doc_request_read(struct cbor_reader *r, struct doc_request *d)
{
	*d = (struct doc_request){ .source = *r, .offset = cbor_offset(r) };
	return shape_map(r, &doc_shape, d);
}

/* ---- DeviceRequest */

struct parse {
	struct request request;
	unsigned minor;
	struct bytes info; /* items of the second edition, or NULL */
	struct bytes auth_all;
};

static bool
read_version(struct cbor_reader *r, void *arg)
{
	struct parse *p = arg;

	return shape_version(r, &p->request.version, &p->minor);
}

static bool
read_doc_request(struct cbor_reader *r, void *arg)
{
	struct request *q = arg;
	struct doc_request other;

	if (q->count++ > 0)
		return doc_request_read(r, &other);
	q->docs = *r;
	if (!doc_request_read(r, &q->first))
		return false;
	q->second = r->ptr;
	return true;
}

static bool
read_doc_requests(struct cbor_reader *r, void *arg)
{
	struct parse *p = arg;

	return shape_elements(r, "DeviceRequest.docRequests: an array",
	    read_doc_request, &p->request, NULL);
}

static bool
read_info(struct cbor_reader *r, void *arg)
{
	struct parse *p = arg;

	return cbor_skip(r, &p->info);
}

static bool
read_auth_all(struct cbor_reader *r, void *arg)
{
	struct parse *p = arg;

	return cbor_skip(r, &p->auth_all);
}

static const struct shape_member members[] = {
	SHAPE_MEMBER("version", true, read_version,
	    "DeviceRequest.version: text \"1.x\""),
	SHAPE_MEMBER("docRequests", true, read_doc_requests,
	    "DeviceRequest.docRequests: an array"),
	SHAPE_MEMBER("deviceRequestInfo", false, read_info,
	    "DeviceRequest.deviceRequestInfo: #6.24 of a map"),
	SHAPE_MEMBER("readerAuthAll", false, read_auth_all,
	    "DeviceRequest.readerAuthAll: an array of COSE_Sign1"),
};

static const struct shape shape = { "DeviceRequest: a map", members,
	nitems(members) };

static bool
read_info_map(struct cbor_reader *nested, void *arg)
{
	return shape_entries(nested,
	    "DeviceRequest.deviceRequestInfo: a map, not empty",
	    shape_entry_any, arg);
}

static bool
read_auth_of_all(struct cbor_reader *r, void *arg)
{
	struct cose cose;

	(void)arg;
	return cose_read(r, false, &cose);
}

/*
 * Only now is it known whether they count: in version 1.0 they are members
 * without a meaning, which are ignored (18013-5 8.3).
 */
static bool
read_second_edition(struct cbor_reader *r, struct parse *p)
{
	struct request *q = &p->request;
	struct cbor_reader nested;
	bool good = true;

	if (p->minor == 0)
		return true;
	if (!bytes_is_null(p->info)) {
		cbor_reader_nested(&nested, r, p->info);
		good = shape_tag24(&nested, read_info_map, NULL,
		    &q->device_request_info, &q->device_request_info_bytes);
		cbor_expect(&nested,
		    "DeviceRequest.deviceRequestInfo: #6.24 of a map");
		good = cbor_reader_leave(r, &nested) && good;
	}
	if (good && !bytes_is_null(p->auth_all)) {
		cbor_reader_nested(&nested, r, p->auth_all);
		good = shape_elements(&nested,
		    "DeviceRequest.readerAuthAll: an array of COSE_Sign1",
		    read_auth_of_all, NULL, NULL);
		good = cbor_reader_leave(r, &nested) && good;
		q->reader_auth_all = p->auth_all;
	}
	return good;
}

bool
request_read(struct cbor_reader *r, struct request *ret)
{
	struct parse p = { .minor = 0 };

	if (!shape_map(r, &shape, &p) || !cbor_finish(r))
		return cbor_expect(r, shape.what);
	if (!read_second_edition(r, &p))
		return false;
	p.request.left = p.request.count;
	*ret = p.request;
	return true;
}

bool
request_next(struct request *q, struct doc_request *ret)
{
	struct doc_request d;

	if (q->left == 0 || q->docs.error != CBOR_OK)
		return false;
	if (q->left == q->count) {
		q->docs.ptr = q->second;
		q->left--;
		*ret = q->first;
		return true;
	}
	if (!doc_request_read(&q->docs, &d))
		return false;
	q->left--;
	*ret = d;
	return true;
}

/* The elements of one namespace. */
static bool
each_element(struct cbor_reader *r, struct element_request *e,
    bool (*fn)(void *arg, const struct element_request *e), void *arg)
{
	struct cbor_map map;
	struct cbor_item key;

	if (!cbor_enter_map(r, &map))
		return false;
	while (cbor_map_next(r, &map, &key)) {
		e->element = key.str;
		if (!cbor_get_bool(r, &e->intent_to_retain) || !fn(arg, e))
			return false;
	}
	return r->error == CBOR_OK;
}

bool
doc_request_each(const struct doc_request *d,
    bool (*fn)(void *arg, const struct element_request *e), void *arg)
{
	struct element_request e;
	struct cbor_reader r;
	struct cbor_map map;
	struct cbor_item key;

	cbor_reader_nested(&r, &d->source, d->name_spaces);
	if (!cbor_enter_map(&r, &map))
		return false;
	while (cbor_map_next(&r, &map, &key)) {
		e.name_space = key.str;
		if (!each_element(&r, &e, fn, arg))
			return false;
	}
	return r.error == CBOR_OK;
}

/* ---- writing */

void
items_request_write_head(struct cbor_writer *w, struct bytes doc_type,
    uint64_t name_spaces)
{
	cbor_put_map(w, 2);
	cbor_put_str(w, "docType");
	cbor_put_tstr(w, doc_type);
	cbor_put_str(w, "nameSpaces");
	cbor_put_map(w, name_spaces);
}

void
request_write_head(struct cbor_writer *w, uint64_t doc_requests)
{
	cbor_put_map(w, 2);
	cbor_put_str(w, "version");
	cbor_put_str(w, "1.0");
	cbor_put_str(w, "docRequests");
	cbor_put_array(w, doc_requests);
}

void
doc_request_write(struct cbor_writer *w, struct bytes items_bytes,
    struct bytes reader_auth)
{
	const bool has_auth = !bytes_is_null(reader_auth);

	cbor_put_map(w, has_auth ? 2 : 1);
	cbor_put_str(w, "itemsRequest");
	cbor_put_raw(w, items_bytes);
	if (has_auth) {
		cbor_put_str(w, "readerAuth");
		cbor_put_raw(w, reader_auth);
	}
}
