/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Both roles of a session, fed with messages of a peer that may say anything.
 *
 * Input: a byte of settings (below), then messages: a kind, a length in two
 * bytes, and that many bytes. Whatever comes, each call gives one event; data
 * come with a request or response only; after the end nothing more is taken.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mdoc/session.h>

#include "mdoc/crypto/ctx.h"
#include "mdoc/session/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Settings */
#define ROLE_READER 0x01 /* else the mdoc is fed */
#define ESTABLISHED 0x02 /* SessionEstablishment went well before */
#define NFC         0x04
#define ENGAGEMENT  0x08 /* the rest is a DeviceEngagement for a reader */
#define URI         0x10 /* the rest is a URI */

/* Kinds of messages */
#define KIND_RAW       0 /* as it stands */
#define KIND_GENUINE   1 /* the peer seals it */
#define KIND_CHANGED   2 /* the same, the first two bytes say which bit flips */
#define KIND_LAST      3 /* the peer seals it and ends the session */
#define KIND_REFLECTED 4 /* this side seals it, and gets it back */
#define KIND_ANSWER    5 /* this side sends it to the peer */
#define KIND_COUNT     6

/* tests/vectors/keys/edevice.pem and ereader.pem */
static const uint8_t edevice_key[] = {
	0xa5,
	0x01,
	0x02,
	0x20,
	0x01,
	0x21,
	0x58,
	0x20,
	0xbd,
	0x15,
	0x90,
	0x0a,
	0x74,
	0xb4,
	0x62,
	0x62,
	0x58,
	0x72,
	0x32,
	0x86,
	0xc3,
	0xe1,
	0x59,
	0xd2,
	0x24,
	0x9e,
	0xec,
	0x71,
	0x58,
	0x8d,
	0x5f,
	0xdf,
	0x2a,
	0x3b,
	0x9f,
	0xf6,
	0xe7,
	0xa7,
	0xf4,
	0x6f,
	0x22,
	0x58,
	0x20,
	0x04,
	0xcf,
	0x71,
	0x73,
	0xf8,
	0x8f,
	0xa6,
	0x85,
	0xfe,
	0x13,
	0x6a,
	0xb0,
	0x26,
	0xb5,
	0x1f,
	0xb3,
	0x5d,
	0x07,
	0xba,
	0x4b,
	0x4b,
	0x48,
	0x35,
	0x03,
	0x0d,
	0xba,
	0xbf,
	0x02,
	0xca,
	0xe2,
	0xde,
	0xfa,
	0x23,
	0x58,
	0x20,
	0x44,
	0xaf,
	0x38,
	0x9b,
	0x40,
	0x46,
	0xe0,
	0xbf,
	0xf9,
	0x5f,
	0x4e,
	0x45,
	0x67,
	0xf8,
	0xf4,
	0xfb,
	0xbc,
	0xea,
	0xbf,
	0xae,
	0x3c,
	0x6c,
	0x0c,
	0x1a,
	0x6d,
	0xf2,
	0xe1,
	0xa6,
	0xb6,
	0x66,
	0x7f,
	0xa4,
};
static const uint8_t ereader_key[] = {
	0xa5,
	0x01,
	0x02,
	0x20,
	0x01,
	0x21,
	0x58,
	0x20,
	0x73,
	0x89,
	0x36,
	0xc2,
	0x3e,
	0xc8,
	0x47,
	0xf1,
	0xd8,
	0x08,
	0x24,
	0x1f,
	0x31,
	0xc2,
	0xac,
	0xd1,
	0xc2,
	0x5d,
	0x01,
	0x5a,
	0x4f,
	0xbe,
	0xbb,
	0x2d,
	0xd3,
	0x63,
	0xdf,
	0xe3,
	0xec,
	0xaf,
	0x36,
	0x7c,
	0x22,
	0x58,
	0x20,
	0xcc,
	0xad,
	0xae,
	0x80,
	0x34,
	0x86,
	0xef,
	0x3f,
	0x3f,
	0x37,
	0x6f,
	0x60,
	0x50,
	0x8e,
	0x8d,
	0x22,
	0x5a,
	0x79,
	0xe8,
	0xf1,
	0x45,
	0x73,
	0x7d,
	0xf1,
	0xca,
	0xae,
	0xfe,
	0x4e,
	0xbe,
	0xfb,
	0x05,
	0xdd,
	0x23,
	0x58,
	0x20,
	0x88,
	0xfc,
	0x18,
	0xa5,
	0xe8,
	0xbb,
	0x9c,
	0x7c,
	0x78,
	0x0b,
	0xf9,
	0xad,
	0x05,
	0xdf,
	0x3c,
	0xa1,
	0xa2,
	0x17,
	0x18,
	0xd8,
	0xaa,
	0x09,
	0x75,
	0xe9,
	0x0b,
	0x5a,
	0xd8,
	0xd9,
	0x70,
	0x62,
	0xde,
	0x1b,
};

