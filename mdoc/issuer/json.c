/* SPDX-License-Identifier: BSD-3-Clause */
/* Data elements from JSON, typed by the profile of the docType. */
#include "config.h"

#include <jansson.h>
#include <stdlib.h>

#include "mdoc/issuer/issuer.h"

struct json_state {
	mdoc_issuer *issuer;
	const struct doctype *profile; /* NULL: not known */
	struct json_cbor cbor;
	struct blob value;
};

static int
json_read(mdoc_ctx *ctx, struct bytes in, json_t **ret)
{
	json_error_t e;
	json_t *root;

	root = json_loadb((const char *)in.ptr, in.len, JSON_REJECT_DUPLICATES,
	    &e);
	if (root == NULL)
		return ctx_fail(ctx, MDOC_E_JSON,
		    "JSON, line %d, column %d: %s", e.line, e.column, e.text);
	if (!json_is_object(root)) {
		json_decref(root);
		return ctx_fail(ctx, MDOC_E_JSON, "JSON: not an object");
	}
	*ret = root;
	return MDOC_OK;
}

static int
doc_type_get(mdoc_ctx *ctx, const json_t *root, struct bytes *ret)
{
	const json_t *value = json_object_get(root, "docType");

	if (!json_is_string(value))
		return ctx_fail(ctx, MDOC_E_JSON,
		    "JSON: \"docType\": a string expected");
	*ret = bytes_of(json_string_value(value), json_string_length(value));
	return MDOC_OK;
}

static int
profile_find(struct json_state *j)
{
	mdoc_issuer *issuer = j->issuer;
	struct doctypes_error e;
	int r;

	if (issuer->doctypes == NULL &&
	    (r = doctypes_new(&issuer->doctypes, &e)) != MDOC_OK)
		return ctx_fail(issuer->ctx, r, "%s", e.text);
	j->profile =
	    doctypes_find(issuer->doctypes, blob_bytes(&issuer->doc_type));
	return MDOC_OK;
}

static int
element_add(struct json_state *j, struct bytes name_space, const char *name,
    const json_t *value)
{
	const struct json_cbor_rule *rule = NULL;
	const struct bytes element = bytes_str(name);
	const size_t length = strlen(j->cbor.pointer);
	struct cbor_writer w;
	int r;

	if (j->profile != NULL)
		rule = doctype_element(j->profile, name_space, element);
	blob_clear(&j->value);
	cbor_writer_init(&w, &j->value);
	json_cbor_enter(&j->cbor, name);
	r = json_cbor_write(&j->cbor, value, rule, &w);
	json_cbor_leave(&j->cbor, length);
	if (r != MDOC_OK)
		return ctx_fail(j->issuer->ctx, r, "%s", j->cbor.error);
	if (w.error != CBOR_OK)
		return ctx_fail(j->issuer->ctx, MDOC_E_MEMORY, "out of memory");
	return issuer_add(j->issuer, name_space, element,
	    blob_bytes(&j->value));
}

static int
name_space_add(struct json_state *j, const char *name, json_t *elements)
{
	const size_t length = strlen(j->cbor.pointer);
	const char *element;
	json_t *value;
	int r = MDOC_OK;

	if (!json_is_object(elements) || json_object_size(elements) == 0)
		return ctx_fail(j->issuer->ctx, MDOC_E_JSON,
		    "JSON: namespace \"%s\": an object with elements expected",
		    name);
	json_cbor_enter(&j->cbor, name);
	json_object_foreach(elements, element, value)
	{
		r = element_add(j, bytes_str(name), element, value);
		if (r != MDOC_OK)
			break;
	}
	json_cbor_leave(&j->cbor, length);
	return r;
}

static int
root_add(struct json_state *j, const json_t *root)
{
	mdoc_ctx *ctx = j->issuer->ctx;
	json_t *spaces = json_object_get(root, "namespaces");
	struct bytes doc_type = BYTES_NULL;
	const char *name;
	json_t *elements;
	int r;

	if ((r = doc_type_get(ctx, root, &doc_type)) != MDOC_OK)
		return r;
	if (!bytes_equal(doc_type, blob_bytes(&j->issuer->doc_type)))
		return ctx_fail(ctx, MDOC_E_JSON,
		    "JSON: \"docType\" is %.*s, not %.*s", (int)doc_type.len,
		    (const char *)doc_type.ptr, (int)j->issuer->doc_type.len,
		    (const char *)j->issuer->doc_type.ptr);
	if (!json_is_object(spaces) || json_object_size(spaces) == 0)
		return ctx_fail(ctx, MDOC_E_JSON,
		    "JSON: \"namespaces\": an object with namespaces expected");
	if ((r = profile_find(j)) != MDOC_OK)
		return r;
	json_cbor_enter(&j->cbor, "namespaces");
	json_object_foreach(spaces, name, elements)
	{
		r = name_space_add(j, name, elements);
		if (r != MDOC_OK)
			return r;
	}
	return MDOC_OK;
}

