/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A verifier and a holder with real keys, and any message. The first byte:
 * 0 DeviceResponse, 1 DeviceRequest, 2 IssuerSigned, 3 DeviceRequest to a
 * holder; and 4 for strict mode.
 */
#include "config.h"

#include <mdoc/holder.h>
#include <mdoc/verify.h>

#include "tests/fuzz/check.h"
#include "tests/vectors/world.h"

/* 2026-06-15T12:00:00Z */
#define AT     1781524800

#define KIND   3
#define STRICT 4

#define SPAN(a)                \
	(mdoc_bytes)           \
	{                      \
		(a), sizeof(a) \
	}

static struct {
	mdoc_ctx *ctx;
	mdoc_trust *trust[2]; /* for responses, for requests */
	mdoc_verifier *verifier[2];
	mdoc_key *ereader;
	mdoc_key *device;
	mdoc_credential *credential;
} world;

static void
world_make(void)
{
	const mdoc_bytes roots[] = { SPAN(world_iaca), SPAN(world_reader_ca) };

	if (world.ctx != NULL)
		return;
	CHECK(mdoc_ctx_new(&world.ctx) == MDOC_OK);
	for (int i = 0; i < 2; i++) {
		CHECK(mdoc_trust_new(world.ctx, &world.trust[i]) == MDOC_OK);
		CHECK(mdoc_trust_add(world.trust[i], roots[i]) == MDOC_OK);
		CHECK(mdoc_verifier_new(world.ctx, world.trust[i],
			  &world.verifier[i]) == MDOC_OK);
	}
	CHECK(mdoc_key_from_bytes(world.ctx, SPAN(world_ereader),
		  &world.ereader) == MDOC_OK);
	CHECK(mdoc_key_from_bytes(world.ctx, SPAN(world_device),
		  &world.device) == MDOC_OK);
	CHECK(mdoc_credential_new(world.ctx, SPAN(world_issuer_signed),
		  &world.credential) == MDOC_OK);
	CHECK(mdoc_credential_set_key(world.credential, world.device) ==
	    MDOC_OK);
}

static struct bytes
span(mdoc_bytes b)
{
	return (struct bytes){ b.ptr, b.len };
}

static void
check_report(const mdoc_report *report, struct bytes in)
{
	const mdoc_check *c, *failure = mdoc_report_failure(report);
	mdoc_claim claim;
	bool failed = false;

	for (size_t i = 0; (c = mdoc_report_check(report, i)) != NULL; i++) {
		CHECK(c->id[0] != '\0' && c->layer[0] != '\0');
		CHECK(c->expected != NULL && c->actual != NULL);
		CHECK(c->offset == SIZE_MAX || c->offset <= in.len);
		failed |= c->result == MDOC_FAIL;
	}
	CHECK(failed == (failure != NULL));
	CHECK(!failed || !mdoc_report_is_trusted(report));
	for (size_t d = 0; d < mdoc_report_documents(report); d++) {
		check_inside(span(mdoc_report_doc_type(report, d)), in);
		for (size_t i = 0; mdoc_report_claim(report, d, i, &claim);
		     i++) {
			check_inside(span(claim.name_space), in);
			check_inside(span(claim.element), in);
			check_item(span(claim.value), in);
		}
	}
}

/* Twice: what the verifier has learned does not change the verdict. */
static void
verify(unsigned mode, struct bytes in)
{
	const bool request = (mode & KIND) == 1;
	mdoc_verifier *v = world.verifier[request];
	mdoc_verify_params p = {
		.size = sizeof(p),
		.transcript = SPAN(world_transcript),
		.ereader_key = world.ereader,
		.at = AT,
		.issuer_signed_only = (mode & KIND) == 2,
	};
	const mdoc_bytes message = { in.ptr, in.len };
	mdoc_report *report[2] = { NULL, NULL };

	mdoc_verifier_set_strict(v, (mode & STRICT) != 0);
	for (int i = 0; i < 2; i++) {
		CHECK((request ? mdoc_verify_request(v, message, &p, &report[i])
			       : mdoc_verify_response(v, message, &p,
				     &report[i])) == MDOC_OK);
		check_report(report[i], in);
	}
	CHECK(strcmp(mdoc_report_verdict(report[0]),
		  mdoc_report_verdict(report[1])) == 0);
	CHECK(mdoc_report_count(report[0]) == mdoc_report_count(report[1]));
	mdoc_report_free(&report[0]);
	mdoc_report_free(&report[1]);
}

/* Whatever is answered, the verifier reads it and finds nothing wrong. */
static void
present(struct bytes in)
{
	const mdoc_present_params p = {
		.size = sizeof(p),
		.request = { in.ptr, in.len },
		.transcript = SPAN(world_transcript),
	};
	mdoc_verify_params v = {
		.size = sizeof(v),
		.transcript = p.transcript,
		.ereader_key = world.ereader,
		.at = AT,
	};
	mdoc_buf out = MDOC_BUF_INIT;
	mdoc_report *report = NULL;

	if (mdoc_present(world.ctx, &world.credential, 1, &p, &out, NULL) !=
	    MDOC_OK)
		return;
	mdoc_verifier_set_strict(world.verifier[0], 1);
	CHECK(mdoc_verify_response(world.verifier[0],
		  (mdoc_bytes){ out.ptr, out.len }, &v, &report) == MDOC_OK);
	CHECK(mdoc_report_failure(report) == NULL);
	CHECK(mdoc_report_documents(report) == 0 ||
	    mdoc_report_is_trusted(report));
	mdoc_report_free(&report);
	mdoc_buf_reset(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	world_make();
	if ((data[0] & KIND) == 3)
		present(bytes_of(data + 1, size - 1));
	else
		verify(data[0], bytes_of(data + 1, size - 1));
	return 0;
}
