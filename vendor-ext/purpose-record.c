/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <p11-mdoc/pkcs11-mdoc.h>

#include "vendor-ext/purpose-record.h"

#define RECORD_VERSION 1

static void
put_types(struct cbor_writer *w, struct bytes list)
{
	struct bytes rest = list, type;
	uint64_t n = 0;

	while (purpose_next_type(&rest, &type))
		n++;
	cbor_put_str(w, "docTypes");
	cbor_put_array(w, n);
	while (purpose_next_type(&list, &type))
		cbor_put_tstr(w, type);
}

static CK_RV
written(const struct cbor_writer *w)
{
	if (w->error == CBOR_OK)
		return CKR_OK;
	return w->error == CBOR_E_MEMORY ? CKR_HOST_MEMORY
					 : CKR_ATTRIBUTE_VALUE_INVALID;
}

/* In the order of RFC 8949 4.2.1: the shorter key first. */
CK_RV
purpose_rule_write(const struct purpose *p, struct blob *ret)
{
	bool types = p->doc_types.len > 0;
	bool limited = p->uses_left != PURPOSE_NO_LIMIT;
	struct cbor_writer w;

	cbor_writer_init(&w, ret);
	cbor_put_map(&w, 4U + types + limited);
	cbor_put_str(&w, "keyId");
	cbor_put_bstr(&w, blob_bytes(&p->key_id));
	cbor_put_str(&w, "method");
	cbor_put_uint(&w, p->method);
	cbor_put_str(&w, "version");
	cbor_put_uint(&w, RECORD_VERSION);
	if (types)
		put_types(&w, blob_bytes(&p->doc_types));
	cbor_put_str(&w, "purposes");
	cbor_put_uint(&w, p->purposes);
	if (limited) {
		cbor_put_str(&w, "usesLeft");
		cbor_put_uint(&w, p->uses_left);
	}
	return written(&w);
}

CK_RV
purpose_state_write(const struct purpose *p, struct blob *ret)
{
	bool limited = p->uses_left != PURPOSE_NO_LIMIT;
	struct cbor_writer w;

	cbor_writer_init(&w, ret);
	cbor_put_map(&w, 4U + limited);
	cbor_put_str(&w, "keyId");
	cbor_put_bstr(&w, blob_bytes(&p->key_id));
	cbor_put_str(&w, "method");
	cbor_put_uint(&w, p->method);
	cbor_put_str(&w, "version");
	cbor_put_uint(&w, RECORD_VERSION);
	if (limited) {
		cbor_put_str(&w, "usesLeft");
		cbor_put_uint(&w, p->uses_left);
	}
	cbor_put_str(&w, "generation");
	cbor_put_uint(&w, p->generation);
	return written(&w);
}

/* What was read; doc_types in memory of its own. */
struct record {
	struct bytes key_id;
	struct blob doc_types;
	uint64_t purposes;
	uint64_t method;
	uint64_t uses_left;
	uint64_t generation;
	uint64_t version;
};

enum member {
	MEMBER_KEY_ID,
	MEMBER_METHOD,
	MEMBER_VERSION,
	MEMBER_DOC_TYPES,
	MEMBER_PURPOSES,
	MEMBER_USES_LEFT,
	MEMBER_GENERATION,
	MEMBER_COUNT
};

#define BIT(member) (1U << (member))
#define MANDATORY \
	(BIT(MEMBER_KEY_ID) | BIT(MEMBER_METHOD) | BIT(MEMBER_VERSION))

static const char *const members[MEMBER_COUNT] = { "keyId", "method", "version",
	"docTypes", "purposes", "usesLeft", "generation" };

static bool
read_types(struct cbor_reader *r, struct blob *ret)
{
	struct bytes type;
	uint64_t n;

	if (!cbor_enter_array(r, &n))
		return false;
	/* No docTypes at all would be any. */
	if (n == 0)
		return cbor_fail(r, CBOR_E_RANGE, cbor_offset(r), NULL);
	for (uint64_t i = 0; i < n; i++) {
		if (!cbor_get_tstr(r, &type) ||
		    (i > 0 && !blob_append_u8(ret, 0)) ||
		    !blob_append_bytes(ret, type))
			return false;
	}
	cbor_leave(r);
	return true;
}

