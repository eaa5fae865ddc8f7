/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "vendor-ext/cose-key.h"
#include "vendor-ext/tbs.h"

typedef bool read_fn(struct cbor_reader *r, struct tbs *t);

/* One member of a map with text keys. */
struct member {
	const char *name;
	read_fn *read;
	const char *what; /* for an error that has no better text */
	bool mandatory;
};

#define MAX_MEMBERS 16

/* A map with text keys; members that are not named are skipped. */
static bool
read_members(struct cbor_reader *r, const struct member *members, size_t n,
    struct tbs *t)
{
	bool seen[MAX_MEMBERS] = { false };
	size_t offset = cbor_offset(r);
	struct cbor_map m;
	struct cbor_item key;
	size_t i;

	if (!cbor_enter_map(r, &m))
		return false;
	while (cbor_map_next(r, &m, &key)) {
		for (i = 0; i < n; i++) {
			if (cbor_key_is(&key, members[i].name))
				break;
		}
		if (i == n) {
			if (!cbor_skip(r, NULL))
				return false;
			continue;
		}
		seen[i] = true;
		if (!members[i].read(r, t))
			return cbor_expect(r, members[i].what);
	}
	for (i = 0; i < n && r->error == CBOR_OK; i++) {
		if (members[i].mandatory && !seen[i])
			return cbor_fail(r, CBOR_E_MISSING, offset,
			    members[i].what);
	}
	return r->error == CBOR_OK;
}

/* { + tstr => value } */
static bool
read_text_map(struct cbor_reader *r, read_fn *value, bool may_be_empty,
    struct tbs *t)
{
	size_t offset = cbor_offset(r);
	struct cbor_map m;
	struct cbor_item key;

	if (!cbor_enter_map(r, &m))
		return false;
	if (m.count == 0 && !may_be_empty)
		return cbor_fail(r, CBOR_E_RANGE, offset, NULL);
	while (cbor_map_next(r, &m, &key)) {
		if (key.kind != CBOR_KIND_TSTR)
			return cbor_fail(r, CBOR_E_TYPE, key.offset, NULL);
		if (!value(r, t))
			return false;
	}
	return r->error == CBOR_OK;
}

static bool
read_any(struct cbor_reader *r, struct tbs *t)
{
	(void)t;
	return cbor_skip(r, NULL);
}

static bool
read_text(struct cbor_reader *r, struct tbs *t)
{
	struct bytes s;

	(void)t;
	return cbor_get_tstr(r, &s);
}

static bool
read_bool(struct cbor_reader *r, struct tbs *t)
{
	bool b;

	(void)t;
	return cbor_get_bool(r, &b);
}

static bool
read_doc_type(struct cbor_reader *r, struct tbs *t)
{
	return cbor_get_tstr(r, &t->doc_type);
}

/* #6.24(bstr .cbor X): X is one item, read by read. */
static bool
read_embedded(struct cbor_reader *r, read_fn *read, struct tbs *t)
{
	struct cbor_reader inner;
	struct bytes content;
	bool ok;

	if (!cbor_get_tag24(r, &content, NULL))
		return false;
	cbor_reader_nested(&inner, r, content);
	ok = read(&inner, t) && cbor_finish(&inner);
	return cbor_reader_leave(r, &inner) && ok;
}

/* ---- device authentication: 18013-5 12.4.2 */

static bool
read_device_elements(struct cbor_reader *r, struct tbs *t)
{
	return read_text_map(r, read_any, false, t);
}

static bool
read_device_name_spaces(struct cbor_reader *r, struct tbs *t)
{
	return read_text_map(r, read_device_elements, true, t);
}

static bool
read_device_authentication(struct cbor_reader *r, struct tbs *t)
{
	if (!cbor_get_tstr(r, &t->doc_type))
		return cbor_expect(r, "DeviceAuthentication: DocType, text");
	return read_embedded(r, read_device_name_spaces, t) ||
	    cbor_expect(r, "DeviceAuthentication: DeviceNameSpacesBytes");
}

/* ---- reader authentication: 12.5, 10.2 */

static bool
read_elements(struct cbor_reader *r, struct tbs *t)
{
	return read_text_map(r, read_bool, false, t);
}