static mdoc_ctx *ctx;
static mdoc_key *edevice, *ereader;

#define CHECK(condition) check((condition), #condition, __LINE__)

static void
check(bool good, const char *condition, int line)
{
	if (good)
		return;
	fprintf(stderr, "fuzz-session.c:%d: not so: %s\n", line, condition);
	abort();
}

static mdoc_bytes
buf_bytes(const mdoc_buf *b)
{
	return (mdoc_bytes){ b->ptr, b->len };
}

/* Once: a session costs less than a context. */
static void
start(void)
{
	if (ctx != NULL)
		return;
	CHECK(mdoc_ctx_new(&ctx) == MDOC_OK);
	CHECK(mdoc_key_from_bytes(ctx,
		  (mdoc_bytes){ edevice_key, sizeof(edevice_key) },
		  &edevice) == MDOC_OK);
	CHECK(mdoc_key_from_bytes(ctx,
		  (mdoc_bytes){ ereader_key, sizeof(ereader_key) },
		  &ereader) == MDOC_OK);
}

struct pair {
	mdoc_session *own; /* the one that is fed */
	mdoc_session *peer;
	bool ended;
};

static void
pair_new(struct pair *p, uint8_t settings)
{
	const mdoc_bytes parts[2] = { { (const uint8_t *)"Hs", 2 },
		{ (const uint8_t *)"Hr", 2 } };
	mdoc_session *device = NULL, *reader = NULL;
	mdoc_buf m = MDOC_BUF_INIT;
	mdoc_event e;

	CHECK(mdoc_session_new_device(ctx, edevice, &device) == MDOC_OK);
	CHECK(mdoc_session_new_reader(ctx, mdoc_session_engagement(device),
		  ereader, &reader) == MDOC_OK);
	if (settings & NFC) {
		CHECK(mdoc_session_set_handover(device, "nfc", parts, 2) ==
		    MDOC_OK);
		CHECK(mdoc_session_set_handover(reader, "nfc", parts, 2) ==
		    MDOC_OK);
	}
	if (settings & ESTABLISHED) {
		CHECK(mdoc_session_send(reader, parts[0], &m) == MDOC_OK);
		CHECK(mdoc_session_receive(device, buf_bytes(&m), &e) ==
		    MDOC_OK);
		CHECK(e.type == MDOC_EVENT_REQUEST);
		mdoc_buf_reset(&m);
	}
	p->own = settings & ROLE_READER ? reader : device;
	p->peer = settings & ROLE_READER ? device : reader;
	p->ended = false;
}

static void
check_status(mdoc_bytes answer)
{
	struct cbor_reader r;
	struct message m;

	cbor_reader_init(&r, from_public(answer));
	CHECK(message_read(&r, &m));
	CHECK(bytes_is_null(m.data));
	CHECK(m.status == 10 || m.status == 11);
}

static void
check_event(struct pair *p, const mdoc_event *e)
{
	bool has_data =
	    e->type == MDOC_EVENT_REQUEST || e->type == MDOC_EVENT_RESPONSE;

	CHECK(e->name != NULL && e->name[0] != '\0');
	CHECK(e->reason != NULL);
	CHECK(e->type != MDOC_EVENT_NONE);
	CHECK(has_data == (e->data.ptr != NULL));
	CHECK((e->type == MDOC_EVENT_ERROR) == (e->error != MDOC_OK));
	CHECK(e->type != MDOC_EVENT_TERMINATED || e->status >= 0);
	if (e->answer.ptr != NULL) {
		CHECK(e->type == MDOC_EVENT_ERROR);
		check_status(e->answer);
	}
	p->ended = !has_data || e->status == MDOC_STATUS_TERMINATION;
	if (p->ended && !has_data)
		CHECK(strcmp(mdoc_session_state(p->own), e->name) == 0);
}

static void
feed(struct pair *p, mdoc_bytes message, mdoc_event *ret)
{
	mdoc_event e = { .status = 4711 };
	int r = mdoc_session_receive(p->own, message, &e);

	if (p->ended) {
		CHECK(r == MDOC_E_SESSION);
		CHECK(e.status == 4711);
		return;
	}
	CHECK(r == MDOC_OK);
	check_event(p, &e);
	*ret = e;
}

/* What the peer sealed and nobody touched arrives as it was. */
static void
feed_sealed(struct pair *p, mdoc_bytes plain, bool last)
{
	mdoc_buf m = MDOC_BUF_INIT;
	bool before = p->ended;
	mdoc_event e;
	int r;

	r = last ? mdoc_session_send_last(p->peer, plain, &m)
		 : mdoc_session_send(p->peer, plain, &m);
	if (r == MDOC_OK) {
		feed(p, buf_bytes(&m), &e);
		if (!before && e.data.ptr != NULL)
			CHECK(bytes_equal(from_public(e.data),
			    from_public(plain)));
	}
	mdoc_buf_reset(&m);
}

