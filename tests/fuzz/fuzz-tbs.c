/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the mechanisms are given: whatever goes in, the spans that come out lie
 * in it and in the right order, errors point into it, and what is accepted is
 * well-formed CBOR all the way down.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "vendor-ext/cose-key.h"
#include "vendor-ext/tbs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition) check((condition), #condition, __LINE__)

static void
check(bool good, const char *condition, int line)
{
	if (good)
		return;
	fprintf(stderr, "fuzz-tbs.c:%d: not so: %s\n", line, condition);
	abort();
}

static void
check_inside(struct bytes inner, struct bytes outer)
{
	if (bytes_is_null(inner))
		return;
	CHECK(inner.ptr >= outer.ptr);
	CHECK(inner.len <= outer.len);
	CHECK(inner.ptr + inner.len <= outer.ptr + outer.len);
}

static void
check_error(const struct tbs_error *e, size_t size)
{
	CHECK(e->error != CBOR_OK);
	CHECK(e->offset <= size);
	CHECK(e->what != NULL);
}

/* A key that is accepted gives a point that is valid, or none. */
static void
check_key(struct bytes in)
{
	uint8_t point[CURVE_MAX_POINT];
	struct cbor_reader r;
	struct cose_key key;
	size_t len;

	cbor_reader_init(&r, in);
	if (!cose_key_read(&r, false, &key)) {
		CHECK(r.error != CBOR_OK);
		return;
	}
	check_inside(key.x, in);
	check_inside(key.y, in);
	check_inside(key.kid, in);
	CHECK(bytes_is_null(key.d));
	CHECK(key.whole.ptr == in.ptr);
	if (cose_key_point(&key, point, &len))
		CHECK(curve_point_valid(key.curve, bytes_of(point, len)));
}

static void
check_structure(struct bytes in)
{
	struct tbs_transcript st;
	struct tbs_error e;
	struct tbs t;

	if (!tbs_read(in, &t, &e)) {
		check_error(&e, in.len);
		return;
	}
	CHECK(cbor_check(in, NULL) == CBOR_OK);
	check_inside(t.transcript, in);
	check_inside(t.doc_type, in);
	check_inside(t.ereader_key, t.transcript);
	CHECK(bytes_is_null(t.transcript) ==
	    (t.kind == TBS_MOBILE_SECURITY_OBJECT));
	if (bytes_is_null(t.transcript))
		return;
	CHECK(tbs_transcript_read(t.transcript, &st, &e));
	CHECK(st.whole.ptr == t.transcript.ptr);
	CHECK(st.whole.len == t.transcript.len);
	if (!bytes_is_null(t.ereader_key))
		check_key(t.ereader_key);
}

static void
check_transcript(struct bytes in)
{
	struct tbs_transcript t;
	struct tbs_error e;

	if (!tbs_transcript_read(in, &t, &e)) {
		check_error(&e, in.len);
		return;
	}
	check_inside(t.whole, in);
	check_inside(t.engagement, t.whole);
	check_inside(t.ereader_key, t.whole);
	check_inside(t.handover, t.whole);
	CHECK(cbor_check(t.handover, NULL) == CBOR_OK);
	if (!bytes_is_null(t.ereader_key))
		check_key(t.ereader_key);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_structure(bytes_of(data, size));
	check_transcript(bytes_of(data, size));
	check_key(bytes_of(data, size));
	return 0;
}
