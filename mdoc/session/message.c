/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <mdoc/session.h>

#include "mdoc/codec/shape.h"
#include "mdoc/session/message.h"

/* More than heads and names take. */
#define FRAME_MAX 64
/* A status is an enumeration of small numbers. */
#define STATUS_MAX 0xffff

static bool
read_ereader_key(struct cbor_reader *r, void *arg)
{
	struct message *m = arg;

	return cbor_get_tag24(r, &m->ereader_key, &m->ereader_key_bytes);
}

static bool
read_data(struct cbor_reader *r, void *arg)
{
	struct message *m = arg;

	return cbor_get_bstr(r, &m->data);
}

static bool
read_status(struct cbor_reader *r, void *arg)
{
	size_t offset = cbor_offset(r);
	struct message *m = arg;
	uint64_t v;

	if (!cbor_get_uint(r, &v))
		return false;
	if (v > STATUS_MAX)
		return cbor_fail(r, CBOR_E_RANGE, offset, NULL);
	m->status = (int)v;
	return true;
}

static const struct shape_member members[] = {
	SHAPE_MEMBER("eReaderKey", false, read_ereader_key,
	    "eReaderKey: #6.24 of a COSE_Key"),
	SHAPE_MEMBER("data", false, read_data, "data: a byte string"),
	SHAPE_MEMBER("status", false, read_status,
	    "status: a session status code"),
};

static const struct shape shape = { "SessionData: a map", members,
	nitems(members) };

bool
message_read(struct cbor_reader *r, struct message *ret)
{
	struct message m = { .status = MESSAGE_NO_STATUS };
	size_t start = cbor_offset(r);

	if (!shape_map(r, &shape, &m) || !cbor_finish(r))
		return cbor_expect(r, shape.what);
	if (bytes_is_null(m.data) && m.status == MESSAGE_NO_STATUS)
		return cbor_fail(r, CBOR_E_MISSING, start,
		    "SessionData: data or status");
	*ret = m;
	return true;
}

uint8_t *
message_write(struct blob *out, struct bytes ereader_key_bytes, size_t n,
    int status)
{
	uint64_t count = 1;
	struct cbor_writer w;
	size_t at;

	count += !bytes_is_null(ereader_key_bytes);
	count += status != MESSAGE_NO_STATUS;
	/* All at once, so that the place that is returned stays. */
	if (n > SIZE_MAX / 2 || ereader_key_bytes.len > SIZE_MAX / 4 ||
	    !blob_reserve(out, n + ereader_key_bytes.len + FRAME_MAX))
		return NULL;
	cbor_writer_init(&w, out);
	cbor_put_map(&w, count);
	if (!bytes_is_null(ereader_key_bytes)) {
		cbor_put_str(&w, "eReaderKey");
		cbor_put_raw(&w, ereader_key_bytes);
	}
	cbor_put_str(&w, "data");
	cbor_put_bstr_head(&w, n);
	if (w.error != CBOR_OK)
		return NULL;
	at = out->len;
	out->len += n;
	if (status != MESSAGE_NO_STATUS) {
		cbor_put_str(&w, "status");
		cbor_put_uint(&w, (uint64_t)status);
	}
	return w.error == CBOR_OK ? out->ptr + at : NULL;
}

#define STATUS(code)                                             \
	{                                                        \
		0xa1, 0x66, 's', 't', 'a', 't', 'u', 's', (code) \
	}

struct bytes
message_status(int status)
{
	static const struct {
		int status;
		uint8_t message[9];
	} messages[] = {
		{ MDOC_STATUS_SESSION_ENCRYPTION, STATUS(0x0a) },
		{ MDOC_STATUS_CBOR_DECODING, STATUS(0x0b) },
		{ MDOC_STATUS_TERMINATION, STATUS(0x14) },
	};

	for (size_t i = 0; i < nitems(messages); i++) {
		if (messages[i].status == status)
			return bytes_of(messages[i].message,
			    sizeof(messages[i].message));
	}
	return BYTES_NULL;
}