/* What was added by a call that fails is taken back. */
static void
rewind_to(mdoc_issuer *issuer, size_t elements, size_t name_spaces,
    size_t store)
{
	while (issuer->elements_n > elements) {
		issuer->elements_n--;
		issuer
		    ->name_spaces[issuer->elements[issuer->elements_n]
				      .name_space]
		    .count--;
	}
	issuer->name_spaces_n = name_spaces;
	blob_truncate(&issuer->store, store);
}

int
mdoc_issuer_add_json(mdoc_issuer *issuer, mdoc_bytes json, const char *folder)
{
	const size_t elements = issuer->elements_n;
	const size_t name_spaces = issuer->name_spaces_n;
	const size_t store = issuer->store.len;
	struct json_state *j;
	json_t *root = NULL;
	int r;

	j = calloc(1, sizeof(*j));
	if (j == NULL)
		return ctx_fail(issuer->ctx, MDOC_E_MEMORY, "out of memory");
	j->issuer = issuer;
	j->cbor.folder = folder;
	r = json_read(issuer->ctx, from_public(json), &root);
	if (r == MDOC_OK)
		r = root_add(j, root);
	if (r != MDOC_OK)
		rewind_to(issuer, elements, name_spaces, store);
	json_decref(root);
	blob_reset(&j->value);
	free(j);
	return r;
}

int
mdoc_issuer_json_doc_type(mdoc_ctx *ctx, mdoc_bytes json, mdoc_buf *ret)
{
	struct blob text = BLOB_INIT;
	struct bytes doc_type = BYTES_NULL;
	json_t *root = NULL;
	int r;

	r = json_read(ctx, from_public(json), &root);
	if (r == MDOC_OK)
		r = doc_type_get(ctx, root, &doc_type);
	/* With a NUL behind it, for mdoc_issuer_new. */
	if (r == MDOC_OK &&
	    (!blob_append_bytes(&text, doc_type) || !blob_append_u8(&text, 0)))
		r = ctx_fail(ctx, MDOC_E_MEMORY, "out of memory");
	if (r == MDOC_OK) {
		text.len--;
		buf_take_blob(ret, &text);
	}
	blob_reset(&text);
	json_decref(root);
	return r;
}

/* ---- what the profile wants */

struct missing_state {
	mdoc_issuer *issuer;
	int (*fn)(void *arg, const char *name_space, const char *element);
	void *arg;
	int result;
};

static bool
missing_has(void *arg, const char *name_space, const char *element)
{
	const mdoc_issuer *issuer = ((const struct missing_state *)arg)->issuer;
	const struct issuer_element *e;

	for (size_t i = 0; i < issuer->elements_n; i++) {
		e = &issuer->elements[i];
		if (bytes_equal_str(issuer_bytes(issuer,
					issuer->name_spaces[e->name_space]
					    .name),
			name_space) &&
		    (element == NULL ||
			bytes_equal_str(issuer_bytes(issuer, e->name),
			    element)))
			return true;
	}
	return false;
}

static void
missing_found(void *arg, const char *name_space, const char *element)
{
	struct missing_state *m = arg;

	if (m->result == 0)
		m->result = m->fn(m->arg, name_space, element);
}

int
mdoc_issuer_missing(mdoc_issuer *issuer,
    int (*fn)(void *arg, const char *name_space, const char *element),
    void *arg)
{
	struct json_state j = { .issuer = issuer };
	struct missing_state state = { issuer, fn, arg, 0 };
	const struct doctype_missing m = { missing_has, missing_found, &state };
	int r;

	if ((r = profile_find(&j)) != MDOC_OK)
		return r;
	if (j.profile != NULL)
		doctype_find_missing(j.profile, &m);
	return MDOC_OK;
}
