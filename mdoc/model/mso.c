/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "common/cbor-short.h"
#include "mdoc/codec/shape.h"
#include "mdoc/model/mso.h"

#define DIGEST_ID_MAX 0x7fffffff
/* Namespaces of keyAuthorizations, compared with each other. */
#define AUTHORIZED_MAX 64

static struct bytes
since(const struct cbor_reader *r, const uint8_t *start)
{
	return bytes_of(start, (size_t)(r->ptr - start));
}

static bool
read_version(struct cbor_reader *r, void *arg)
{
	struct mso *m = arg;

	return shape_version(r, &m->version, NULL);
}

/* Only what 18013-5 12.3.4 names, as it spells it. */
static bool
read_digest_algorithm(struct cbor_reader *r, void *arg)
{
	struct mso *m = arg;

	if (!cbor_get_tstr(r, &m->digest_algorithm))
		return false;
	m->has_hash = hash_by_name(m->digest_algorithm, &m->hash) &&
	    m->hash != HASH_SHA1 &&
	    bytes_equal_str(m->digest_algorithm, hash_name(m->hash));
	return true;
}

/* ---- valueDigests */

/*
 * Ascending, as most issuers write them, so that nothing can be there twice:
 * a fifth of the time. Anything else, errors included: false, and r as it was.
 */
static bool
read_ascending(struct cbor_reader *r)
{
	struct bytes in = cbor_short_begin(r), digest;
	uint64_t id, least = 0;
	size_t count, head;

	if (!cbor_short_head(in, CBOR_KIND_MAP, &count, &head) || count == 0 ||
	    count >= r->items_left / 2 || r->depth >= CBOR_MAX_DEPTH)
		return false;
	cbor_short_consume(&in, head);
	for (size_t i = 0; i < count; i++) {
		if (!cbor_short_uint(&in, &id) || id < least ||
		    id > DIGEST_ID_MAX || !cbor_short_bstr(&in, &digest))
			return false;
		least = id + 1;
	}
	cbor_short_end(r, in, 1 + 2 * count);
	return true;
}

static bool
read_digests(struct cbor_reader *r)
{
	static const char *const what =
	    "MSO.valueDigests: digestID below 2^31 => byte string";
	const size_t offset = cbor_offset(r);
	struct cbor_map map;
	struct cbor_item key;
	struct bytes digest;

	if (read_ascending(r))
		return true;
	if (!cbor_enter_map(r, &map))
		return cbor_expect(r, what);
	if (map.count == 0)
		return cbor_fail(r, CBOR_E_RANGE, offset, what);
	while (cbor_map_next(r, &map, &key)) {
		if (key.kind != CBOR_KIND_UINT || key.value > DIGEST_ID_MAX)
			return cbor_fail(r, CBOR_E_RANGE, key.offset, what);
		if (!cbor_get_bstr(r, &digest))
			break;
	}
	return cbor_expect(r, what);
}

static bool
read_name_space(struct cbor_reader *r, struct bytes key, void *arg)
{
	struct mso *m = arg;
	const uint8_t *start = m->value_digests.ptr;
	struct mso_name_space *n = &m->name_spaces[m->name_spaces_n];

	if (m->name_spaces_n == MSO_MAX_NAME_SPACES)
		return cbor_fail(r, CBOR_E_ITEMS, cbor_offset(r),
		    "MSO.valueDigests: at most 64 namespaces");
	m->name_spaces_n++;
	/* The key's characters end where its value starts. */
	n->key = (uint32_t)(key.ptr - start);
	n->digests = (uint32_t)(r->ptr - start);
	if (!read_digests(r))
		return false;
	n->end = (uint32_t)(r->ptr - start);
	return true;
}

static bool
read_value_digests(struct cbor_reader *r, void *arg)
{
	struct mso *m = arg;

	m->value_digests.ptr = r->ptr;
	if (!shape_entries(r, "MSO.valueDigests: a map of namespaces",
		read_name_space, m))
		return false;
	m->value_digests = since(r, m->value_digests.ptr);
	return true;
}

