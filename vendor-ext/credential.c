/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <stdlib.h>

#include "common/cbor.h"
#include "vendor-ext/credential.h"

#define RECORD_VERSION 1

/* In the order of RFC 8949 4.2.1: the shorter key first. */
static void
record_write(struct cbor_writer *w, const struct credential *c)
{
	bool limited = c->uses_left != CREDENTIAL_NO_LIMIT;

	cbor_put_map(w, limited ? 7 : 6);
	cbor_put_str(w, "keyId");
	cbor_put_bstr(w, blob_bytes(&c->key_id));
	cbor_put_str(w, "docType");
	cbor_put_tstr(w, blob_bytes(&c->doc_type));
	cbor_put_str(w, "version");
	cbor_put_uint(w, RECORD_VERSION);
	if (limited) {
		cbor_put_str(w, "usesLeft");
		cbor_put_uint(w, c->uses_left);
	}
	cbor_put_str(w, "validFrom");
	cbor_put_int(w, c->valid_from);
	cbor_put_str(w, "validUntil");
	cbor_put_int(w, c->valid_until);
	cbor_put_str(w, "issuerSigned");
	cbor_put_bstr(w, blob_bytes(&c->issuer_signed));
}

/* What was read, as spans of the record. */
struct record {
	struct bytes key_id;
	struct bytes doc_type;
	struct bytes issuer_signed;
	int64_t valid_from;
	int64_t valid_until;
	uint64_t uses_left;
	uint64_t version;
};

enum member {
	MEMBER_KEY_ID,
	MEMBER_DOC_TYPE,
	MEMBER_VERSION,
	MEMBER_VALID_FROM,
	MEMBER_VALID_UNTIL,
	MEMBER_ISSUER_SIGNED,
	MEMBER_MANDATORY,
	MEMBER_USES_LEFT = MEMBER_MANDATORY,
	MEMBER_COUNT
};

static const char *const members[MEMBER_COUNT] = { "keyId", "docType",
	"version", "validFrom", "validUntil", "issuerSigned", "usesLeft" };

static bool
read_member(struct cbor_reader *r, size_t i, struct record *rec)
{
	switch (i) {
	case MEMBER_KEY_ID:
		return cbor_get_bstr(r, &rec->key_id);
	case MEMBER_DOC_TYPE:
		return cbor_get_tstr(r, &rec->doc_type);
	case MEMBER_VERSION:
		return cbor_get_uint(r, &rec->version);
	case MEMBER_VALID_FROM:
		return cbor_get_int(r, &rec->valid_from);
	case MEMBER_VALID_UNTIL:
		return cbor_get_int(r, &rec->valid_until);
	case MEMBER_ISSUER_SIGNED:
		return cbor_get_bstr(r, &rec->issuer_signed);
	case MEMBER_USES_LEFT:
		return cbor_get_uint(r, &rec->uses_left);
	default:
		return cbor_skip(r, NULL);
	}
}

static bool
record_read(struct bytes in, struct record *ret)
{
	struct record rec = { .uses_left = CREDENTIAL_NO_LIMIT };
	unsigned seen = 0;
	struct cbor_reader r;
	struct cbor_map m;
	struct cbor_item key;
	size_t i;

	cbor_reader_init(&r, in);
	if (!cbor_enter_map(&r, &m))
		return false;
	while (cbor_map_next(&r, &m, &key)) {
		for (i = 0; i < MEMBER_COUNT; i++) {
			if (cbor_key_is(&key, members[i]))
				break;
		}
		seen |= 1U << i;
		if (!read_member(&r, i, &rec))
			return false;
	}
	for (i = 0; i < MEMBER_MANDATORY; i++) {
		if ((seen & 1U << i) == 0)
			return false;
	}
	if (!cbor_finish(&r) || rec.version != RECORD_VERSION)
		return false;
	*ret = rec;
	return true;
}

static CK_RV
record_make(const struct credential *c, struct blob *ret)
{
	struct record rec;
	struct cbor_writer w;

	if (cbor_check(blob_bytes(&c->issuer_signed), NULL) != CBOR_OK)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	cbor_writer_init(&w, ret);
	record_write(&w, c);
	if (w.error != CBOR_OK)
		return w.error == CBOR_E_MEMORY ? CKR_HOST_MEMORY
						: CKR_ATTRIBUTE_VALUE_INVALID;
	/* Finds a docType that is not UTF-8, and a record that is too long. */
	if (!record_read(blob_bytes(ret), &rec))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return CKR_OK;
}

CK_RV
credential_create(const struct token *t, const struct credential *c,
    CK_BBOOL on_token, CK_OBJECT_HANDLE *ret)
{
	char application[] = CREDENTIAL_APPLICATION;
	struct blob record = BLOB_INIT;
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &on_token, sizeof(on_token) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_MODIFIABLE, &yes, sizeof(yes) },
		{ CKA_APPLICATION, application, sizeof(application) - 1 },
		{ CKA_LABEL, c->label.ptr, (CK_ULONG)c->label.len },
		{ CKA_VALUE, NULL, 0 },
	};
	CK_OBJECT_HANDLE object;
	CK_RV rv;

	if ((rv = record_make(c, &record)) != CKR_OK)
		goto out;
	template[nitems(template) - 1].pValue = record.ptr;
	template[nitems(template) - 1].ulValueLen = (CK_ULONG)record.len;
	rv = t->f->C_CreateObject(t->session, template, nitems(template),
	    &object);
	if (rv == CKR_OK)
		*ret = object;
out:
	blob_reset(&record);
	return rv;
}