static bool
read_name_spaces(struct cbor_reader *r, struct tbs *t)
{
	return read_text_map(r, read_elements, false, t);
}

static bool
read_info(struct cbor_reader *r, struct tbs *t)
{
	return read_text_map(r, read_any, true, t);
}

static const struct member items_request[] = {
	{ "docType", read_text, "ItemsRequest: docType, text", true },
	{ "nameSpaces", read_name_spaces,
	    "ItemsRequest: nameSpaces, a map of maps to bool", true },
	{ "requestInfo", read_info, "ItemsRequest: requestInfo, a map", false },
};

static bool
read_items_request(struct cbor_reader *r, struct tbs *t)
{
	return read_members(r, items_request, nitems(items_request), t) ||
	    cbor_expect(r, "ItemsRequest: a map");
}

static bool
read_reader_authentication(struct cbor_reader *r, struct tbs *t)
{
	return read_embedded(r, read_items_request, t) ||
	    cbor_expect(r, "ReaderAuthentication: ItemsRequestBytes");
}

static bool
read_reader_authentication_all(struct cbor_reader *r, struct tbs *t)
{
	struct cbor_item item;
	uint64_t n;

	if (!cbor_enter_array(r, &n))
		return cbor_expect(r,
		    "ReaderAuthenticationAll: an array of ItemsRequestBytes");
	for (; n > 0; n--) {
		if (!read_embedded(r, read_items_request, t))
			return cbor_expect(r,
			    "ReaderAuthenticationAll: ItemsRequestBytes");
	}
	cbor_leave(r);
	if (!cbor_peek(r, &item))
		return false;
	if (item.kind == CBOR_KIND_NULL)
		return cbor_get_null(r);
	return read_embedded(r, read_info, t) ||
	    cbor_expect(r,
		"ReaderAuthenticationAll: DeviceRequestInfoBytes or null");
}

/* ---- mobile security object: 12.3.4 */

static bool
read_digests(struct cbor_reader *r, struct tbs *t)
{
	struct cbor_map m;
	struct cbor_item key;
	struct bytes digest;

	(void)t;
	if (!cbor_enter_map(r, &m))
		return false;
	while (cbor_map_next(r, &m, &key)) {
		if (key.kind != CBOR_KIND_UINT)
			return cbor_fail(r, CBOR_E_TYPE, key.offset,
			    "valueDigests: digestID, an unsigned integer");
		if (!cbor_get_bstr(r, &digest))
			return false;
	}
	return r->error == CBOR_OK;
}

static bool
read_value_digests(struct cbor_reader *r, struct tbs *t)
{
	return read_text_map(r, read_digests, false, t);
}

/* A private part in it would be published with every presentation. */
static bool
read_device_key(struct cbor_reader *r, struct tbs *t)
{
	struct cose_key key;

	(void)t;
	return cose_key_read(r, false, &key);
}

static bool
read_tdate(struct cbor_reader *r, struct tbs *t)
{
	size_t offset = cbor_offset(r);
	uint64_t tag;

	if (!cbor_get_tag(r, &tag))
		return false;
	if (tag != 0)
		return cbor_fail(r, CBOR_E_RANGE, offset, NULL);
	return read_text(r, t);
}

static const struct member device_key_info[] = {
	{ "deviceKey", read_device_key, "deviceKeyInfo: deviceKey", true },
	{ "keyAuthorizations", read_info,
	    "deviceKeyInfo: keyAuthorizations, a map", false },
	{ "keyInfo", read_any, "deviceKeyInfo: keyInfo", false },
};

static bool
read_device_key_info(struct cbor_reader *r, struct tbs *t)
{
	return read_members(r, device_key_info, nitems(device_key_info), t);
}

static const struct member validity_info[] = {
	{ "signed", read_tdate, "validityInfo: signed, a tdate", true },
	{ "validFrom", read_tdate, "validityInfo: validFrom, a tdate", true },
	{ "validUntil", read_tdate, "validityInfo: validUntil, a tdate", true },
	{ "expectedUpdate", read_tdate, "validityInfo: expectedUpdate, a tdate",
	    false },
};

static bool
read_validity_info(struct cbor_reader *r, struct tbs *t)
{
	return read_members(r, validity_info, nitems(validity_info), t);
}