/* A member of a later version could be a restriction: it is not skipped. */
static bool
read_member(struct cbor_reader *r, size_t i, struct record *rec)
{
	switch (i) {
	case MEMBER_KEY_ID:
		return cbor_get_bstr(r, &rec->key_id);
	case MEMBER_METHOD:
		return cbor_get_uint(r, &rec->method);
	case MEMBER_VERSION:
		return cbor_get_uint(r, &rec->version);
	case MEMBER_DOC_TYPES:
		return read_types(r, &rec->doc_types);
	case MEMBER_PURPOSES:
		return cbor_get_uint(r, &rec->purposes);
	case MEMBER_USES_LEFT:
		return cbor_get_uint(r, &rec->uses_left);
	case MEMBER_GENERATION:
		return cbor_get_uint(r, &rec->generation);
	default:
		return false;
	}
}

/* needed: a bit for each member that must be there. */
static bool
record_read(struct bytes in, unsigned needed, struct record *rec)
{
	unsigned seen = 0;
	struct cbor_reader r;
	struct cbor_map m;
	struct cbor_item key;
	size_t i;

	*rec = (struct record){ .uses_left = PURPOSE_NO_LIMIT };
	cbor_reader_init(&r, in);
	if (!cbor_enter_map(&r, &m))
		return false;
	while (cbor_map_next(&r, &m, &key)) {
		for (i = 0; i < MEMBER_COUNT; i++) {
			if (cbor_key_is(&key, members[i]))
				break;
		}
		seen |= BIT(i);
		if (!read_member(&r, i, rec))
			return false;
	}
	return cbor_finish(&r) && (seen & needed) == needed &&
	    rec->version == RECORD_VERSION && rec->method <= MDOC_METHOD_NONE;
}

/* Both and one; one and a certain one; two different ones: none. */
static CK_ULONG
stricter_method(CK_ULONG a, CK_ULONG b)
{
	CK_ULONG low = a < b ? a : b, high = a < b ? b : a;

	return low <= MDOC_METHOD_ONE || low == high ? high : MDOC_METHOD_NONE;
}

/* Those that are in both; none is not the same as any. */
static bool
merge_types(struct purpose *p, const struct blob *other)
{
	struct bytes list = blob_bytes(&p->doc_types), type;
	struct blob both = BLOB_INIT;
	bool ok = true;

	if (other->len == 0)
		return true;
	if (p->doc_types.len == 0)
		return blob_set(&p->doc_types, blob_bytes(other));
	while (ok && purpose_next_type(&list, &type)) {
		if (!purpose_has_type(blob_bytes(other), type))
			continue;
		ok = (both.len == 0 || blob_append_u8(&both, 0)) &&
		    blob_append_bytes(&both, type);
	}
	ok = ok && both.len > 0;
	if (ok)
		blob_move(&p->doc_types, &both);
	blob_reset(&both);
	return ok;
}

static bool
record_merge(struct purpose *p, const struct record *rec)
{
	if (!bytes_equal(rec->key_id, blob_bytes(&p->key_id)))
		return false;
	p->method = stricter_method(p->method, (CK_ULONG)rec->method);
	if (rec->uses_left < p->uses_left)
		p->uses_left = rec->uses_left;
	return true;
}

bool
purpose_rule_merge(struct purpose *p, struct bytes record)
{
	struct record rec;
	bool ok;

	ok = record_read(record, MANDATORY | BIT(MEMBER_PURPOSES), &rec) &&
	    record_merge(p, &rec) && merge_types(p, &rec.doc_types);
	if (ok)
		p->purposes &= (CK_ULONG)rec.purposes;
	blob_reset(&rec.doc_types);
	return ok;
}

bool
purpose_state_merge(struct purpose *p, struct bytes record)
{
	struct record rec;
	bool ok;

	ok = record_read(record, MANDATORY | BIT(MEMBER_GENERATION), &rec) &&
	    record_merge(p, &rec);
	if (ok && rec.generation > p->generation)
		p->generation = rec.generation;
	blob_reset(&rec.doc_types);
	return ok;
}