/* ---- deviceKeyInfo */

static bool
read_device_key(struct cbor_reader *r, void *arg)
{
	struct mso *m = arg;
	const uint8_t *start = r->ptr;

	if (!cose_key_read(r, false, &m->device_key))
		return false;
	m->device_key_bytes = since(r, start);
	return true;
}

static bool
read_authorized_name_spaces(struct cbor_reader *r, void *arg)
{
	struct mso *m = arg;
	const size_t offset = cbor_offset(r);
	const uint8_t *start = r->ptr;
	uint64_t count;

	if (!shape_elements(r, "keyAuthorizations.nameSpaces: an array of text",
		shape_tstr, NULL, &count))
		return false;
	if (count > AUTHORIZED_MAX)
		return cbor_fail(r, CBOR_E_ITEMS, offset,
		    "keyAuthorizations.nameSpaces: at most 64");
	m->authorized_name_spaces = since(r, start);
	return true;
}

static bool
read_authorized_elements_of(struct cbor_reader *r, struct bytes name_space,
    void *arg)
{
	(void)name_space;
	return shape_elements(r,
	    "keyAuthorizations.dataElements: an array of text", shape_tstr, arg,
	    NULL);
}

static bool
read_authorized_elements(struct cbor_reader *r, void *arg)
{
	struct mso *m = arg;
	const uint8_t *start = r->ptr;

	if (!shape_entries(r,
		"keyAuthorizations.dataElements: a map of namespaces",
		read_authorized_elements_of, NULL))
		return false;
	m->authorized_elements = since(r, start);
	return true;
}

static const struct shape_member authorizations_members[] = {
	SHAPE_MEMBER("nameSpaces", false, read_authorized_name_spaces,
	    "keyAuthorizations.nameSpaces: an array of text"),
	SHAPE_MEMBER("dataElements", false, read_authorized_elements,
	    "keyAuthorizations.dataElements: a map of namespaces"),
};

static const struct shape authorizations_shape = { "keyAuthorizations: a map",
	authorizations_members, nitems(authorizations_members) };

/* Is the namespace one of the array's? */
static bool
name_space_listed(const struct mso *m, struct bytes name_space)
{
	struct cbor_reader r;
	struct bytes text;
	uint64_t left;

	cbor_reader_nested(&r, &m->source, m->authorized_name_spaces);
	if (!cbor_enter_array(&r, &left))
		return false;
	for (; left > 0 && cbor_get_tstr(&r, &text); left--) {
		if (bytes_equal(text, name_space))
			return true;
	}
	return false;
}

/* Authorised as a whole, a namespace has no elements authorised singly. */
static bool
check_authorized_once(struct cbor_reader *r, struct bytes name_space, void *arg)
{
	const size_t offset = cbor_offset(r);

	if (name_space_listed(arg, name_space))
		return cbor_fail(r, CBOR_E_RANGE, offset,
		    "keyAuthorizations: a namespace in nameSpaces or in "
		    "dataElements");
	return cbor_skip(r, NULL);
}

static bool
read_authorizations(struct cbor_reader *r, void *arg)
{
	struct mso *m = arg;
	const size_t offset = cbor_offset(r);
	struct cbor_reader nested;
	bool good;

	if (!shape_map(r, &authorizations_shape, m))
		return false;
	if (bytes_is_null(m->authorized_name_spaces) &&
	    bytes_is_null(m->authorized_elements))
		return cbor_fail(r, CBOR_E_RANGE, offset,
		    "keyAuthorizations: nameSpaces or dataElements");
	if (bytes_is_null(m->authorized_name_spaces) ||
	    bytes_is_null(m->authorized_elements))
		return true;
	cbor_reader_nested(&nested, r, m->authorized_elements);
	good = shape_entries(&nested,
	    "keyAuthorizations.dataElements: a map of namespaces",
	    check_authorized_once, m);
	return cbor_reader_leave(r, &nested) && good;
}