static const struct member mso[] = {
	{ "version", read_text, "MobileSecurityObject: version, text", true },
	{ "digestAlgorithm", read_text,
	    "MobileSecurityObject: digestAlgorithm, text", true },
	{ "valueDigests", read_value_digests,
	    "MobileSecurityObject: valueDigests, a map of maps to byte strings",
	    true },
	{ "deviceKeyInfo", read_device_key_info,
	    "MobileSecurityObject: deviceKeyInfo, a map", true },
	{ "docType", read_doc_type, "MobileSecurityObject: docType, text",
	    true },
	{ "validityInfo", read_validity_info,
	    "MobileSecurityObject: validityInfo, a map", true },
	{ "status", read_info, "MobileSecurityObject: status, a map", false },
};

/* ---- SessionTranscript: 12.7.1 */

/* #6.24(bstr .cbor any) or null */
static bool
read_bytes_or_null(struct cbor_reader *r, struct bytes *ret)
{
	struct cbor_reader inner;
	struct cbor_item item;
	bool ok;

	if (!cbor_peek(r, &item))
		return false;
	if (item.kind == CBOR_KIND_NULL) {
		*ret = BYTES_NULL;
		return cbor_get_null(r);
	}
	if (!cbor_get_tag24(r, ret, NULL))
		return false;
	cbor_reader_nested(&inner, r, *ret);
	ok = cbor_skip(&inner, NULL) && cbor_finish(&inner);
	return cbor_reader_leave(r, &inner) && ok;
}

static bool
read_transcript(struct cbor_reader *r, struct tbs_transcript *ret)
{
	const uint8_t *start = r->ptr;

	if (!cbor_enter_array_of(r, 3))
		return cbor_expect(r, "SessionTranscript: an array of 3");
	if (!read_bytes_or_null(r, &ret->engagement))
		return cbor_expect(r,
		    "SessionTranscript: DeviceEngagementBytes or null");
	if (!read_bytes_or_null(r, &ret->ereader_key))
		return cbor_expect(r,
		    "SessionTranscript: EReaderKeyBytes or null");
	if (!cbor_skip(r, &ret->handover))
		return cbor_expect(r, "SessionTranscript: Handover");
	cbor_leave(r);
	ret->whole = bytes_of(start, (size_t)(r->ptr - start));
	return true;
}

/*
 * The second element may be EncryptionParametersBytes (12.6.4), a map with
 * text keys; a COSE_Key has integers.
 */
static bool
is_cose_key(struct bytes content)
{
	struct cbor_reader r;
	struct cbor_map m;
	struct cbor_item key;

	cbor_reader_init(&r, content);
	return cbor_enter_map(&r, &m) && cbor_map_next(&r, &m, &key) &&
	    (key.kind == CBOR_KIND_UINT || key.kind == CBOR_KIND_NINT);
}

static bool
fail(const struct cbor_reader *r, struct tbs_error *ret)
{
	if (ret != NULL) {
		ret->error = r->error;
		ret->offset = r->error_offset;
		ret->what = r->error_what;
	}
	return false;
}

bool
tbs_transcript_read(struct bytes in, struct tbs_transcript *ret,
    struct tbs_error *ret_error)
{
	struct tbs_transcript t;
	struct cbor_reader r, inner;
	struct cbor_item item;
	struct bytes content;
	bool ok;

	cbor_reader_init(&r, in);
	if (!cbor_peek(&r, &item))
		ok = cbor_expect(&r, "SessionTranscript");
	else if (item.kind != CBOR_KIND_TAG)
		ok = read_transcript(&r, &t);
	else if (!cbor_get_tag24(&r, &content, NULL))
		ok = cbor_expect(&r, "SessionTranscriptBytes");
	else {
		cbor_reader_nested(&inner, &r, content);
		ok = read_transcript(&inner, &t) && cbor_finish(&inner);
		ok = cbor_reader_leave(&r, &inner) && ok;
	}
	if (!ok || !cbor_finish(&r)) {
		(void)cbor_expect(&r, "nothing after SessionTranscript");
		return fail(&r, ret_error);
	}
	*ret = t;
	return true;
}

/* ---- the structures themselves */

