/* SPDX-License-Identifier: BSD-3-Clause */
/* cmd-verify: a stored response, offline. */
#include "config.h"

#include "cli.h"
#include "report-text.h"
#include "source.h"

const struct cli_option cmd_verify_options[] = {
	{ "trust", "SOURCE",
	    "IACA certificates: PEM, DER, folder or URI; "
	    "repeatable" },
	{ "transcript", "FILE", "SessionTranscript or SessionTranscriptBytes" },
	{ "ereader-key", "KEY", "private EReaderKey, for a device MAC" },
	{ "at", "TIME", "verify as of then; default: now" },
	{ "issuer-signed", NULL, "the input is IssuerSigned" },
	{ "request", NULL,
	    "the input is a DeviceRequest; --trust: reader CAs" },
	{ "strict", NULL, "tolerated deviations are failures" },
	{ NULL, NULL, NULL },
};

struct verifying {
	mdoc_trust *trust;
	mdoc_verifier *verifier;
	mdoc_key *ereader_key;
	mdoc_report *report;
	mdoc_buf in;
	mdoc_buf transcript;
};

static int
read_inputs(struct cli *c, struct verifying *v, mdoc_verify_params *p)
{
	const char *name = cli_operand(c, 0) ? cli_operand(c, 0) : "-";
	const char *at = cli_get(c, "at");
	int code;

	if (at != NULL && !cli_time(at, &p->at))
		return cli_usage(c, "--at: \"%s\" is not a time", at);
	code = cli_read_cbor(c, name, &v->in);
	if (code == CLI_OK && cli_has(c, "transcript"))
		code =
		    cli_read_cbor(c, cli_get(c, "transcript"), &v->transcript);
	if (code == CLI_OK && cli_has(c, "ereader-key"))
		code = source_key(c, "ereader-key", &v->ereader_key);
	p->transcript = cli_bytes(&v->transcript);
	p->ereader_key = v->ereader_key;
	p->issuer_signed_only = cli_has(c, "issuer-signed");
	return code;
}

int
cmd_verify(struct cli *c)
{
	mdoc_verify_params params = { .size = sizeof params };
	struct verifying v = { 0 };
	int code, r;

	if (c->operands_n > 1)
		return cli_usage(c, "one file at a time");
	code = read_inputs(c, &v, &params);
	if (code == CLI_OK)
		code = source_trust(c, "trust", &v.trust);
	if (code != CLI_OK)
		goto out;
	r = mdoc_verifier_new(c->ctx,
	    mdoc_trust_count(v.trust) > 0 ? v.trust : NULL, &v.verifier);
	if (r == MDOC_OK) {
		mdoc_verifier_set_strict(v.verifier, cli_has(c, "strict"));
		r = (cli_has(c, "request") ? mdoc_verify_request
					   : mdoc_verify_response)(v.verifier,
		    cli_bytes(&v.in), &params, &v.report);
	}
	code = r == MDOC_OK ? report_print(c, v.report)
			    : cli_fail_data(c, r, NULL);
out:
	mdoc_report_free(&v.report);
	mdoc_verifier_free(&v.verifier);
	mdoc_trust_free(&v.trust);
	mdoc_key_free(&v.ereader_key);
	mdoc_buf_reset(&v.in);
	mdoc_buf_reset(&v.transcript);
	return code;
}
