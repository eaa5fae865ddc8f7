/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * input: what is measured: an mDL of 25 elements with a portrait of 20 480
 * bytes, a request for six of them, responses, a session; P-256 everywhere,
 * keys in memory.
 */
#ifndef TESTS_BENCH_INPUT_H
#define TESTS_BENCH_INPUT_H

#include <mdoc/mdoc.h>

#include "common/blob.h"

struct input {
	mdoc_ctx *ctx;
	mdoc_key *iaca, *ds, *device, *edevice, *ereader;
	mdoc_buf iaca_cert, ds_cert;
	mdoc_trust *trust;
	mdoc_issuer *issuer;
	mdoc_bytes x5chain[1];
	mdoc_buf issued;
	mdoc_credential *credential;
	mdoc_buf engagement, ereader_cose, transcript;
	mdoc_buf request;
	mdoc_buf response_sig, response_mac; /* six elements */
	mdoc_buf response_1000;              /* 1000 elements, all given */
	mdoc_buf response_1m;                /* one element of 1 047 000 B */
	mdoc_buf establishment;              /* request, encrypted */
};

/* Aborts with a message if anything fails. */
void input_make(struct input *in);
void input_free(struct input *in);

/* Lengths of the tag-24 items of a response, and of its MSO payload. */
size_t
input_items(mdoc_bytes response, size_t *lengths, size_t max, size_t *ret_mso);
/* The same of an IssuerSigned. */
size_t input_issued_items(mdoc_bytes issued, size_t *lengths, size_t max,
    size_t *ret_mso);

#endif