static bool
read_key_info(struct cbor_reader *r, void *arg)
{
	struct bytes info;

	(void)arg;
	return shape_span(r, CBOR_KIND_MAP, &info);
}

static const struct shape_member key_members[] = {
	SHAPE_MEMBER("deviceKey", true, read_device_key,
	    "deviceKeyInfo.deviceKey: COSE_Key"),
	SHAPE_MEMBER("keyAuthorizations", false, read_authorizations,
	    "deviceKeyInfo.keyAuthorizations: a map"),
	SHAPE_MEMBER("keyInfo", false, read_key_info,
	    "deviceKeyInfo.keyInfo: a map"),
};

static const struct shape key_shape = { "MSO.deviceKeyInfo: a map", key_members,
	nitems(key_members) };

static bool
read_device_key_info(struct cbor_reader *r, void *arg)
{
	return shape_map(r, &key_shape, arg);
}

/* ---- validityInfo */

static bool
read_signed(struct cbor_reader *r, void *arg)
{
	struct mso *m = arg;

	return date_read(r, &m->signed_at);
}

static bool
read_valid_from(struct cbor_reader *r, void *arg)
{
	struct mso *m = arg;

	return date_read(r, &m->valid_from);
}

static bool
read_valid_until(struct cbor_reader *r, void *arg)
{
	struct mso *m = arg;

	return date_read(r, &m->valid_until);
}

static bool
read_expected_update(struct cbor_reader *r, void *arg)
{
	struct mso *m = arg;

	m->has_expected_update = true;
	return date_read(r, &m->expected_update);
}

static const struct shape_member validity_members[] = {
	SHAPE_MEMBER("signed", true, read_signed, "validityInfo.signed: tdate"),
	SHAPE_MEMBER("validFrom", true, read_valid_from,
	    "validityInfo.validFrom: tdate"),
	SHAPE_MEMBER("validUntil", true, read_valid_until,
	    "validityInfo.validUntil: tdate"),
	SHAPE_MEMBER("expectedUpdate", false, read_expected_update,
	    "validityInfo.expectedUpdate: tdate"),
};

static const struct shape validity_shape = { "MSO.validityInfo: a map",
	validity_members, nitems(validity_members) };

static bool
read_validity_info(struct cbor_reader *r, void *arg)
{
	return shape_map(r, &validity_shape, arg);
}

/* ---- the whole */

static bool
read_doc_type(struct cbor_reader *r, void *arg)
{
	struct mso *m = arg;

	return cbor_get_tstr(r, &m->doc_type);
}

static bool
read_status(struct cbor_reader *r, void *arg)
{
	struct mso *m = arg;

	return shape_span(r, CBOR_KIND_MAP, &m->status);
}

static const struct shape_member members[] = {
	SHAPE_MEMBER("version", true, read_version,
	    "MSO.version: text \"1.x\""),
	SHAPE_MEMBER("digestAlgorithm", true, read_digest_algorithm,
	    "MSO.digestAlgorithm: text"),
	SHAPE_MEMBER("valueDigests", true, read_value_digests,
	    "MSO.valueDigests: a map of namespaces"),
	SHAPE_MEMBER("deviceKeyInfo", true, read_device_key_info,
	    "MSO.deviceKeyInfo: a map"),
	SHAPE_MEMBER("docType", true, read_doc_type, "MSO.docType: text"),
	SHAPE_MEMBER("validityInfo", true, read_validity_info,
	    "MSO.validityInfo: a map"),
	SHAPE_MEMBER("status", false, read_status, "MSO.status: a map"),
};

static const struct shape shape = { "MSO: a map", members, nitems(members) };

static bool
read_content(struct cbor_reader *nested, void *arg)
{
	struct mso *m = arg;

	m->source = *nested;
	return shape_map(nested, &shape, m);
}

