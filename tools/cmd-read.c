/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-read: the reader side of a transaction. */
#include "config.h"

#include <string.h>

#include "link.h"
#include "report-text.h"
#include "source.h"
#include "want.h"

const struct cli_option cmd_read_options[] = {
	LINK_OPTIONS,
	WANT_OPTIONS,
	{ "request", "FILE", "ask for what this DeviceRequest asks for" },
	{ "engagement", "URI|FILE", "the mdoc: URI, read from its QR code" },
	{ "trust", "SOURCE", "IACA certificates; repeatable" },
	{ "at", "TIME", "verify as of then; default: now" },
	{ "strict", NULL, "tolerated deviations are failures" },
	{ "response-out", "FILE", "write the DeviceResponse there" },
	{ "transcript-out", "FILE", "write SessionTranscriptBytes there" },
	{ NULL, NULL, NULL },
};

struct reading {
	struct link link;
	struct want want;
	mdoc_trust *trust;
	mdoc_verifier *verifier;
	int64_t at;
};

/* What --engagement names: a URI, or a file with one or with CBOR. */
static int
given_engagement(struct cli *c, const char *source, mdoc_buf *ret)
{
	int r;

	if (strncmp(source, "mdoc:", 5) != 0)
		return cli_read_cbor(c, source, ret);
	r = mdoc_engagement_from_uri(c->ctx, source, ret);
	return r == MDOC_OK ? CLI_OK : cli_fail_mdoc(c, r, "--engagement");
}

/* The mdoc's first message; it must be what the QR code said. */
static int
engage(struct reading *p)
{
	struct cli *c = p->link.c;
	const char *source = cli_get(c, "engagement");
	mdoc_buf engagement = MDOC_BUF_INIT, given = MDOC_BUF_INIT;
	int code = link_receive(&p->link, "engagement");
	int r;

	if (code == CLI_OK && source != NULL)
		code = given_engagement(c, source, &given);
	if (code != CLI_OK)
		goto out;
	r = mdoc_engagement_from_message(c->ctx, cli_bytes(&p->link.message),
	    &engagement);
	if (r != MDOC_OK) {
		code = link_reject(&p->link, "engagement", r);
		goto out;
	}
	if (source != NULL &&
	    (given.len != engagement.len ||
		memcmp(given.ptr, engagement.ptr, given.len) != 0)) {
		steps_add(&p->link.steps, "engagement", false,
		    "the peer is not the mdoc of --engagement");
		code = CLI_PEER;
		goto out;
	}
	steps_add(&p->link.steps, "engagement", true, "%zu bytes received",
	    p->link.message.len);
	r = mdoc_session_new_reader(c->ctx, cli_bytes(&engagement), NULL,
	    &p->link.session);
	code = r == MDOC_OK ? CLI_OK : link_reject(&p->link, "engagement", r);
out:
	mdoc_buf_reset(&engagement);
	mdoc_buf_reset(&given);
	return code;
}

static int
ask(struct reading *p)
{
	struct cli *c = p->link.c;
	mdoc_buf request = MDOC_BUF_INIT, message = MDOC_BUF_INIT;
	int code = want_encode(c, &p->want,
	    mdoc_session_transcript(p->link.session), &request);
	int r;

	if (code == CLI_OK) {
		r = mdoc_session_send(p->link.session, cli_bytes(&request),
		    &message);
		code = r == MDOC_OK
		    ? link_send(&p->link, cli_bytes(&message), "request")
		    : cli_fail_mdoc(c, r, NULL);
	}
	mdoc_buf_reset(&request);
	mdoc_buf_reset(&message);
	return code;
}

static int
judge(struct reading *p, mdoc_bytes response)
{
	mdoc_verify_params params = { .size = sizeof params,
		.transcript = mdoc_session_transcript(p->link.session),
		.ereader_key = mdoc_session_ereader_key(p->link.session),
		.at = p->at };
	struct cli *c = p->link.c;
	mdoc_report *report = NULL;
	int code = CLI_OK, r;

	if (cli_has(c, "transcript-out"))
		code = cli_write(c, cli_get(c, "transcript-out"),
		    params.transcript);
	if (code == CLI_OK && cli_has(c, "response-out"))
		code = cli_write(c, cli_get(c, "response-out"), response);
	if (code != CLI_OK)
		return code;
	r = mdoc_verify_response(p->verifier, response, &params, &report);
	if (r != MDOC_OK)
		return cli_fail_mdoc(c, r, NULL);
	steps_add_json(&p->link.steps, "verify", mdoc_report_is_trusted(report),
	    mdoc_report_verdict(report),
	    c->json ? report_json(c, report) : NULL);
	code = c->json ? report_exit(report) : report_print(c, report);
	mdoc_report_free(&report);
	return code;
}

static int
transact(struct reading *p)
{
	mdoc_event event;
	int code = engage(p);

	if (code == CLI_OK)
		code = ask(p);
	if (code == CLI_OK)
		code = link_event(&p->link, &event);
	if (code != CLI_OK)
		return code;
	if (event.type != MDOC_EVENT_RESPONSE) {
		steps_add(&p->link.steps, "response", false,
		    "the mdoc ended the session without a response");
		return CLI_PEER;
	}
	return judge(p, event.data);
}

int
cmd_read(struct cli *c)
{
	struct reading p = { .at = 0 };
	const char *at = cli_get(c, "at");
	int code, r;

	if (at != NULL && !cli_time(at, &p.at))
		return cli_usage(c, "--at: \"%s\" is not a time", at);
	code = want_open(c, &p.want);
	if (code == CLI_OK)
		code = source_trust(c, "trust", &p.trust);
	if (code == CLI_OK) {
		r = mdoc_verifier_new(c->ctx,
		    mdoc_trust_count(p.trust) > 0 ? p.trust : NULL,
		    &p.verifier);
		if (r != MDOC_OK)
			code = cli_fail_mdoc(c, r, NULL);
		else
			mdoc_verifier_set_strict(p.verifier,
			    cli_has(c, "strict"));
	}
	if (code == CLI_OK)
		code = link_open(c, &p.link);
	if (code == CLI_OK)
		code = transact(&p);
	link_close(&p.link);
	mdoc_verifier_free(&p.verifier);
	mdoc_trust_free(&p.trust);
	want_close(&p.want);
	return code;
}
