/* SPDX-License-Identifier: BSD-3-Clause */
/* Structures of ISO/IEC 18013-5 on a line of a trace: kinds and sizes. */
#include "config.h"

#include "module/trace/trace-print.h"
#include "vendor-ext/cose-key.h"
#include "vendor-ext/tbs.h"

/* Of names that a peer chose. */
#define MAX_TEXT 80

static const char *const kinds[] = {
	[TBS_DEVICE_AUTHENTICATION] = "DeviceAuthentication",
	[TBS_READER_AUTHENTICATION] = "ReaderAuthentication",
	[TBS_READER_AUTHENTICATION_ALL] = "ReaderAuthenticationAll",
	[TBS_MOBILE_SECURITY_OBJECT] = "MobileSecurityObject",
};

static void
put_short(struct trace_line *l, struct bytes text)
{
	if (text.len > MAX_TEXT)
		trace_put(l, "%zu bytes", text.len);
	else
		trace_put_text(l, text);
}

void
trace_put_cose_key(struct trace_line *l, struct bytes key)
{
	struct cbor_reader r;
	struct cose_key k;

	cbor_reader_init(&r, key);
	if (cose_key_read(&r, true, &k) && cbor_finish(&r))
		trace_put(l, "%s", k.curve->name);
	else
		trace_put(l, "%zu bytes", key.len);
}

/* null: QR (18013-5 8.4); [bstr, bstr / null]: NFC; [tstr, ...]: its name. */
static void
put_handover(struct trace_line *l, struct bytes handover)
{
	struct cbor_item item;
	struct cbor_reader r;

	cbor_reader_init(&r, handover);
	trace_put(l, ", handover ");
	if (!cbor_next(&r, &item)) {
		trace_put(l, "?");
		return;
	}
	if (item.kind == CBOR_KIND_NULL) {
		trace_put(l, "QR");
		return;
	}
	if (item.kind == CBOR_KIND_ARRAY && item.value > 0 &&
	    cbor_next(&r, &item)) {
		if (item.kind == CBOR_KIND_TSTR) {
			put_short(l, item.str);
			return;
		}
		if (item.kind == CBOR_KIND_BSTR) {
			trace_put(l, "NFC");
			return;
		}
	}
	trace_put(l, "%zu bytes", handover.len);
}

static void
put_transcript(struct trace_line *l, struct bytes transcript)
{
	struct tbs_transcript t;

	trace_put(l, "SessionTranscript %zu bytes", transcript.len);
	if (!tbs_transcript_read(transcript, &t, NULL))
		return;
	put_handover(l, t.handover);
	trace_put(l, ", EReaderKey ");
	if (bytes_is_null(t.ereader_key))
		trace_put(l, "none");
	else
		trace_put_cose_key(l, t.ereader_key);
}

void
trace_put_transcript(struct trace_line *l, struct bytes transcript)
{
	trace_put(l, "(");
	put_transcript(l, transcript);
	trace_put(l, ")");
}

/* The payload of a Sig_structure or MAC_structure, RFC 9052 4.4 and 6.3. */
static bool
cose_payload(struct bytes data, struct bytes *ret, const char **ret_name)
{
	struct bytes context, skipped;
	struct cbor_reader r;

	cbor_reader_init(&r, data);
	if (!cbor_enter_array_of(&r, 4) || !cbor_get_tstr(&r, &context) ||
	    !cbor_get_bstr(&r, &skipped) || !cbor_get_bstr(&r, &skipped) ||
	    !cbor_get_bstr(&r, ret))
		return false;
	if (bytes_equal_str(context, "Signature1"))
		*ret_name = "Sig_structure of ";
	else if (bytes_equal_str(context, "MAC0"))
		*ret_name = "MAC_structure of ";
	else
		return false;
	return true;
}

/* Cheap for data that cannot be one: all that is not is signed here, too. */
static bool
may_be_cbor(struct bytes data)
{
	return data.len > 4 &&
	    ((data.ptr[0] == 0xd8 && data.ptr[1] == 0x18) ||
		data.ptr[0] == 0x84);
}

void
trace_put_mdoc(struct trace_line *l, struct bytes data)
{
	const char *around = "";
	struct tbs t;

	if (!may_be_cbor(data) ||
	    (data.ptr[0] == 0x84 && !cose_payload(data, &data, &around)) ||
	    !tbs_read(data, &t, NULL))
		return;
	trace_put(l, " (%s%s", around, kinds[t.kind]);
	if (!bytes_is_null(t.doc_type)) {
		trace_put(l, ", docType ");
		put_short(l, t.doc_type);
	}
	if (!bytes_is_null(t.transcript)) {
		trace_put(l, ", ");
		put_transcript(l, t.transcript);
	}
	trace_put(l, ")");
}