static void
feed_changed(struct pair *p, mdoc_bytes in)
{
	const mdoc_bytes plain = { in.ptr + 2, in.len - 2 };
	mdoc_buf m = MDOC_BUF_INIT;
	bool before = p->ended;
	mdoc_event e;
	size_t at;

	if (mdoc_session_send(p->peer, plain, &m) == MDOC_OK) {
		at = ((size_t)in.ptr[0] << 8 | in.ptr[1]) % (m.len * 8);
		m.ptr[at / 8] ^= (uint8_t)(1 << at % 8);
		feed(p, buf_bytes(&m), &e);
		if (!before)
			CHECK(e.data.ptr == NULL);
	}
	mdoc_buf_reset(&m);
}

static void
feed_reflected(struct pair *p, mdoc_bytes plain)
{
	mdoc_buf m = MDOC_BUF_INIT;
	bool before = p->ended;
	mdoc_event e;

	if (mdoc_session_send(p->own, plain, &m) == MDOC_OK) {
		feed(p, buf_bytes(&m), &e);
		if (!before)
			CHECK(e.data.ptr == NULL);
	}
	mdoc_buf_reset(&m);
}

static void
send_answer(struct pair *p, mdoc_bytes plain)
{
	mdoc_buf m = MDOC_BUF_INIT;
	mdoc_event e;
	int r = mdoc_session_send(p->own, plain, &m);

	CHECK(!p->ended || r == MDOC_E_SESSION);
	if (r == MDOC_OK)
		(void)mdoc_session_receive(p->peer, buf_bytes(&m), &e);
	mdoc_buf_reset(&m);
}

static void
step(struct pair *p, uint8_t kind, mdoc_bytes in)
{
	mdoc_event e;

	switch (kind % KIND_COUNT) {
	case KIND_RAW:
		feed(p, in, &e);
		break;
	case KIND_GENUINE:
		feed_sealed(p, in, false);
		break;
	case KIND_CHANGED:
		if (in.len >= 2)
			feed_changed(p, in);
		break;
	case KIND_LAST:
		feed_sealed(p, in, true);
		break;
	case KIND_REFLECTED:
		feed_reflected(p, in);
		break;
	case KIND_ANSWER:
	default:
		send_answer(p, in);
		break;
	}
}

static void
fuzz_messages(uint8_t settings, struct bytes in)
{
	struct pair p;
	uint16_t len;
	uint8_t kind;
	struct bytes part;

	pair_new(&p, settings);
	while (bytes_take_u8(&in, &kind) && bytes_take_be16(&in, &len)) {
		if (!bytes_take(&in, len < in.len ? len : in.len, &part))
			break;
		step(&p, kind, to_public(part));
	}
	if (p.ended)
		CHECK(strcmp(mdoc_session_state(p.own), "established") != 0 &&
		    strcmp(mdoc_session_state(p.own), "engaged") != 0);
	mdoc_session_free(&p.own);
	mdoc_session_free(&p.peer);
}

/* A reader that could be made has everything it needs for a request. */
static void
fuzz_engagement(struct bytes in)
{
	const mdoc_bytes text = { (const uint8_t *)"text", 4 };
	mdoc_buf uri = MDOC_BUF_INIT, m = MDOC_BUF_INIT;
	mdoc_session *s = NULL;

	if (mdoc_session_new_reader(ctx, to_public(in), NULL, &s) == MDOC_OK) {
		CHECK(mdoc_session_transcript(s).ptr != NULL);
		CHECK(mdoc_session_ereader_key(s) != NULL);
		CHECK(mdoc_session_send(s, text, &m) == MDOC_OK);
		CHECK(mdoc_engagement_uri(ctx, to_public(in), &uri) == MDOC_OK);
	} else {
		CHECK(s == NULL);
		CHECK(mdoc_ctx_error(ctx)[0] != '\0');
	}
	mdoc_buf_reset(&uri);
	mdoc_buf_reset(&m);
	mdoc_session_free(&s);
}

static void
fuzz_uri(struct bytes in)
{
	mdoc_buf engagement = MDOC_BUF_INIT, again = MDOC_BUF_INIT;
	struct blob text = BLOB_INIT;

	CHECK(blob_append_bytes(&text, in) && blob_append_u8(&text, 0));
	if (mdoc_engagement_from_uri(ctx, (const char *)text.ptr,
		&engagement) == MDOC_OK)
		CHECK(mdoc_engagement_uri(ctx, buf_bytes(&engagement),
			  &again) == MDOC_OK);
	mdoc_buf_reset(&engagement);
	mdoc_buf_reset(&again);
	blob_reset(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	uint8_t settings;

	start();
	if (!bytes_take_u8(&in, &settings))
		return 0;
	if (settings & ENGAGEMENT)
		fuzz_engagement(in);
	else if (settings & URI)
		fuzz_uri(in);
	else
		fuzz_messages(settings, in);
	return 0;
}
