/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * parties: a reader and an mdoc that can talk to each other. They have a
 * context each, as two programs would. For cmocka tests: what fails here fails
 * the test.
 */
#ifndef TESTS_SUPPORT_PARTIES_H
#define TESTS_SUPPORT_PARTIES_H

#include <mdoc/session.h>

#include "common/blob.h"

struct party {
	mdoc_ctx *ctx;
	mdoc_key *key; /* NULL: the session has a fresh one */
	mdoc_session *session;
	mdoc_event event; /* the last one */
	mdoc_buf message; /* the last one sent */
};

struct parties {
	struct party device, reader;
};

/* A private key from the map of a public COSE_Key and its private part. */
mdoc_key *parties_key(mdoc_ctx *ctx, struct bytes cose_key, struct bytes d);

/* Both sides with keys on a curve; fresh ones of the sessions if NULL. */
void parties_new(struct parties *p, const char *curve);
/* The parties of 18013-5 Annex D, NFC handover and all. false: no vectors. */
bool parties_annex_d(struct parties *p);
void parties_free(struct parties *p);

/* from sends text, to must receive it. */
void parties_talk(struct party *from, struct party *to, const char *text);
/* SessionEstablishment with a request and the first response. */
void parties_establish(struct parties *p);

/* The party receives a message: MDOC_OK and an event of this name. */
void parties_receive(struct party *to, mdoc_bytes message, const char *name);
/* The session is over: whatever is tried, it says so. */
void parties_assert_ended(struct party *p, const char *name);

static inline mdoc_bytes
parties_bytes(const mdoc_buf *b)
{
	return (mdoc_bytes){ b->ptr, b->len };
}

#endif