/* Is it one of ours? CKR_OBJECT_HANDLE_INVALID: no. */
static CK_RV
check_object(const struct token *t, CK_OBJECT_HANDLE object)
{
	struct blob application = BLOB_INIT;
	CK_OBJECT_CLASS class;
	CK_RV rv;

	if ((rv = token_get_ulong(t, object, CKA_CLASS, &class)) != CKR_OK)
		return rv;
	if (class != CKO_DATA)
		return CKR_OBJECT_HANDLE_INVALID;
	rv = token_get(t, object, CKA_APPLICATION, &application);
	if (rv == CKR_OK &&
	    !bytes_equal_str(blob_bytes(&application), CREDENTIAL_APPLICATION))
		rv = CKR_OBJECT_HANDLE_INVALID;
	blob_reset(&application);
	return rv;
}

CK_RV
credential_load(const struct token *t, CK_OBJECT_HANDLE object,
    struct credential *ret)
{
	struct credential c = { 0 };
	struct blob value = BLOB_INIT;
	struct record rec;
	CK_RV rv;

	if ((rv = check_object(t, object)) != CKR_OK ||
	    (rv = token_get(t, object, CKA_LABEL, &c.label)) != CKR_OK ||
	    (rv = token_get(t, object, CKA_VALUE, &value)) != CKR_OK)
		goto out;
	if (!record_read(blob_bytes(&value), &rec)) {
		rv = CKR_DATA_INVALID;
		goto out;
	}
	c.valid_from = rec.valid_from;
	c.valid_until = rec.valid_until;
	c.uses_left = rec.uses_left;
	if (!blob_set(&c.key_id, rec.key_id) ||
	    !blob_set(&c.doc_type, rec.doc_type) ||
	    !blob_set(&c.issuer_signed, rec.issuer_signed)) {
		rv = CKR_HOST_MEMORY;
		goto out;
	}
	*ret = c;
	c = (struct credential){ 0 };
out:
	blob_reset(&value);
	credential_reset(&c);
	return rv;
}

/* Has it this docType and this device key? A record that is broken has not. */
static CK_RV
matches(const struct token *t, CK_OBJECT_HANDLE object, struct bytes doc_type,
    struct bytes key_id, bool *ret)
{
	struct blob value = BLOB_INIT;
	struct record rec;
	CK_RV rv;

	*ret = true;
	if (bytes_is_null(doc_type) && bytes_is_null(key_id))
		return CKR_OK;
	if ((rv = token_get(t, object, CKA_VALUE, &value)) == CKR_OK)
		*ret = record_read(blob_bytes(&value), &rec) &&
		    (bytes_is_null(doc_type) ||
			bytes_equal(rec.doc_type, doc_type)) &&
		    (bytes_is_null(key_id) || bytes_equal(rec.key_id, key_id));
	blob_reset(&value);
	/* Another process has removed it since it was found. */
	if (rv == CKR_OBJECT_HANDLE_INVALID) {
		*ret = false;
		rv = CKR_OK;
	}
	return rv;
}

/* All objects of ours with this label, in memory of the caller. */
static CK_RV
find_all(const struct token *t, struct bytes label, CK_OBJECT_HANDLE **ret,
    CK_ULONG *ret_n)
{
	char application[] = CREDENTIAL_APPLICATION;
	struct blob text = BLOB_INIT;
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_APPLICATION, application, sizeof(application) - 1 },
		{ CKA_LABEL, NULL, (CK_ULONG)label.len },
	};
	CK_ULONG n_template = nitems(template) - (bytes_is_null(label) ? 1 : 0);
	CK_RV rv;

	if (!blob_set(&text, label))
		return CKR_HOST_MEMORY;
	template[2].pValue = text.ptr;
	rv = token_find_all(t, template, n_template, ret, ret_n);
	blob_reset(&text);
	return rv;
}

CK_RV
credential_find(const struct token *t, struct bytes doc_type,
    struct bytes label, struct bytes key_id, CK_OBJECT_HANDLE *ret,
    CK_ULONG max, CK_ULONG *ret_n)
{
	CK_OBJECT_HANDLE *all = NULL;
	CK_ULONG n = 0, found = 0;
	bool match;
	CK_RV rv;

	if ((rv = find_all(t, label, &all, &n)) != CKR_OK)
		return rv;
	for (CK_ULONG i = 0; i < n && found < max; i++) {
		rv = matches(t, all[i], doc_type, key_id, &match);
		if (rv != CKR_OK)
			break;
		if (match)
			ret[found++] = all[i];
	}
	if (rv == CKR_OK)
		*ret_n = found;
	free(all);
	return rv;
}

CK_RV
credential_update(const struct token *t, CK_OBJECT_HANDLE object,
    const struct credential *c, CK_OBJECT_HANDLE *ret)
{
	CK_OBJECT_HANDLE created;
	CK_BBOOL on_token;
	CK_RV rv;

	if ((rv = check_object(t, object)) != CKR_OK ||
	    (rv = token_get_flag(t, object, CKA_TOKEN, &on_token)) != CKR_OK ||
	    (rv = credential_create(t, c, on_token, &created)) != CKR_OK)
		return rv;
	rv = t->f->C_DestroyObject(t->session, object);
	if (rv != CKR_OK) {
		(void)t->f->C_DestroyObject(t->session, created);
		return rv;
	}
	*ret = created;
	return CKR_OK;
}

void
credential_reset(struct credential *c)
{
	if (c == NULL)
		return;
	blob_reset(&c->label);
	blob_reset(&c->key_id);
	blob_reset(&c->doc_type);
	blob_reset(&c->issuer_signed);
	*c = (struct credential){ 0 };
}
