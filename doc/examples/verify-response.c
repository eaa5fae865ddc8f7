/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Verifies a stored DeviceResponse:
 *
 *	verify-response ANCHOR TRANSCRIPT EREADER-KEY SECONDS RESPONSE
 *
 * ANCHOR: IACA certificate(s). EREADER-KEY: private key of the session, or "-".
 * SECONDS: the time to verify for, 0: now. Transcript and response in CBOR, hex
 * or base64. Exit status 0: trusted. See mdoc_verify(3).
 */
#include <mdoc/mdoc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mdoc_ctx *ctx;

static void
need(int r)
{
	if (r == MDOC_OK)
		return;
	fprintf(stderr, "verify-response: %s\n", mdoc_ctx_error(ctx));
	exit(2);
}

static mdoc_bytes
read_file(const char *name, mdoc_buf *ret)
{
	static unsigned char buf[1 << 20];
	mdoc_bytes in = { buf, 0 };
	FILE *f = fopen(name, "rb");

	if (f == NULL) {
		perror(name);
		exit(2);
	}
	in.len = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	need(mdoc_inspect_decode(ctx, in, ret, NULL));
	return (mdoc_bytes){ ret->ptr, ret->len };
}

static void
print_report(const mdoc_report *report)
{
	mdoc_buf text = MDOC_BUF_INIT;
	const mdoc_check *c;
	mdoc_claim claim;

	for (size_t i = 0; (c = mdoc_report_check(report, i)) != NULL; i++)
		printf("%-12s %-20s %s\n", mdoc_result_name(c->result), c->id,
		    c->detail);
	for (size_t d = 0; d < mdoc_report_documents(report); d++) {
		for (size_t i = 0; mdoc_report_claim(report, d, i, &claim);
		     i++) {
			need(mdoc_value_text(ctx, claim.value, 60, &text));
			printf("%.*s: %.*s%s\n", (int)claim.element.len,
			    (const char *)claim.element.ptr, (int)text.len,
			    (const char *)text.ptr,
			    claim.digest == MDOC_PASS ? "" : " (wrong)");
		}
	}
	printf("%s\n", mdoc_report_verdict(report));
	mdoc_buf_reset(&text);
}

int
main(int argc, char **argv)
{
	mdoc_verify_params params = { .size = sizeof(params) };
	mdoc_buf transcript = MDOC_BUF_INIT, response = MDOC_BUF_INIT;
	mdoc_verifier *verifier = NULL;
	mdoc_report *report = NULL;
	mdoc_trust *trust = NULL;
	int trusted;

	if (argc != 6 || mdoc_ctx_new(&ctx) != MDOC_OK)
		return 2;
	need(mdoc_trust_new(ctx, &trust));
	need(mdoc_trust_add_source(trust, argv[1]));
	need(mdoc_verifier_new(ctx, trust, &verifier));
	params.transcript = read_file(argv[2], &transcript);
	if (strcmp(argv[3], "-") != 0)
		need(mdoc_key_open(ctx, argv[3], &params.ereader_key));
	params.at = strtoll(argv[4], NULL, 10);
	need(mdoc_verify_response(verifier, read_file(argv[5], &response),
	    &params, &report));
	print_report(report);
	trusted = mdoc_report_is_trusted(report);
	mdoc_report_free(&report);
	mdoc_buf_reset(&response);
	mdoc_buf_reset(&transcript);
	mdoc_key_free(&params.ereader_key);
	mdoc_verifier_free(&verifier);
	mdoc_trust_free(&trust);
	mdoc_ctx_free(&ctx);
	return trusted ? 0 : 1;
}