static const struct {
	const char *context; /* first element */
	enum tbs_kind kind;
	uint64_t elements;
	read_fn *rest; /* what follows the transcript */
} structures[] = {
	{ "DeviceAuthentication", TBS_DEVICE_AUTHENTICATION, 4,
	    read_device_authentication },
	{ "ReaderAuthentication", TBS_READER_AUTHENTICATION, 3,
	    read_reader_authentication },
	{ "ReaderAuthenticationAll", TBS_READER_AUTHENTICATION_ALL, 4,
	    read_reader_authentication_all },
};

static bool
read_authentication(struct cbor_reader *r, struct tbs *t)
{
	struct tbs_transcript transcript = { .ereader_key = BYTES_NULL };
	size_t offset = cbor_offset(r);
	struct bytes context;
	uint64_t n;
	size_t i;

	if (!cbor_enter_array(r, &n))
		return false;
	if (!cbor_get_tstr(r, &context))
		return cbor_expect(r, "context, text");
	for (i = 0; i < nitems(structures); i++) {
		if (bytes_equal_str(context, structures[i].context))
			break;
	}
	if (i == nitems(structures))
		return cbor_fail(r, CBOR_E_RANGE, offset,
		    "context DeviceAuthentication, ReaderAuthentication or "
		    "ReaderAuthenticationAll");
	if (n != structures[i].elements)
		return cbor_fail(r, CBOR_E_RANGE, offset,
		    "the number of elements that belongs to the context");
	if (!read_transcript(r, &transcript))
		return false;
	t->kind = structures[i].kind;
	t->transcript = transcript.whole;
	if (is_cose_key(transcript.ereader_key))
		t->ereader_key = transcript.ereader_key;
	if (!structures[i].rest(r, t))
		return false;
	cbor_leave(r);
	return true;
}

static bool
read_structure(struct cbor_reader *r, struct tbs *t)
{
	struct cbor_item item;

	if (!cbor_peek(r, &item))
		return false;
	if (item.kind != CBOR_KIND_MAP)
		return read_authentication(r, t) ||
		    cbor_expect(r, "an array or a map");
	t->kind = TBS_MOBILE_SECURITY_OBJECT;
	return read_members(r, mso, nitems(mso), t) ||
	    cbor_expect(r, "MobileSecurityObject: a map");
}

bool
tbs_read(struct bytes in, struct tbs *ret, struct tbs_error *ret_error)
{
	struct tbs t = { .transcript = BYTES_NULL,
		.ereader_key = BYTES_NULL,
		.doc_type = BYTES_NULL };
	struct cbor_reader r;

	cbor_reader_init(&r, in);
	if (!read_embedded(&r, read_structure, &t)) {
		(void)cbor_expect(&r, "a tagged byte string #6.24(bstr)");
		return fail(&r, ret_error);
	}
	if (!cbor_finish(&r)) {
		(void)cbor_expect(&r, "nothing after the tagged byte string");
		return fail(&r, ret_error);
	}
	*ret = t;
	return true;
}

/* ---- COSE structures around them: RFC 9052 4.4, 6.3 */

/* Every buffer is large enough by contract: the lengths are known before. */
static size_t
written(const struct cbor_writer *w)
{
	return w->error == CBOR_OK ? w->len : 0;
}

size_t
tbs_cose_prefix(const char *context, struct bytes protected_,
    size_t payload_len, uint8_t *out)
{
	struct cbor_writer w;

	cbor_writer_fixed(&w, out, TBS_PREFIX_MAX + protected_.len);
	cbor_put_array(&w, 4);
	cbor_put_str(&w, context);
	cbor_put_bstr(&w, protected_);
	cbor_put_bstr(&w, bytes_of("", 0));
	cbor_put_bstr_head(&w, payload_len);
	return written(&w);
}

size_t
tbs_protected_alg(int alg, uint8_t *out)
{
	struct cbor_writer w;

	cbor_writer_fixed(&w, out, 16);
	cbor_put_map(&w, 1);
	cbor_put_int(&w, 1);
	cbor_put_int(&w, alg);
	return written(&w);
}

size_t
tbs_tag24_head(size_t n, uint8_t *out)
{
	struct cbor_writer w;

	cbor_writer_fixed(&w, out, 11);
	cbor_put_tag(&w, 24);
	cbor_put_bstr_head(&w, n);
	return written(&w);
}