bool
mso_read(struct cbor_reader *r, struct mso *ret)
{
	struct mso m = { .name_spaces_n = 0 };

	if (!shape_tag24(r, read_content, &m, NULL, NULL) || !cbor_finish(r))
		return cbor_expect(r,
		    "MobileSecurityObjectBytes: #6.24 of a map");
	*ret = m;
	return true;
}

bool
mso_name_space(const struct mso *m, struct bytes name_space, struct bytes *ret)
{
	const uint8_t *start = m->value_digests.ptr;
	const struct mso_name_space *n;

	for (size_t i = 0; i < m->name_spaces_n; i++) {
		n = &m->name_spaces[i];
		if (bytes_equal(name_space,
			bytes_of(start + n->key, n->digests - n->key))) {
			*ret =
			    bytes_of(start + n->digests, n->end - n->digests);
			return true;
		}
	}
	return false;
}

bool
mso_authorizes(const struct mso *m, struct bytes name_space,
    struct bytes element)
{
	struct cbor_reader r;
	struct cbor_map map;
	struct cbor_item key;
	struct bytes text;
	uint64_t left;

	if (!bytes_is_null(m->authorized_name_spaces) &&
	    name_space_listed(m, name_space))
		return true;
	if (bytes_is_null(m->authorized_elements))
		return false;
	cbor_reader_nested(&r, &m->source, m->authorized_elements);
	if (!cbor_enter_map(&r, &map))
		return false;
	while (cbor_map_next(&r, &map, &key)) {
		if (!bytes_equal(key.str, name_space)) {
			if (!cbor_skip(&r, NULL))
				return false;
			continue;
		}
		if (!cbor_enter_array(&r, &left))
			return false;
		for (; left > 0 && cbor_get_tstr(&r, &text); left--) {
			if (bytes_equal(text, element))
				return true;
		}
		return false;
	}
	return false;
}

static void
write_device_key_info(struct cbor_writer *w, const struct mso_content *c)
{
	const bool authorizes = !bytes_is_null(c->key_authorizations);

	cbor_put_map(w, authorizes ? 2 : 1);
	cbor_put_str(w, "deviceKey");
	cose_key_write(w, c->curve, c->point);
	if (authorizes) {
		cbor_put_str(w, "keyAuthorizations");
		cbor_put_raw(w, c->key_authorizations);
	}
}

static void
write_validity_info(struct cbor_writer *w, const struct mso_content *c)
{
	cbor_put_map(w, c->has_expected_update ? 4 : 3);
	cbor_put_str(w, "signed");
	date_write(w, c->signed_at);
	cbor_put_str(w, "validFrom");
	date_write(w, c->valid_from);
	cbor_put_str(w, "validUntil");
	date_write(w, c->valid_until);
	if (c->has_expected_update) {
		cbor_put_str(w, "expectedUpdate");
		date_write(w, c->expected_update);
	}
}

/* Keys in the order of their encodings (RFC 8949 4.2.1). */
void
mso_write(struct cbor_writer *w, const struct mso_content *c)
{
	const bool has_status = !bytes_is_null(c->status);

	cbor_put_map(w, has_status ? 7 : 6);
	if (has_status) {
		cbor_put_str(w, "status");
		cbor_put_raw(w, c->status);
	}
	cbor_put_str(w, "docType");
	cbor_put_tstr(w, c->doc_type);
	cbor_put_str(w, "version");
	cbor_put_str(w, "1.0");
	cbor_put_str(w, "validityInfo");
	write_validity_info(w, c);
	cbor_put_str(w, "valueDigests");
	cbor_put_raw(w, c->value_digests);
	cbor_put_str(w, "deviceKeyInfo");
	write_device_key_info(w, c);
	cbor_put_str(w, "digestAlgorithm");
	cbor_put_str(w, hash_name(c->hash));
}
